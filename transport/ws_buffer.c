#include "transport/ws_buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

size_t
ws_buffer_size(const struct ws_buffer *buffer)
{
	return buffer == NULL ? 0 : sizeof(*buffer) + buffer->capacity;
}

/* Doubling keeps the copying linear; the end of a message is exact. */
static bool
grow(struct ws_buffer **buffer, size_t need, uint64_t coming, size_t *held)
{
	size_t spare = coming < need ? (size_t)coming : need;
	size_t before = ws_buffer_size(*buffer);
	struct ws_buffer *grown;

	if (need > SIZE_MAX / 2 - sizeof(*grown))
		return false;
	grown = realloc(*buffer, sizeof(*grown) + need + spare);
	if (grown == NULL)
		return false;
	if (*buffer == NULL)
		grown->len = 0;
	grown->capacity = need + spare;
	*buffer = grown;
	if (held != NULL)
		*held += ws_buffer_size(grown) - before;
	return true;
}

bool
ws_buffer_append(struct ws_buffer **buffer, const void *data, size_t len,
    uint64_t coming, size_t *held)
{
	size_t old_len = *buffer == NULL ? 0 : (*buffer)->len;

	if (len == 0)
		return true;
	if (*buffer == NULL || len > (*buffer)->capacity - old_len) {
		if (len > SIZE_MAX - old_len ||
		    !grow(buffer, old_len + len, coming, held))
			return false;
	}
	memcpy((*buffer)->data + old_len, data, len);
	(*buffer)->len = old_len + len;
	return true;
}

void
ws_buffer_free(struct ws_buffer **buffer, size_t *held)
{
	if (held != NULL) {
		assert(*held >= ws_buffer_size(*buffer));
		*held -= ws_buffer_size(*buffer);
	}
	free(*buffer);
	*buffer = NULL;
}
