/* Properties of characters; only for unicode.c. */
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

/* Characters that names may not contain, or not at their ends. */
extern const struct unicode_range unicode_hidden[];
extern const size_t unicode_hidden_count;
extern const struct unicode_range unicode_spaces[];
extern const size_t unicode_spaces_count;

/* For unicode_is_word() and unicode_is_mark(). */
extern const struct unicode_range unicode_words[];
extern const size_t unicode_words_count;
extern const struct unicode_range unicode_marks[];
extern const size_t unicode_marks_count;

/* Canonical combining classes other than 0. */
struct unicode_class {
	struct unicode_range marks;
	uint8_t value;
};
extern const struct unicode_class unicode_classes[];
extern const size_t unicode_classes_count;

/*
 * Canonical decompositions except those of Hangul, which are computed. The
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
 * Those of them that NFC composes: indices into the table above, sorted by
 * first and second part.
 */
extern const uint16_t unicode_compositions[];
extern const size_t unicode_compositions_count;

/*
 * Case foldings of characters that do not decompose: to one character (every
 * step-th of the range moves by `by`).
 */
struct unicode_folding {
	struct unicode_range from;
	uint32_t step;
	int32_t by;
};
extern const struct unicode_folding unicode_foldings[];
extern const size_t unicode_foldings_count;

/* Characters that fold to two or three. */
struct unicode_long_folding {
	uint32_t from;
	uint32_t to[3];
};
extern const struct unicode_long_folding unicode_long_foldings[];
extern const size_t unicode_long_foldings_count;

/* Characters that become one other, at a distance of `by`. */
struct unicode_shift {
	struct unicode_range from;
	int32_t by;
};

/* A character that becomes several, from an index on in unicode_expanded. */
struct unicode_expansion {
	uint32_t from;
	uint16_t first;
	uint16_t count;
};
extern const uint32_t unicode_expanded[];
extern const size_t unicode_expanded_count;

/* What looks like others (UTS #39, see tools/unicode_tables.py). */
extern const struct unicode_shift unicode_confusable_shifts[];
extern const size_t unicode_confusable_shifts_count;
extern const struct unicode_expansion unicode_confusable_expansions[];
extern const size_t unicode_confusable_expansions_count;

/* Compatibility decompositions that change words. */
extern const struct unicode_shift unicode_compatible_shifts[];
extern const size_t unicode_compatible_shifts_count;
extern const struct unicode_expansion unicode_compatible_expansions[];
extern const size_t unicode_compatible_expansions_count;

#endif
