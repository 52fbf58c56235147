/* Properties of characters, and when two texts count as equal. */
#ifndef DOMAIN_UNICODE_H
#define DOMAIN_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* The version of the tables: "14.0.0". */
extern const char unicode_version[];

enum unicode_kind {
	UNICODE_PLAIN, /* includes unassigned characters */
	UNICODE_SPACE, /* white space, and the blank Braille pattern */
	/*
	 * Invisible: controls, line breaks, all of category Cf (zero-width,
	 * bidi), default ignorables (fillers, variation selectors, tags), and
	 * noncharacters.
	 */
	UNICODE_HIDDEN
};

enum unicode_kind unicode_kind(uint32_t character);

/* A letter, a digit, another number or _: \w in Python. */
bool unicode_is_word(uint32_t character);

/* A combining mark: it has no base without a character before it. */
bool unicode_is_mark(uint32_t character);

/* A character decomposes into at most four: this holds 64 of any kind. */
#define UNICODE_TEXT_CHARS 256

/* A short decoded text. */
struct unicode_text {
	size_t count;
	uint32_t chars[UNICODE_TEXT_CHARS];
	uint8_t classes[UNICODE_TEXT_CHARS]; /* their combining classes */
};

/*
 * Decodes a text to NFD. False: not UTF-8, or more characters than fit; stops
 * reading there.
 */
bool unicode_text_read(struct unicode_text *, struct str utf8);

/* Appends a character, decomposed, to a text in NFD. False: it does not fit. */
bool unicode_text_add(struct unicode_text *, uint32_t character);

/*
 * Full case folding of a text in NFD; the result is in NFD. The text must come
 * from at most UNICODE_FOLDABLE_SIZE bytes, so that the result fits.
 */
#define UNICODE_FOLDABLE_SIZE (UNICODE_TEXT_CHARS * 2 / 3)
void unicode_text_fold(const struct unicode_text *, struct unicode_text *out);

/*
 * Replaces the characters of a text in NFD by what they look like (UTS #39);
 * the result is in NFD. ASCII characters stay. Fold first: both together, too,
 * fit for UNICODE_FOLDABLE_SIZE bytes.
 */
void unicode_text_look(const struct unicode_text *, struct unicode_text *out);

/*
 * What a character stands for in words: its compatibility decomposition (NFKD),
 * unless the skeletons of names see to that. Returns how many characters.
 */
#define UNICODE_COMPATIBLE_MOST 18
size_t unicode_compatible(uint32_t character,
    uint32_t out[UNICODE_COMPATIBLE_MOST]);

/* NFD to NFC, in place. */
void unicode_text_compose(struct unicode_text *);

/* Writes UTF-8 and a NUL; returns the length. It must fit. */
size_t unicode_text_write(const struct unicode_text *, char *out, size_t size);

#endif
