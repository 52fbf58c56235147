/* What the parts of a turn share; not for anybody else. */
#ifndef TRANSPORT_TURN_PARTS_H
#define TRANSPORT_TURN_PARTS_H

#include <stdbool.h>
#include <stddef.h>

/* Doubles an array of elements of this size. False: no memory. */
bool turn_grow(void **array, size_t *capacity, size_t size);

#endif
