#include "domain/text/names.h"

#include <stdlib.h>

#include "domain/text/utf8.h"
#include "tests/suite.h"

#define MOST 8
#define MEGABYTE ((size_t)1 << 20)

static const struct {
	struct str wish;
	const char *name; /* NULL: refused */
} wishes[] = {
	{ STR("alice"), "alice" },
	{ STR("Al Ice"), "Al Ice" },
	{ STR("a"), "a" },
	{ STR("!#~"), "!#~" },
	{ STR("12345678"), "12345678" },
	{ STR("Zo\u00eb"), "Zo\u00eb" },
	{ STR("\u4f60\u597d"), "\u4f60\u597d" },
	{ STR("\U0001f600"), "\U0001f600" },
	{ STR("a\u00a0b"), "a\u00a0b" },
	/* counted, and kept, in NFC */
	{ STR("Zoe\u0308"), "Zo\u00eb" },
	{ STR("e\u0308e\u0308e\u0308e\u0308e\u0308e\u0308e\u0308e\u0308"),
	    "\u00eb\u00eb\u00eb\u00eb\u00eb\u00eb\u00eb\u00eb" },
	{ STR("\u03b1\u0313\u0300\u0345\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82"
	      "\u1f82"),
	    "\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82" },
	{ STR("\u212b"), "\u00c5" },
	/* marks need a base */
	{ STR("\u0301"), NULL },
	{ STR("\u0301a"), NULL },
	{ STR("a \u0301b"), NULL },
	{ STR("a\u00a0\u20ddb"), NULL },
	{ STR("a\u0338\u20dd"), "a\u0338\u20dd" },
	{ STR("\u0915\u093e"), "\u0915\u093e" },
	{ STR("\u093e"), NULL },
	/* too short, too long */
	{ STR(""), NULL },
	{ STR("123456789"), NULL },
	{ STR("12345678\u00eb"), NULL },
	{ STR("e\u0308e\u0308e\u0308e\u0308e\u0308e\u0308e\u0308e\u0308e"),
	    NULL },
	{ STR("\u0958\u0958\u0958\u0958\u0958"), NULL },
	/* white space at the ends */
	{ STR(" "), NULL },
	{ STR(" a"), NULL },
	{ STR("a "), NULL },
	{ STR("\u00a0a"), NULL },
	{ STR("a\u3000"), NULL },
	{ STR("a\u2000"), NULL },
	{ STR("\u2800"), NULL },
	/* hidden */
	{ STR("a\tb"), NULL },
	{ STR("a\nb"), NULL },
	{ STR("a\0b"), NULL },
	{ STR("\0"), NULL },
	{ STR("a\x7f"), NULL },
	{ STR("a\xc2\x85"
	      "b"),
	    NULL },
	{ STR("a\u00adb"), NULL },
	{ STR("a\u200bb"), NULL },
	{ STR("\u202eecila"), NULL },
	{ STR("a\u2028b"), NULL },
	{ STR("\ufeffalice"), NULL },
	{ STR("\u2764\ufe0f"), NULL },
	{ STR("\U0001f469\u200d\U0001f4bb"), NULL },
	/* not UTF-8 */
	{ STR("a\xff"), NULL },
	{ STR("\xc3"), NULL },
	{ STR("\xed\xa0\x80"), NULL },
	{ STR("\xc0\x80"), NULL },
};

START_TEST(normalizes_or_refuses_names)
{
	char out[NAME_SIZE(MOST)];
	enum chat_error error = name_normalize(wishes[_i].wish, MOST, out);

	if (wishes[_i].name == NULL) {
		ck_assert_int_eq(error, CHAT_NAME_INVALID);
		return;
	}
	ck_assert_int_eq(error, CHAT_OK);
	ck_assert_str_eq(out, wishes[_i].name);
	ck_assert_int_eq(name_normalize(str_from(wishes[_i].name), MOST, out),
	    CHAT_OK);
	ck_assert_str_eq(out, wishes[_i].name);
}
END_TEST

/* A megabyte of letters, marks, syllables, invalid bytes. */
static const char *const units[] = { "a", " ", "\u0301", "\u0323\u0301",
	"\ud55c", "\u1f82", "\U0001d160", "\xff" };

START_TEST(refuses_a_megabyte_in_constant_time)
{
	char *wish = malloc(MEGABYTE), out[NAME_SIZE(64)];
	size_t unit = strlen(units[_i]), len = 0;

	ck_assert_ptr_nonnull(wish);
	for (; len + unit <= MEGABYTE; len += unit)
		memcpy(wish + len, units[_i], unit);
	/* Reading to the end each time would take minutes. */
	for (int round = 0; round < 1000; round++)
		if (name_normalize(str_slice(wish, len), 64, out) == CHAT_OK)
			ck_abort_msg("round %d", round);
	ck_assert_uint_eq(name_skeleton(str_slice(wish, len), out, sizeof(out)),
	    0);
	free(wish);
}
END_TEST

/* All names of a row are equal. */
static const char *const same[][4] = {
	{ "alice", "ALICE", "Alice", "aLICE" },
	{ "zo\u00eb", "ZO\u00cb", "Zoe\u0308", "ZOE\u0308" },
	{ "stra\u00dfe", "STRASSE", "stra\u1e9ee", "strasse" },
	{ "\u03c3\u03b1\u03c3", "\u03a3\u0391\u03a3", "\u03c3\u03b1\u03c2",
	    "\u03a3\u0391\u03c2" },
	{ "\u1f82", "\u1f8a", "\u1f02\u03b9", "\u03b1\u0313\u0300\u0345" },
	{ "k", "K", "\u212a", "k" },
	{ "@az[", "@AZ[", "@aZ[", "@Az[" },
	/* Cyrillic, mathematical, fullwidth */
	{ "alice", "\u0430lice", "\U0001d44e\U0001d459\U0001d456\U0001d450e",
	    "\uff21lice" },
	/* Greek and Cyrillic capitals whose small letters differ */
	{ "kim", "\u039aI\u039c", "\u041aI\u041c", "\u043ai\u043c" },
	{ "i", "\u0131", "i\u0307", "\u2170" },
	{ "a b", "a\u00a0b", "a\u2003b", "a\u2800b" },
	{ "zo\u00eb", "z\u03bf\u0451", "Z\u041e\u0401", "zo\u0435\u0308" },
};

START_TEST(equal_names_have_one_skeleton)
{
	char first[64], other[64];

	for (size_t row = 0; row < COUNT_OF(same); row++)
		for (size_t i = 0; i < 4; i++) {
			name_skeleton(str_from(same[row][0]), first,
			    sizeof(first));
			name_skeleton(str_from(same[row][i]), other,
			    sizeof(other));
			ck_assert_str_eq(first, other);
		}
}
END_TEST

START_TEST(different_names_have_different_skeletons)
{
	static const char *const names[] = { "alice", "alic\u00e9", "al ice",
		"al1ce", "alioe", "com", "corn", "c0m", "i", "\u00e5", "a",
		"alice#2", "@", "`", "[", "{" };
	char one[64], other[64];

	for (size_t i = 0; i < COUNT_OF(names); i++)
		for (size_t k = 0; k < i; k++) {
			name_skeleton(str_from(names[i]), one, sizeof(one));
			name_skeleton(str_from(names[k]), other, sizeof(other));
			ck_assert_str_ne(one, other);
		}
}
END_TEST

START_TEST(a_skeleton_is_up_to_three_times_as_long)
{
	char name[NAME_FOLDABLE_SIZE + 1], out[NAME_FOLDABLE_SIZE * 3 + 1];
	char again[sizeof(out)];
	size_t len = 0;

	/* In NFC its four bytes are three characters of four. */
	while (len + 4 <= NAME_FOLDABLE_SIZE)
		len += utf8_put(0x1d160, name + len);
	ck_assert_uint_eq(name_skeleton(str_slice(name, len), out, sizeof(out)),
	    len * 3);
	ck_assert_uint_eq(strlen(out), len * 3);
	ck_assert_uint_eq(name_skeleton(str_slice(out, NAME_FOLDABLE_SIZE - 2),
			      again, sizeof(again)),
	    NAME_FOLDABLE_SIZE - 2);
}
END_TEST

START_TEST(invalid_names_have_an_empty_skeleton)
{
	char name[NAME_FOLDABLE_SIZE + 1], out[sizeof(name) * 3];

	memset(name, 'A', sizeof(name));
	ck_assert_uint_eq(name_skeleton(str_slice(name, sizeof(name)), out,
			      sizeof(out)),
	    0);
	ck_assert_str_eq(out, "");
	ck_assert_uint_eq(name_skeleton(str_slice(name, sizeof(name) - 1), out,
			      sizeof(out)),
	    NAME_FOLDABLE_SIZE);
	ck_assert_uint_eq(name_skeleton(STR("a\xff"), out, sizeof(out)), 0);
	ck_assert_str_eq(out, "");
	ck_assert_uint_eq(name_skeleton(STR(""), out, sizeof(out)), 0);
	ck_assert_str_eq(out, "");
}
END_TEST

static const struct {
	struct str wish;
	const char *name; /* NULL: none */
} wild[] = {
	{ STR("Al Ice"), "Al Ice" },
	{ STR(" \t\u00a0a b \r\n "), "a b" },
	{ STR("a\0b\x7f\u202ec\u200b"), "abc" },
	{ STR("[{\"a\":1}]"), "[{\"a\":1}" },
	{ STR("123456789"), "12345678" },
	{ STR("1234567 9"), "1234567" },
	{ STR("       8       "), "8" },
	{ STR("a\xff\xc3(b"), "a(b" },
	/* counted, and cut, in NFC */
	{ STR("Zoe\u0308"), "Zo\u00eb" },
	{ STR("12345678\u0308"), "12345678" },
	{ STR("e\u0308e\u0308e\u0308e\u0308e\u0308e\u0308e\u0308e\u0308e"),
	    "\u00eb\u00eb\u00eb\u00eb\u00eb\u00eb\u00eb\u00eb" },
	{ STR("\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82"),
	    "\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82\u1f82" },
	{ STR(""), NULL },
	{ STR_ABSENT, NULL },
	{ STR("  "), NULL },
	{ STR("\u200b\ufeff \n\xff"), NULL },
	{ STR("\u0301a \u0301b\u0301"), "a b\u0301" },
	{ STR(" \u20dd"), NULL },
};

START_TEST(sanitizes_any_text)
{
	char name[NAME_SIZE(MOST)], again[NAME_SIZE(MOST)];
	bool is_named = name_sanitize(wild[_i].wish, MOST, name);

	ck_assert_int_eq(is_named, wild[_i].name != NULL);
	ck_assert_str_eq(name, is_named ? wild[_i].name : "");
	if (!is_named)
		return;
	ck_assert_int_eq(name_normalize(str_from(name), MOST, again), CHAT_OK);
	ck_assert_str_eq(again, name);
}
END_TEST

/* Of one part, of two, of four, of three, never composed, of four bytes. */
static const uint32_t characters[] = { 'a', 0xeb, 0x1f82, 0xac01, 0x1d160,
	0x1f600 };

START_TEST(the_longest_sanitized_name_is_64_characters)
{
	char wish[300 * 4], name[NAME_SIZE(64)], expected[NAME_SIZE(64)];
	size_t len = 0;

	for (int i = 0; i < 300; i++)
		len += utf8_put(characters[_i], wish + len);
	ck_assert(name_sanitize(str_slice(wish, len), 64, name));
	ck_assert_int_eq(name_normalize(str_from(name), 64, expected), CHAT_OK);
	ck_assert_str_eq(name, expected);
	len = 0;
	for (size_t at = 0; at < strlen(name); len++)
		(void)utf8_next(str_from(name), &at);
	ck_assert_uint_eq(len, 64);
}
END_TEST

#define LETTERS_20 "abcdefghijKLMNOPQRST"

static const struct {
	struct str name;
	bool is_plain;
} plain_names[] = {
	{ STR("a"), true },
	{ STR("_"), true },
	{ STR("0"), true },
	{ STR("aZ_09z"), true },
	{ STR(LETTERS_20), true },
	{ STR(LETTERS_20 "U"), false },
	{ STR(""), false },
	{ STR_ABSENT, false },
	{ STR("a b"), false },
	{ STR("a-b"), false },
	{ STR("a#2"), false },
	{ STR("a\0"), false },
	{ STR("\u00e9"), false },
	/* the neighbours of what is allowed */
	{ STR("/"), false },
	{ STR(":"), false },
	{ STR("@"), false },
	{ STR("["), false },
	{ STR("^"), false },
	{ STR("`"), false },
	{ STR("{"), false },
};

START_TEST(validates_plain_names)
{
	ck_assert_int_eq(name_is_plain(plain_names[_i].name, 20),
	    plain_names[_i].is_plain);
}
END_TEST

static const struct {
	struct str name;
	bool is_of_server;
	bool is_reserved;
} reserved_names[] = {
	{ STR("system"), true, true },
	{ STR("Admin"), true, true },
	{ STR("ROOT"), true, true },
	{ STR("\u017fystem"), true, true },               /* a long s */
	{ STR("\u0430dmin"), true, true },                /* Cyrillic */
	{ STR("\u0391D\u039c\u0399\u039d"), true, true }, /* Greek */
	{ STR("\U0001d42b\U0001d428\U0001d428\U0001d42d"), true, true },
	{ STR("adm\u0131n"), true, true },
	{ STR("admi\u0307n"), true, true },
	{ STR("nu\u217c\u217c"), false, true },
	{ STR("\u00e1dmin"), false, false },
	{ STR("adm1n"), false, false },
	{ STR("null"), false, true },
	{ STR("UndeFined"), false, true },
	{ STR("admi"), false, false },
	{ STR("admins"), false, false },
	{ STR("admin#2"), false, false },
	{ STR("none"), false, false },
	{ STR(""), false, false },
};

START_TEST(knows_reserved_names)
{
	struct str name = reserved_names[_i].name;

	ck_assert_int_eq(name_is_of_server(name),
	    reserved_names[_i].is_of_server);
	ck_assert_int_eq(name_is_reserved(name),
	    reserved_names[_i].is_reserved);
}
END_TEST

static const struct {
	const char *one, *other;
	bool look_alike;
} lookalikes[] = {
	{ "alice", "al1ce", true },
	{ "alice", "AIice", true },
	{ "alice", "a|ice", true },
	{ "bob", "b0b", true },
	{ "bob", "BOB", true },
	{ "morn", "mom", true },
	{ "Ryan", "R\u0443an", true }, /* as without */
	{ "alice", "alise", false },
	{ "run", "mun", false },
	{ "bob2", "bob3", false },
	{ "r", "m", false },
};

START_TEST(strict_names_that_look_alike_have_one_skeleton)
{
	char one[NAME_FOLDABLE_SIZE * 3 + 1], other[sizeof(one)];

	for (int strict = 0; strict < 2; strict++) {
		name_set_strict(strict);
		for (size_t i = 0; i < COUNT_OF(lookalikes); i++) {
			name_skeleton(str_from(lookalikes[i].one), one,
			    sizeof(one));
			name_skeleton(str_from(lookalikes[i].other), other,
			    sizeof(other));
			if (strict || !lookalikes[i].look_alike)
				ck_assert_msg((strcmp(one, other) == 0) ==
						  lookalikes[i].look_alike,
				    "%s and %s", lookalikes[i].one,
				    lookalikes[i].other);
		}
		ck_assert_int_eq(name_is_of_server(STR("adm1n")), strict);
		ck_assert(name_is_of_server(STR("Admin")));
	}
	name_set_strict(false);
}
END_TEST

SUITE(names)
{
	tcase_add_test(tests, strict_names_that_look_alike_have_one_skeleton);
	tcase_add_loop_test(tests, normalizes_or_refuses_names, 0,
	    COUNT_OF(wishes));
	tcase_add_test(tests, equal_names_have_one_skeleton);
	tcase_add_test(tests, different_names_have_different_skeletons);
	tcase_add_test(tests, a_skeleton_is_up_to_three_times_as_long);
	tcase_add_test(tests, invalid_names_have_an_empty_skeleton);
	tcase_add_loop_test(tests, sanitizes_any_text, 0, COUNT_OF(wild));
	tcase_add_loop_test(tests, the_longest_sanitized_name_is_64_characters,
	    0, COUNT_OF(characters));
	tcase_add_loop_test(tests, validates_plain_names, 0,
	    COUNT_OF(plain_names));
	tcase_add_loop_test(tests, knows_reserved_names, 0,
	    COUNT_OF(reserved_names));
	tcase_add_loop_test(tests, refuses_a_megabyte_in_constant_time, 0,
	    COUNT_OF(units));
}
