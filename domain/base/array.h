/* Arrays that grow as they are filled. */
#ifndef DOMAIN_ARRAY_H
#define DOMAIN_ARRAY_H

#include <stddef.h>

/*
 * The array with room for one more behind `count` items of this size: the same
 * one, or its content in a larger one instead, and *capacity says how large.
 * It is the caller's, to be freed with free(); at first it is NULL, and holds
 * 0. NULL: no memory, and the array is as it was.
 */
void *array_grow(void *array, size_t count, size_t *capacity, size_t size);

#endif
