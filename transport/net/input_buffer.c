#include "transport/net/input_buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

size_t
input_buffer_size(const struct input_buffer *partial)
{
	return partial == NULL ? 0 : sizeof(*partial) + partial->capacity;
}

/* Doubling keeps the copying linear; the end of a message is exact. */
static bool
buffer_grow(struct input_buffer **partial, size_t need, uint64_t coming,
    size_t *held)
{
	size_t spare = coming < need ? (size_t)coming : need;
	size_t before = input_buffer_size(*partial);
	struct input_buffer *grown;

	if (need > SIZE_MAX / 2 - sizeof(*grown))
		return false;
	grown = realloc(*partial, sizeof(*grown) + need + spare);
	if (grown == NULL)
		return false;
	if (*partial == NULL)
		grown->len = grown->used = 0;
	grown->capacity = need + spare;
	*partial = grown;
	if (held != NULL)
		*held += input_buffer_size(grown) - before;
	return true;
}

bool
input_buffer_append(struct input_buffer **partial, const void *data, size_t len,
    uint64_t coming, size_t *held)
{
	size_t old_len = *partial == NULL ? 0 : (*partial)->len;

	if (len == 0)
		return true;
	if (*partial == NULL || len > (*partial)->capacity - old_len) {
		if (len > SIZE_MAX - old_len ||
		    !buffer_grow(partial, old_len + len, coming, held))
			return false;
	}
	memcpy((*partial)->data + old_len, data, len);
	(*partial)->len = old_len + len;
	return true;
}

void
input_buffer_free(struct input_buffer **partial, size_t *held)
{
	if (held != NULL) {
		assert(*held >= input_buffer_size(*partial));
		*held -= input_buffer_size(*partial);
	}
	free(*partial);
	*partial = NULL;
}
