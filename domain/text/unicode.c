#include "domain/text/unicode.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/text/unicode_tables.h"
#include "domain/text/utf8.h"

/* Below them no character has parts or is a mark: most text stays there. */
#define FIRST_WITH_PARTS 0xc0
#define FIRST_MARK 0x300

/* Hangul syllables are made by arithmetic (Unicode, 3.12). */
#define HANGUL_S 0xac00u
#define HANGUL_L 0x1100u
#define HANGUL_V 0x1161u
#define HANGUL_T 0x11a7u /* no final consonant: the first is behind */
#define HANGUL_L_COUNT 19u
#define HANGUL_V_COUNT 21u
#define HANGUL_T_COUNT 28u
#define HANGUL_S_COUNT (HANGUL_L_COUNT * HANGUL_V_COUNT * HANGUL_T_COUNT)

/* Each table's rows begin with the range, or the character, looked for. */
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

/* 0 for letters and all else that begins anew. */
static uint8_t
class_of(uint32_t character)
{
	const struct unicode_class *class;

	if (character < FIRST_MARK)
		return 0;
	class = FIND(character, unicode_classes, compare_range);
	return class == NULL ? 0 : class->value;
}

/* Appends; a mark goes before those with a higher class (Unicode, D108). */
static bool
put_in_order(struct unicode_text *text, uint32_t character)
{
	uint8_t class = class_of(character);
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
put_syllable(struct unicode_text *text, uint32_t index)
{
	uint32_t vowel = index / HANGUL_T_COUNT;
	uint32_t final = index % HANGUL_T_COUNT;

	return put_in_order(text, HANGUL_L + vowel / HANGUL_V_COUNT) &&
	       put_in_order(text, HANGUL_V + vowel % HANGUL_V_COUNT) &&
	       (final == 0 || put_in_order(text, HANGUL_T + final));
}

bool
unicode_text_add(struct unicode_text *text, uint32_t character)
{
	const struct unicode_decomposition *parts;

	if (character < FIRST_WITH_PARTS)
		return put_in_order(text, character);
	if (character - HANGUL_S < HANGUL_S_COUNT)
		return put_syllable(text, character - HANGUL_S);
	parts = FIND(character, unicode_decompositions, compare_character);
	if (parts == NULL)
		return put_in_order(text, character);
	return unicode_text_add(text, parts->first) &&
	       (parts->second == 0 || put_in_order(text, parts->second));
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
fold_to_one(uint32_t character)
{
	const struct unicode_folding *folding;

	folding = FIND(character, unicode_foldings, compare_range);
	if (folding == NULL ||
	    (character - folding->from.first) % folding->step != 0)
		return character;
	return (uint32_t)((int32_t)character + folding->by);
}

static void
put_folded(struct unicode_text *text, uint32_t character)
{
	const struct unicode_long_folding *folding;
	bool has_room;

	folding = FIND(character, unicode_long_foldings, compare_character);
	if (folding == NULL) {
		has_room = put_in_order(text, fold_to_one(character));
		assert(has_room);
		return;
	}
	for (size_t i = 0; i < 3 && folding->to[i] != 0; i++) {
		has_room = put_in_order(text, folding->to[i]);
		assert(has_room);
	}
}

void
unicode_text_fold(const struct unicode_text *text, struct unicode_text *out)
{
	out->count = 0;
	for (size_t i = 0; i < text->count; i++)
		put_folded(out, text->chars[i]);
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
compose_syllable(uint32_t first, uint32_t second)
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

/* What two characters are together; 0 if they stay apart. */
static uint32_t
compose(uint32_t first, uint32_t second)
{
	const struct unicode_decomposition pair = { 0, first, second };
	uint32_t syllable = compose_syllable(first, second);
	const uint16_t *place;

	if (syllable != 0 || second < FIRST_MARK)
		return syllable;
	place = FIND(pair, unicode_compositions, compare_composition);
	return place == NULL ? 0 : unicode_decompositions[*place].whole;
}

/*
 * Letters are what has the class 0. A mark, or a letter right behind, joins the
 * letter before it if both make a character and nothing of the same or a
 * higher class is left in between (Unicode, D117).
 */
void
unicode_text_compose(struct unicode_text *text)
{
	size_t letter = 0, kept = 0; /* a mark in front joins with nothing */

	for (size_t i = 0; i < text->count; i++) {
		uint32_t character = text->chars[i];
		uint8_t class = text->classes[i];
		uint32_t whole = 0;

		if (kept == letter + 1 ||
		    (kept > 0 && text->classes[kept - 1] < class))
			whole = compose(text->chars[letter], character);
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
