#include "domain/text/utf8.h"

#include <stdlib.h>

#include "tests/suite.h"

#define GOOD -1
#define CUT -2 /* a valid beginning that is incomplete */

/* Texts, and the offset of the first invalid byte. */
static const struct {
	struct str text;
	int bad_at;
} texts[] = {
	{ STR(""), GOOD },
	{ STR("a"), GOOD },
	{ STR("\0"), GOOD },
	{ STR("\x7f"), GOOD },
	{ STR("k\xc3\xb6sse"), GOOD },
	{ STR("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"), GOOD },
	/* the first and the last of each length, beside the surrogates */
	{ STR("\xc2\x80\xdf\xbf"), GOOD },
	{ STR("\xe0\xa0\x80\xef\xbf\xbf"), GOOD },
	{ STR("\xed\x9f\xbf\xee\x80\x80"), GOOD },
	{ STR("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), GOOD },
	/* bytes that begin no character */
	{ STR("\x80"), 0 },
	{ STR("\xbf"), 0 },
	{ STR("\xc0\x80"), 0 },
	{ STR("\xc1\xbf"), 0 },
	{ STR("\xf5\x80\x80\x80"), 0 },
	{ STR("\xff"), 0 },
	{ STR("\xc3\xb6\xb6"), 2 },
	/* overlong */
	{ STR("\xe0\x80\x80"), 1 },
	{ STR("\xe0\x9f\xbf"), 1 },
	{ STR("\xf0\x80\x80\x80"), 1 },
	{ STR("\xf0\x8f\xbf\xbf"), 1 },
	/* surrogates */
	{ STR("\xed\xa0\x80"), 1 },
	{ STR("\xed\xbf\xbf"), 1 },
	/* beyond 10FFFF */
	{ STR("\xf4\x90\x80\x80"), 1 },
	/* cut by another character */
	{ STR("\xc3("), 1 },
	{ STR("\xe2\x82("), 2 },
	{ STR("\xe2\xc3\xb6"), 1 },
	{ STR("\xf0\x9f\x98\xf0\x9f\x98\x80"), 3 },
	/* cut by the end */
	{ STR("\xc3"), CUT },
	{ STR("abc\xe2\x82"), CUT },
	{ STR("\xf0\x9f\x98"), CUT },
};

START_TEST(validates_texts)
{
	ck_assert_int_eq(utf8_is_valid(texts[_i].text),
	    texts[_i].bad_at == GOOD);
}
END_TEST

START_TEST(fails_at_the_first_invalid_byte)
{
	struct str text = texts[_i].text;
	struct utf8_state state = { 0 };

	for (int i = 0; i < (int)text.len; i++) {
		bool ok = utf8_feed(&state, text.data + i, 1);

		ck_assert_int_eq(ok, i != texts[_i].bad_at);
		if (!ok)
			return;
	}
	ck_assert_int_eq(utf8_is_complete(&state), texts[_i].bad_at == GOOD);
}
END_TEST

static bool
is_valid_in_pieces(struct str text, size_t first, size_t second)
{
	struct utf8_state state = { 0 };

	return utf8_feed(&state, text.data, first) &&
	       utf8_feed(&state, text.data + first, second - first) &&
	       utf8_feed(&state, text.data + second, text.len - second) &&
	       utf8_is_complete(&state);
}

START_TEST(accepts_text_split_anywhere)
{
	struct str text = texts[_i].text;

	for (size_t second = 0; second <= text.len; second++)
		for (size_t first = 0; first <= second; first++)
			ck_assert_int_eq(is_valid_in_pieces(text, first,
					     second),
			    texts[_i].bad_at == GOOD);
}
END_TEST

/* All sequences of bytes, in order, up to the first refused byte. */
struct utf8_walk {
	uint8_t bytes[4];
	uint32_t characters; /* met so far */
	uint32_t expected;   /* the next one */
	uint32_t wrong;      /* a million assertions would take seconds */
};

/* RFC 3629, section 3, without any check. */
static uint32_t
plain_decode(const uint8_t *bytes, size_t len)
{
	static const uint8_t marks[] = { 0, 0xc0, 0xe0, 0xf0 };
	uint32_t character = bytes[0] - marks[len - 1];

	for (size_t i = 1; i < len; i++)
		character = character * 64 + (bytes[i] - 0x80u);
	return character;
}

static void
walk_meets(struct utf8_walk *walk, size_t len)
{
	struct str text = { (const char *)walk->bytes, len };
	size_t offset = 0;

	walk->wrong += plain_decode(walk->bytes, len) != walk->expected ||
		       utf8_next(text, &offset) != walk->expected ||
		       offset != len;
	walk->characters++;
	walk->expected += walk->expected == 0xd7ff ? 0x801 : 1;
}

static void
walk_on(struct utf8_walk *walk, struct utf8_state state, size_t len)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		struct utf8_state next = state;
		uint32_t before = walk->characters;

		walk->bytes[len] = (uint8_t)byte;
		if (!utf8_feed(&next, (char *)&walk->bytes[len], 1))
			continue;
		if (utf8_is_complete(&next))
			walk_meets(walk, len + 1);
		else
			walk_on(walk, next, len + 1);
		/* A byte is accepted only if some text continues with it. */
		walk->wrong += walk->characters == before;
	}
}

START_TEST(accepts_exactly_the_characters_of_unicode)
{
	struct utf8_walk walk = { 0 };

	walk_on(&walk, (struct utf8_state){ 0 }, 0);
	ck_assert_uint_eq(walk.wrong, 0);
	ck_assert_uint_eq(walk.characters, 0x110000 - 0x800);
	ck_assert_uint_eq(walk.expected, 0x110000);
}
END_TEST

START_TEST(writes_what_it_reads)
{
	uint32_t wrong = 0;
	char bytes[4];

	for (uint32_t c = 0; c <= 0x10ffff; c += c == 0xd7ff ? 0x801 : 1) {
		size_t offset = 0, len = utf8_put(c, bytes);

		wrong += utf8_next(str_slice(bytes, len), &offset) != c ||
			 offset != len;
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(skips_one_byte_of_an_invalid_character)
{
	static const uint32_t expected[] = { 'a', UTF8_INVALID, UTF8_INVALID,
		'b', UTF8_INVALID };
	struct str text = STR("a\xe2\x82"
			      "b\xc3");
	size_t offset = 0;

	for (size_t i = 0; i < 5; i++) {
		ck_assert_uint_eq(utf8_next(text, &offset), expected[i]);
		ck_assert_uint_eq(offset, i + 1);
	}
}
END_TEST

/* ASCII is read in words: an invalid byte at every position of them. */
START_TEST(finds_a_bad_byte_anywhere_in_ascii)
{
	char text[80];

	for (size_t from = 0; from < 8; from++)
		for (size_t bad = from; bad < sizeof(text); bad++) {
			struct str part = { text + from, sizeof(text) - from };

			memset(text, 'a', sizeof(text));
			ck_assert(utf8_is_valid(part));
			text[bad] = (char)0x80;
			ck_assert(!utf8_is_valid(part));
		}
}
END_TEST

/* In memory that ends with the text. */
START_TEST(does_not_read_beyond_the_end)
{
	for (size_t len = 1; len < 70; len++) {
		char *text = malloc(len);

		ck_assert_ptr_nonnull(text);
		memset(text, 'a', len);
		ck_assert(utf8_is_valid(str_slice(text, len)));
		text[len - 1] = (char)0xf0;
		ck_assert(!utf8_is_valid(str_slice(text, len)));
		free(text);
	}
}
END_TEST

START_TEST(an_absent_text_is_valid)
{
	ck_assert(utf8_is_valid((struct str){ 0 }));
}
END_TEST

static const struct {
	struct str text;
	size_t most, len;
} cuts[] = {
	{ STR(""), 0, 0 },
	{ STR("abc"), 3, 3 },
	{ STR("abc"), 2, 2 },
	{ STR("abc"), 0, 0 },
	{ STR("k\xc3\xb6sse"), 3, 3 },
	{ STR("k\xc3\xb6sse"), 2, 1 },
	{ STR("\xf0\x90\x80\x80"), 4, 4 },
	{ STR("\xf0\x90\x80\x80"), 3, 0 },
	{ STR("a\xf0\x90\x80\x80"), 2, 1 },
};

START_TEST(cuts_between_two_characters)
{
	struct str cut = utf8_cut(cuts[_i].text, cuts[_i].most);

	ck_assert_ptr_eq(cut.data, cuts[_i].text.data);
	ck_assert_uint_eq(cut.len, cuts[_i].len);
}
END_TEST

SUITE(utf8)
{
	tcase_add_loop_test(tests, validates_texts, 0, COUNT_OF(texts));
	tcase_add_loop_test(tests, fails_at_the_first_invalid_byte, 0,
	    COUNT_OF(texts));
	tcase_add_loop_test(tests, accepts_text_split_anywhere, 0,
	    COUNT_OF(texts));
	tcase_add_test(tests, an_absent_text_is_valid);
	tcase_add_test(tests, skips_one_byte_of_an_invalid_character);
	tcase_add_test(tests, finds_a_bad_byte_anywhere_in_ascii);
	tcase_add_test(tests, does_not_read_beyond_the_end);
	tcase_add_test(tests, writes_what_it_reads);
	tcase_add_loop_test(tests, cuts_between_two_characters, 0,
	    COUNT_OF(cuts));
	tcase_add_test(tests, accepts_exactly_the_characters_of_unicode);
}
