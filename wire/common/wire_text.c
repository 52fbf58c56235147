#include "wire/common/wire_text.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#define CAPACITY_FIRST 1024
/* Larger than a message of the default limit with its envelope. */
#define CAPACITY_KEPT ((size_t)128 * 1024)

void
wire_text_init(struct wire_text *text)
{
	*text = (struct wire_text){ 0 };
}

void
wire_text_fini(struct wire_text *text)
{
	free(text->data);
	wire_text_init(text);
}

void
wire_text_reset(struct wire_text *text)
{
	if (text->capacity > CAPACITY_KEPT)
		wire_text_fini(text);
	text->len = 0;
	text->failed = false;
	text->close_code = 0;
	text->close_reason = NULL;
	text->is_binary = false;
	text->has_second = false;
	text->second_at = 0;
}

bool
wire_text_grow(struct wire_text *text, size_t len)
{
	size_t capacity = text->capacity;
	char *data;

	assert(text->len <= capacity);
	if (len > SIZE_MAX / 4 - text->len)
		goto no_memory;
	if (capacity == 0)
		capacity = CAPACITY_FIRST;
	while (capacity < text->len + len)
		capacity *= 2;
	data = realloc(text->data, capacity);
	if (data == NULL)
		goto no_memory;
	text->data = data;
	text->capacity = capacity;
	return true;
no_memory:
	text->failed = true;
	return false;
}
