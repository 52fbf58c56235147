/* Growing arrays. */
#ifndef DOMAIN_ARRAY_H
#define DOMAIN_ARRAY_H

#include <stddef.h>

/*
 * Makes space for one more than `count` items of this size; returns the array,
 * which may have moved, and updates *capacity. An array starts as NULL with
 * capacity 0; the caller frees it. NULL: no memory, the array has not changed.
 */
void *array_grow(void *array, size_t count, size_t *capacity, size_t size);

#endif
