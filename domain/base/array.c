#include "domain/base/array.h"

#include <assert.h>
#include <stdlib.h>

#define CAPACITY_LEAST 8

/* Doubles the capacity: amortized constant time per item. */
void *
array_grow(void *array, size_t count, size_t *capacity, size_t size)
{
	size_t more = *capacity == 0 ? CAPACITY_LEAST : *capacity * 2;

	assert(count <= *capacity);
	if (count < *capacity)
		return array;
	array = realloc(array, more * size);
	if (array != NULL)
		*capacity = more;
	return array;
}
