#include "domain/text/unicode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/text/unicode_tables.h"
#include "domain/text/utf8.h"

/* No character below these decomposes or is a mark. */
#define FIRST_WITH_PARTS 0xc0
#define FIRST_MARK 0x300
#define DOT_ABOVE 0x307u

/* Hangul syllables are computed (Unicode, 3.12). */
#define HANGUL_S 0xac00u
#define HANGUL_L 0x1100u
#define HANGUL_V 0x1161u
#define HANGUL_T 0x11a7u /* none; the final consonants follow */
#define HANGUL_L_COUNT 19u
#define HANGUL_V_COUNT 21u
#define HANGUL_T_COUNT 28u
#define HANGUL_S_COUNT (HANGUL_L_COUNT * HANGUL_V_COUNT * HANGUL_T_COUNT)

/* The rows of each table begin with a range, or with a character. */
static int
compare_range(const void *key, const void *row)
{
	const uint32_t *character = key;
	const struct unicode_range *range = row;

	if (*character < range->first)
		return -1;
	return *character > range->last;
}

static int
compare_character(const void *key, const void *row)
{
	const uint32_t *character = key, *first = row;

	if (*character < *first)
		return -1;
	return *character > *first;
}

#define FIND(character, table, compare) \
	bsearch(&(character), table, table##_count, sizeof((table)[0]), compare)

enum unicode_kind
unicode_kind(uint32_t character)
{
	if (FIND(character, unicode_hidden, compare_range) != NULL)
		return UNICODE_HIDDEN;
	if (FIND(character, unicode_spaces, compare_range) != NULL)
		return UNICODE_SPACE;
	return UNICODE_PLAIN;
}

bool
unicode_is_word(uint32_t character)
{
	return FIND(character, unicode_words, compare_range) != NULL;
}

bool
unicode_is_mark(uint32_t character)
{
	return character >= FIRST_MARK &&
	       FIND(character, unicode_marks, compare_range) != NULL;
}

/* 0 for all but marks, and for some of these. */
static uint8_t
combining_class(uint32_t character)
{
	const struct unicode_class *class;

	if (character < FIRST_MARK)
		return 0;
	class = FIND(character, unicode_classes, compare_range);
	return class == NULL ? 0 : class->value;
}

/* Appends; a mark precedes those of a higher class (Unicode, D108). */
static bool
text_append(struct unicode_text *text, uint32_t character)
{
	uint8_t class = combining_class(character);
	size_t place = text->count;

	if (text->count == UNICODE_TEXT_CHARS)
		return false;
	text->count++;
	for (; class != 0 && place > 0; place--) {
		if (text->classes[place - 1] <= class)
			break;
		text->chars[place] = text->chars[place - 1];
		text->classes[place] = text->classes[place - 1];
	}
	text->chars[place] = character;
	text->classes[place] = class;
	return true;
}

static bool
text_append_syllable(struct unicode_text *text, uint32_t index)
{
	uint32_t vowel = index / HANGUL_T_COUNT;
	uint32_t final = index % HANGUL_T_COUNT;

	return text_append(text, HANGUL_L + vowel / HANGUL_V_COUNT) &&
	       text_append(text, HANGUL_V + vowel % HANGUL_V_COUNT) &&
	       (final == 0 || text_append(text, HANGUL_T + final));
}

bool
unicode_text_add(struct unicode_text *text, uint32_t character)
{
	const struct unicode_decomposition *parts;

	if (character < FIRST_WITH_PARTS)
		return text_append(text, character);
	if (character - HANGUL_S < HANGUL_S_COUNT)
		return text_append_syllable(text, character - HANGUL_S);
	parts = FIND(character, unicode_decompositions, compare_character);
	if (parts == NULL)
		return text_append(text, character);
	return unicode_text_add(text, parts->first) &&
	       (parts->second == 0 || text_append(text, parts->second));
}

bool
unicode_text_read(struct unicode_text *text, struct str utf8)
{
	size_t offset = 0;

	text->count = 0;
	while (offset < utf8.len) {
		uint32_t character = utf8_next(utf8, &offset);

		if (character == UTF8_INVALID ||
		    !unicode_text_add(text, character))
			return false;
	}
	return true;
}

static uint32_t
character_fold(uint32_t character)
{
	const struct unicode_folding *folding;

	folding = FIND(character, unicode_foldings, compare_range);
	if (folding == NULL ||
	    (character - folding->from.first) % folding->step != 0)
		return character;
	return (uint32_t)((int32_t)character + folding->by);
}

static void
text_append_folded(struct unicode_text *text, uint32_t character)
{
	const struct unicode_long_folding *folding;
	bool has_room;

	folding = FIND(character, unicode_long_foldings, compare_character);
	if (folding == NULL) {
		has_room = text_append(text, character_fold(character));
		assert(has_room);
		return;
	}
	for (size_t i = 0; i < 3 && folding->to[i] != 0; i++) {
		has_room = text_append(text, folding->to[i]);
		assert(has_room);
	}
}

void
unicode_text_fold(const struct unicode_text *text, struct unicode_text *out)
{
	out->count = 0;
	for (size_t i = 0; i < text->count; i++)
		text_append_folded(out, text->chars[i]);
}

/* What becomes of characters by a table of shifts and one of expansions. */
struct mapping {
	const struct unicode_shift *shifts;
	const size_t *shift_count;
	const struct unicode_expansion *expansions;
	const size_t *expansion_count;
};

static const struct mapping confusable = {
	unicode_confusable_shifts,
	&unicode_confusable_shifts_count,
	unicode_confusable_expansions,
	&unicode_confusable_expansions_count,
};

static const struct mapping compatible = {
	unicode_compatible_shifts,
	&unicode_compatible_shifts_count,
	unicode_compatible_expansions,
	&unicode_compatible_expansions_count,
};

/* Returns what a character becomes, in *one if that is a single one. */
static const uint32_t *
character_map(const struct mapping *mapping, uint32_t character, uint32_t *one,
    size_t *count)
{
	const struct unicode_expansion *several =
	    bsearch(&character, mapping->expansions, *mapping->expansion_count,
		sizeof(mapping->expansions[0]), compare_character);
	const struct unicode_shift *shift;

	if (several != NULL) {
		*count = several->count;
		return unicode_expanded + several->first;
	}
	shift = bsearch(&character, mapping->shifts, *mapping->shift_count,
	    sizeof(mapping->shifts[0]), compare_range);
	*one = shift == NULL ? character
			     : (uint32_t)((int32_t)character + shift->by);
	*count = 1;
	return one;
}

size_t
unicode_compatible(uint32_t character, uint32_t out[UNICODE_COMPATIBLE_MOST])
{
	uint32_t one;
	size_t count;
	const uint32_t *to =
	    character_map(&compatible, character, &one, &count);

	assert(count <= UNICODE_COMPATIBLE_MOST);
	memcpy(out, to, count * sizeof(*out));
	return count;
}

static void
text_append_look(struct unicode_text *text, uint32_t character)
{
	uint32_t one;
	size_t count;
	const uint32_t *to =
	    character_map(&confusable, character, &one, &count);
	bool has_room = true;

	for (size_t i = 0; i < count; i++)
		has_room &= text_append(text, to[i]);
	assert(has_room);
}

void
unicode_text_look(const struct unicode_text *text, struct unicode_text *out)
{
	size_t kept = 0;

	out->count = 0;
	for (size_t i = 0; i < text->count; i++)
		if (text->chars[i] < 0x80)
			(void)text_append(out, text->chars[i]);
		else
			text_append_look(out, text->chars[i]);
	/* A dot above i and j changes nothing: they have one. */
	for (size_t i = 0; i < out->count; i++) {
		if (out->chars[i] == DOT_ABOVE && kept > 0 &&
		    (out->chars[kept - 1] == 'i' ||
			out->chars[kept - 1] == 'j'))
			continue;
		out->chars[kept] = out->chars[i];
		out->classes[kept++] = out->classes[i];
	}
	out->count = kept;
}

static int
compare_composition(const void *key, const void *row)
{
	const struct unicode_decomposition *pair = key;
	const uint16_t *place = row;
	const struct unicode_decomposition *other =
	    &unicode_decompositions[*place];

	if (pair->first != other->first)
		return pair->first < other->first ? -1 : 1;
	if (pair->second != other->second)
		return pair->second < other->second ? -1 : 1;
	return 0;
}

static uint32_t
syllable_compose(uint32_t first, uint32_t second)
{
	uint32_t lead = first - HANGUL_L, vowel = second - HANGUL_V;
	uint32_t syllable = first - HANGUL_S, final = second - HANGUL_T;

	if (lead < HANGUL_L_COUNT && vowel < HANGUL_V_COUNT)
		return HANGUL_S +
		       (lead * HANGUL_V_COUNT + vowel) * HANGUL_T_COUNT;
	if (syllable < HANGUL_S_COUNT && syllable % HANGUL_T_COUNT == 0 &&
	    final > 0 && final < HANGUL_T_COUNT)
		return first + final;
	return 0;
}

/* The composition of two characters; 0: there is none. */
static uint32_t
characters_compose(uint32_t first, uint32_t second)
{
	const struct unicode_decomposition pair = { 0, first, second };
	uint32_t syllable = syllable_compose(first, second);
	const uint16_t *place;

	if (syllable != 0 || second < FIRST_MARK)
		return syllable;
	place = FIND(pair, unicode_compositions, compare_composition);
	return place == NULL ? 0 : unicode_decompositions[*place].whole;
}

/*
 * Letters have class 0 here. A mark, or a letter directly after another, is
 * composed with the letter before it unless a mark of the same or a higher
 * class is left in between (Unicode, D117).
 */
void
unicode_text_compose(struct unicode_text *text)
{
	size_t letter = 0, kept = 0; /* a leading mark stays as it is */

	for (size_t i = 0; i < text->count; i++) {
		uint32_t character = text->chars[i];
		uint8_t class = text->classes[i];
		uint32_t whole = 0;

		if (kept == letter + 1 ||
		    (kept > 0 && text->classes[kept - 1] < class))
			whole =
			    characters_compose(text->chars[letter], character);
		if (whole != 0) {
			text->chars[letter] = whole;
			continue;
		}
		if (class == 0)
			letter = kept;
		text->chars[kept] = character;
		text->classes[kept++] = class;
	}
	text->count = kept;
}

size_t
unicode_text_write(const struct unicode_text *text, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < text->count; i++) {
		char bytes[4];
		size_t more = utf8_put(text->chars[i], bytes);

		assert(len + more < size);
		memcpy(out + len, bytes, more);
		len += more;
	}
	assert(len < size);
	out[len] = '\0';
	return len;
}
