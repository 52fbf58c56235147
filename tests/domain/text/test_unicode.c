#include "domain/text/unicode.h"

#include "domain/text/utf8.h"
#include "tests/domain/text/unicode_vectors.h"
#include "tests/suite.h"

#define SIZE (UNICODE_TEXT_CHARS * 4 + 1)

enum form {
	NORMAL,
	FOLDED,
	SKELETON
};

/* Returns the length, 0 if the text is refused. */
static size_t
bring_to(enum form form, struct str text, char out[SIZE])
{
	struct unicode_text parts, folded;

	out[0] = '\0';
	if (!unicode_text_read(&parts, text))
		return 0;
	if (form != NORMAL) {
		unicode_text_fold(&parts, &folded);
		parts = folded;
	}
	if (form == SKELETON)
		unicode_text_look(&folded, &parts);
	unicode_text_compose(&parts);
	return unicode_text_write(&parts, out, SIZE);
}

static void
ck_assert_form(enum form form, const char *text, const char *expected)
{
	char out[SIZE];

	bring_to(form, str_from(text), out);
	ck_assert_str_eq(out, expected);
}

/* Readable examples. */
static const struct {
	const char *text;
	const char *normal;
	const char *folded;
} texts[] = {
	{ "", "", "" },
	{ "Alice", "Alice", "alice" },
	/* one part, two, three, four */
	{ "\u212b", "\u00c5", "\u00e5" },
	{ "e\u0301", "\u00e9", "\u00e9" },
	{ "\u01d5", "\u01d5", "\u01d6" },
	{ "\u03b1\u0313\u0300\u0345", "\u1f82", "\u1f02\u03b9" },
	/* marks in any order, but two of a class keep theirs */
	{ "a\u0307\u0323", "\u1ea1\u0307", "\u1ea1\u0307" },
	{ "a\u0301\u0308", "\u00e1\u0308", "\u00e1\u0308" },
	{ "a\u0308\u0301", "\u00e4\u0301", "\u00e4\u0301" },
	/* a letter prevents composition with the one before it */
	{ "aa\u0301", "a\u00e1", "a\u00e1" },
	{ "\u09c7\u0301\u09be", "\u09c7\u0301\u09be", "\u09c7\u0301\u09be" },
	{ "\u09c7\u09be", "\u09cb", "\u09cb" },
	/* excluded from composition */
	{ "\u0958", "\u0915\u093c", "\u0915\u093c" },
	{ "\u0344", "\u0308\u0301", "\u0308\u0301" },
	/* a mark in front */
	{ "\u0301a", "\u0301a", "\u0301a" },
	/* Hangul: two halves, three thirds, a final without a vowel */
	{ "\u1112\u1161", "\ud558", "\ud558" },
	{ "\u1112\u1161\u11ab", "\ud55c", "\ud55c" },
	{ "\ud558\u11ab", "\ud55c", "\ud55c" },
	{ "\ud55c\u11ab", "\ud55c\u11ab", "\ud55c\u11ab" },
	{ "\u1112\u11ab", "\u1112\u11ab", "\u1112\u11ab" },
	/* case: one to one, every other one, one to many */
	{ "\u0410\u042f", "\u0410\u042f", "\u0430\u044f" },
	{ "\u0100\u0101", "\u0100\u0101", "\u0101\u0101" },
	{ "Stra\u00dfe", "Stra\u00dfe", "strasse" },
	{ "\ufb03", "\ufb03", "ffi" },
	{ "\u03c2\u03c3\u03a3", "\u03c2\u03c3\u03a3", "\u03c3\u03c3\u03c3" },
	{ "\u0130I\u0131", "\u0130I\u0131", "i\u0307i\u0131" },
	{ "\u13a0\uab70", "\u13a0\uab70", "\u13a0\u13a0" },
	{ "\U00010400", "\U00010400", "\U00010428" },
	/* unassigned characters do not change */
	{ "\U0001faff", "\U0001faff", "\U0001faff" },
};

START_TEST(normalizes_and_folds)
{
	ck_assert_form(NORMAL, texts[_i].text, texts[_i].normal);
	ck_assert_form(FOLDED, texts[_i].text, texts[_i].folded);
	ck_assert_form(FOLDED, texts[_i].normal, texts[_i].folded);
}
END_TEST

START_TEST(agrees_with_the_oracle_on_mixtures)
{
	for (size_t i = 0; i < COUNT_OF(mixtures); i++) {
		ck_assert_form(NORMAL, mixtures[i].text, mixtures[i].normal);
		ck_assert_form(FOLDED, mixtures[i].text, mixtures[i].folded);
		ck_assert_form(SKELETON, mixtures[i].text,
		    mixtures[i].skeleton);
	}
}
END_TEST

static struct str
character_frame(uint32_t character, size_t kind, char out[SIZE])
{
	size_t len = strlen(frames[kind][0]);

	memcpy(out, frames[kind][0], len);
	len += utf8_put(character, out + len);
	strcpy(out + len, frames[kind][1]);
	return str_slice(out, len + strlen(frames[kind][1]));
}

static uint32_t
byte_sum(uint32_t sum, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)bytes[i]) * 0x01000193;
	return sum;
}

static uint32_t
block_sum(uint32_t first, enum form form)
{
	char text[SIZE], out[SIZE];
	uint32_t sum = 0x811c9dc5;

	for (uint32_t c = first; c < first + BLOCK; c++)
		for (size_t kind = 0; kind < COUNT_OF(frames); kind++) {
			size_t len =
			    bring_to(form, character_frame(c, kind, text), out);

			sum = byte_sum(sum, out, len + 1);
		}
	return sum;
}

/* Of the skeletons of the words that a character stands for. */
static uint32_t
word_sum(uint32_t sum, uint32_t character)
{
	uint32_t parts[UNICODE_COMPATIBLE_MOST];
	size_t count = unicode_compatible(character, parts);
	char text[SIZE], out[SIZE];
	bool is_word = false;
	size_t len = 0;

	for (size_t i = 0; i <= count; i++) {
		bool goes_on = i < count && (unicode_is_word(parts[i]) ||
						unicode_is_mark(parts[i]));

		if (i > 0 && (i == count || goes_on != is_word)) {
			len = is_word ? bring_to(SKELETON, str_slice(text, len),
					    out)
				      : 0;
			sum = byte_sum(sum, out, len);
			sum = byte_sum(sum, "", 1);
			len = 0;
		}
		is_word = goes_on;
		if (i < count)
			len += utf8_put(parts[i], text + len);
	}
	return sum;
}

static uint32_t
block_word_sum(uint32_t first)
{
	uint32_t sum = 0x811c9dc5;

	for (uint32_t c = first; c < first + BLOCK; c++)
		sum = word_sum(sum, c);
	return sum;
}

START_TEST(agrees_with_the_oracle_on_every_character_that_changes)
{
	for (size_t i = 0; i < COUNT_OF(blocks); i++) {
		uint32_t first = blocks[i].first;

		ck_assert_msg(block_sum(first, NORMAL) == blocks[i].normal,
		    "NFC from U+%04X on", first);
		ck_assert_msg(block_sum(first, FOLDED) == blocks[i].folded,
		    "folding from U+%04X on", first);
		ck_assert_msg(block_sum(first, SKELETON) == blocks[i].skeleton,
		    "skeletons from U+%04X on", first);
		ck_assert_msg(block_word_sum(first) == blocks[i].words,
		    "words from U+%04X on", first);
	}
}
END_TEST

START_TEST(tables_and_vectors_are_of_one_version)
{
	ck_assert_str_eq(unicode_version, VECTORS_VERSION);
}
END_TEST

START_TEST(reads_as_many_characters_as_fit)
{
	char text[UNICODE_TEXT_CHARS + 4];
	struct unicode_text apart;

	memset(text, 'a', sizeof(text));
	ck_assert(unicode_text_read(&apart,
	    str_slice(text, UNICODE_TEXT_CHARS)));
	ck_assert_uint_eq(apart.count, UNICODE_TEXT_CHARS);
	ck_assert(!unicode_text_read(&apart,
	    str_slice(text, UNICODE_TEXT_CHARS + 1)));
	/* the last character has two parts, and room for one */
	memcpy(text + UNICODE_TEXT_CHARS - 1, "\u00e9", 2);
	ck_assert(!unicode_text_read(&apart,
	    str_slice(text, UNICODE_TEXT_CHARS + 1)));
}
END_TEST

START_TEST(sorts_marks_that_come_in_the_worst_order)
{
	char text[UNICODE_TEXT_CHARS * 2];
	struct unicode_text apart;

	for (size_t i = 0; i < UNICODE_TEXT_CHARS; i++)
		memcpy(text + 2 * i,
		    i < UNICODE_TEXT_CHARS / 2 ? "\u0301" : "\u0323", 2);
	ck_assert(unicode_text_read(&apart, str_slice(text, sizeof(text))));
	for (size_t i = 0; i < UNICODE_TEXT_CHARS; i++)
		ck_assert_uint_eq(apart.chars[i],
		    i < UNICODE_TEXT_CHARS / 2 ? 0x323 : 0x301);
}
END_TEST

START_TEST(refuses_text_that_is_not_utf8)
{
	struct unicode_text apart;

	ck_assert(!unicode_text_read(&apart, STR("a\xff")));
	ck_assert(!unicode_text_read(&apart, STR("\xed\xa0\x80")));
	ck_assert(!unicode_text_read(&apart, STR("a\xc3")));
}
END_TEST

static const struct {
	uint32_t character;
	enum unicode_kind kind;
} kinds[] = {
	{ 0, UNICODE_HIDDEN },
	{ '\t', UNICODE_HIDDEN },
	{ ' ', UNICODE_SPACE },
	{ '!', UNICODE_PLAIN },
	{ 0x7f, UNICODE_HIDDEN },
	{ 0x85, UNICODE_HIDDEN },   /* next line */
	{ 0xa0, UNICODE_SPACE },    /* no-break space */
	{ 0xad, UNICODE_HIDDEN },   /* soft hyphen */
	{ 0x301, UNICODE_PLAIN },   /* acute accent */
	{ 0x34f, UNICODE_HIDDEN },  /* grapheme joiner */
	{ 0x3164, UNICODE_HIDDEN }, /* Hangul filler */
	{ 0x1680, UNICODE_SPACE },  /* ogham space */
	{ 0x200a, UNICODE_SPACE },  /* hair space */
	{ 0x200b, UNICODE_HIDDEN }, /* zero-width space */
	{ 0x200d, UNICODE_HIDDEN }, /* zero-width joiner */
	{ 0x200f, UNICODE_HIDDEN }, /* right-to-left mark */
	{ 0x2028, UNICODE_HIDDEN }, /* line separator */
	{ 0x2029, UNICODE_HIDDEN }, /* paragraph separator */
	{ 0x202e, UNICODE_HIDDEN }, /* right-to-left override */
	{ 0x2066, UNICODE_HIDDEN }, /* left-to-right isolate */
	{ 0x2800, UNICODE_SPACE },  /* Braille without dots */
	{ 0x3000, UNICODE_SPACE },  /* ideographic space */
	{ 0xe000, UNICODE_PLAIN },  /* private use */
	{ 0xfdd0, UNICODE_HIDDEN }, /* noncharacter */
	{ 0xfe0f, UNICODE_HIDDEN }, /* variation selector */
	{ 0xfeff, UNICODE_HIDDEN }, /* byte order mark */
	{ 0xffff, UNICODE_HIDDEN },
	{ 0x1f600, UNICODE_PLAIN },
	{ 0xe0001, UNICODE_HIDDEN }, /* language tag */
	{ 0x10fffd, UNICODE_PLAIN },
	{ 0x10ffff, UNICODE_HIDDEN },
};

START_TEST(classifies_characters)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		ck_assert_msg(unicode_kind(kinds[i].character) == kinds[i].kind,
		    "U+%04X", kinds[i].character);
}
END_TEST

static const struct {
	uint32_t character;
	bool is_word;
} letters[] = {
	{ 0, false },
	{ ' ', false },
	{ '-', false },
	{ '0', true },
	{ 'Z', true },
	{ '_', true },
	{ '`', false },
	{ 0xaa, true },    /* feminine ordinal indicator */
	{ 0xb2, true },    /* superscript two */
	{ 0xb7, false },   /* middle dot */
	{ 0xbe, true },    /* three quarters */
	{ 0xd7, false },   /* multiplication sign */
	{ 0x131, true },   /* dotless i */
	{ 0x301, false },  /* a mark is not a letter */
	{ 0x660, true },   /* an Arabic digit */
	{ 0x203f, false }, /* undertie */
	{ 0x2160, true },  /* Roman numeral one */
	{ 0x4e00, true },
	{ 0xe000, false }, /* private use */
	{ 0x1d7ff, true }, /* a mathematical digit */
	{ 0x3134a, true }, /* the last assigned one */
	{ 0x3134b, false },
	{ 0x10ffff, false },
};

START_TEST(knows_word_characters)
{
	for (size_t i = 0; i < COUNT_OF(letters); i++)
		ck_assert_msg(unicode_is_word(letters[i].character) ==
				  letters[i].is_word,
		    "U+%04X", letters[i].character);
}
END_TEST

START_TEST(knows_marks)
{
	ck_assert(unicode_is_mark(0x301) && unicode_is_mark(0x20dd));
	ck_assert(unicode_is_mark(0x93e) && unicode_is_mark(0xe34));
	ck_assert(!unicode_is_mark('a') && !unicode_is_mark(0xb4));
	ck_assert(!unicode_is_mark(0x2ff) && !unicode_is_mark(0x4e00));
}
END_TEST

SUITE(unicode)
{
	tcase_add_test(tests, knows_marks);
	tcase_add_test(tests, knows_word_characters);
	tcase_add_test(tests, classifies_characters);
	tcase_add_loop_test(tests, normalizes_and_folds, 0, COUNT_OF(texts));
	tcase_add_test(tests, refuses_text_that_is_not_utf8);
	tcase_add_test(tests, reads_as_many_characters_as_fit);
	tcase_add_test(tests, sorts_marks_that_come_in_the_worst_order);
	tcase_add_test(tests, tables_and_vectors_are_of_one_version);
	tcase_add_test(tests, agrees_with_the_oracle_on_mixtures);
	tcase_add_test(tests,
	    agrees_with_the_oracle_on_every_character_that_changes);
}
