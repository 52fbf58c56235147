/* Characters: what they are like, and when two texts are the same. */
#ifndef DOMAIN_UNICODE_H
#define DOMAIN_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* The version of Unicode that is followed: "14.0.0". */
extern const char unicode_version[];

enum unicode_kind {
	UNICODE_PLAIN, /* also what a later Unicode may define */
	UNICODE_SPACE, /* white space, or as blank as that */
	/*
	 * Nothing to see, but something happens: controls, line breaks, all
	 * of category Cf (zero-width, bidi), what renderers are to ignore
	 * (fillers, variation selectors, tags), and noncharacters.
	 */
	UNICODE_HIDDEN
};

enum unicode_kind unicode_kind(uint32_t character);

/* A letter, a digit, another number or _: what \w stands for in Python. */
bool unicode_is_word(uint32_t character);

/* No character has more than four parts: this takes 64 of any kind. */
#define UNICODE_TEXT_CHARS 256

/* A short text taken apart. */
struct unicode_text {
	size_t count;
	uint32_t chars[UNICODE_TEXT_CHARS];
	uint8_t classes[UNICODE_TEXT_CHARS]; /* combining classes of them */
};

/*
 * The text in NFD: characters in their canonical parts, marks in their order.
 * False: not UTF-8, or more parts than fit; nothing behind that is looked at.
 */
bool unicode_text_read(struct unicode_text *, struct str utf8);

/*
 * One more character, in its parts, behind a text in NFD. False: they do not
 * all fit.
 */
bool unicode_text_add(struct unicode_text *, uint32_t character);

/*
 * A text in NFD without its case: full case folding, NFD again. It must come
 * from at most UNICODE_FOLDABLE_SIZE bytes, so that what grows has room.
 */
#define UNICODE_FOLDABLE_SIZE (UNICODE_TEXT_CHARS * 2 / 3)
void unicode_text_fold(const struct unicode_text *, struct unicode_text *out);

/* From NFD to NFC. */
void unicode_text_compose(struct unicode_text *);

/* Writes UTF-8 and a NUL; returns the length. It must fit. */
size_t unicode_text_write(const struct unicode_text *, char *out, size_t size);

#endif
