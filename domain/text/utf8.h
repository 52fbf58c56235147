/* UTF-8 as RFC 3629 has it: no surrogates, no overlong forms. */
#ifndef DOMAIN_UTF8_H
#define DOMAIN_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* Where a validation stands between two pieces of a text; at first all 0. */
struct utf8_state {
	uint8_t missing; /* continuation bytes still to come */
	uint8_t low;     /* bounds of the next one */
	uint8_t high;
};

/*
 * Validates the next piece; pieces may be split anywhere. False as soon as a
 * byte cannot belong to any valid text; the text is not to be fed further
 * then. At the end of the text, utf8_is_complete() must hold as well.
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
 * The character at *offset, which moves behind it; UTF8_INVALID for a byte
 * that does not begin one, and *offset moves behind this byte. *offset must
 * be less than the length.
 */
uint32_t utf8_next(struct str text, size_t *offset);

/*
 * The beginning of a valid text, at most so many bytes of it, cut between two
 * characters.
 */
struct str utf8_cut(struct str text, size_t most);

/* Writes a character (no surrogate, at most 10FFFF); returns 1 to 4. */
size_t utf8_put(uint32_t character, char out[4]);

#endif
