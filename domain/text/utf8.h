/* UTF-8 by RFC 3629: no surrogates, no overlong forms. */
#ifndef DOMAIN_UTF8_H
#define DOMAIN_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* The state of a validation between two pieces of a text; zero at first. */
struct utf8_state {
	uint8_t missing; /* continuation bytes still to come */
	uint8_t low;     /* bounds of the next one */
	uint8_t high;
};

/*
 * Validates the next piece; pieces may be split anywhere. False at the first
 * byte that no valid text has there; then do not feed more. At the end of the
 * text utf8_is_complete() must be true as well.
 */
bool utf8_feed(struct utf8_state *, const char *data, size_t len);

static inline bool
utf8_is_complete(const struct utf8_state *state)
{
	return state->missing == 0;
}

/* Whether a whole text is valid. */
bool utf8_is_valid(struct str text);

#define UTF8_INVALID UINT32_MAX

/*
 * The character at *offset, which moves past it. UTF8_INVALID for a byte that
 * begins no character; *offset moves past that byte. *offset must be less than
 * the length.
 */
uint32_t utf8_next(struct str text, size_t *offset);

/* At most the first `most` bytes of a valid text, cut between characters. */
struct str utf8_cut(struct str text, size_t most);

/* Writes a character (no surrogate, at most 10FFFF); returns 1 to 4. */
size_t utf8_put(uint32_t character, char out[4]);

#endif
