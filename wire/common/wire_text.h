/* Appending to a wire_text. Public. */
#ifndef WIRE_WIRE_TEXT_H
#define WIRE_WIRE_TEXT_H

#include <string.h>

#include "wire/dialect.h"

/* Grows by at least len bytes; false: no memory, text->failed is set. */
bool wire_text_grow(struct wire_text *, size_t len);

/*
 * Where to write the next len bytes; the caller then adds what it wrote to
 * text->len. NULL: no memory, text->failed is set.
 */
static inline char *
wire_text_reserve(struct wire_text *text, size_t len)
{
	if (text->capacity - text->len < len && !wire_text_grow(text, len))
		return NULL;
	return text->data + text->len;
}

/* Appends bytes as they are. */
static inline void
wire_text_append(struct wire_text *text, struct str bytes)
{
	char *at;

	if (bytes.len == 0)
		return;
	at = wire_text_reserve(text, bytes.len);
	if (at == NULL)
		return;
	memcpy(at, bytes.data, bytes.len);
	text->len += bytes.len;
}

static inline void
wire_text_append_if(struct wire_text *text, bool condition, struct str bytes)
{
	if (condition)
		wire_text_append(text, bytes);
}

#endif
