/* Appending to a wire_text. Public. */
#ifndef WIRE_WIRE_TEXT_H
#define WIRE_WIRE_TEXT_H

#include <string.h>

#include "wire/dialect.h"

/* Makes room for len more bytes; false: no memory, and it has failed. */
bool wire_text_grow(struct wire_text *, size_t len);

/*
 * Where the next len bytes may be written; the caller then adds to text->len
 * what it wrote. NULL: no memory, and the text has failed.
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
	char *at = wire_text_reserve(text, bytes.len);

	if (at == NULL || bytes.len == 0)
		return;
	memcpy(at, bytes.data, bytes.len);
	text->len += bytes.len;
}

#endif
