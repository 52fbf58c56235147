/* What Unicode says about single characters; only for unicode.c. */
#ifndef DOMAIN_UNICODE_TABLES_H
#define DOMAIN_UNICODE_TABLES_H

#include <stddef.h>
#include <stdint.h>

/*
 * tools/unicode_tables.py writes the .c file. Every table is sorted by its
 * first column, so that bsearch() finds a character.
 */
extern const char unicode_version[];

struct unicode_range {
	uint32_t first;
	uint32_t last;
};

/* What a name may not hold, or not at its ends. */
extern const struct unicode_range unicode_hidden[];
extern const size_t unicode_hidden_count;
extern const struct unicode_range unicode_spaces[];
extern const size_t unicode_spaces_count;

/* What words are made of, for unicode_is_word(). */
extern const struct unicode_range unicode_words[];
extern const size_t unicode_words_count;

/* Canonical combining classes other than 0. */
struct unicode_class {
	struct unicode_range marks;
	uint8_t value;
};
extern const struct unicode_class unicode_classes[];
extern const size_t unicode_classes_count;

/*
 * Canonical decompositions but for those of Hangul, which are arithmetic. The
 * first part may decompose again, the second may not; it is 0 if there is
 * none.
 */
struct unicode_decomposition {
	uint32_t whole;
	uint32_t first;
	uint32_t second;
};
extern const struct unicode_decomposition unicode_decompositions[];
extern const size_t unicode_decompositions_count;

/*
 * Which of them NFC makes whole again: their places in the table above,
 * sorted by first and second part.
 */
extern const uint16_t unicode_compositions[];
extern const size_t unicode_compositions_count;

/*
 * Case foldings of characters that do not decompose: to a single one (every
 * step-th of the range moves by so much) …
 */
struct unicode_folding {
	struct unicode_range from;
	uint32_t step;
	int32_t by;
};
extern const struct unicode_folding unicode_foldings[];
extern const size_t unicode_foldings_count;

/* … or to two or three. */
struct unicode_long_folding {
	uint32_t from;
	uint32_t to[3];
};
extern const struct unicode_long_folding unicode_long_foldings[];
extern const size_t unicode_long_foldings_count;

#endif
