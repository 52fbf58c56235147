#include "tests/suite.h"
#include "wire/json/json_string.h"

static struct json_string
string_of(const char *body)
{
	return (struct json_string){ str_from(body),
		strchr(body, '\\') != NULL };
}

static const struct {
	const char *body, *meant;
} strings[] = {
	{ "", "" },
	{ "alice", "alice" },
	{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
	{ "\\u0041\\u00e9\\u00E9\\u20ac", "A\xc3\xa9\xc3\xa9\xe2\x82\xac" },
	{ "\\uD834\\uDd1e", "\xf0\x9d\x84\x9e" },
	{ "\\ud800\\udc00\\udbff\\udfff", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
	{ "\xc3\xa9\\\\u0041", "\xc3\xa9\\u0041" },
};

START_TEST(unescapes_strings)
{
	struct json_string string = string_of(strings[_i].body);
	struct str meant = str_from(strings[_i].meant);
	char copy[64];
	size_t len;

	ck_assert(json_string_is(&string, meant));
	ck_assert_uint_eq(json_string_len(&string), meant.len);
	ck_assert(json_string_copy(&string, copy, sizeof(copy), &len));
	ck_assert(str_equal(str_slice(copy, len), meant));
	ck_assert(json_string_equal(&string, &string));
}
END_TEST

START_TEST(copies_a_string_only_if_it_fits)
{
	struct json_string string = string_of(strings[_i].body);
	size_t meant = strlen(strings[_i].meant), len;
	char copy[64];

	ck_assert(json_string_copy(&string, copy, meant, &len));
	ck_assert_uint_eq(len, meant);
	for (size_t size = 0; size < meant; size++)
		ck_assert(!json_string_copy(&string, copy, size, &len));
}
END_TEST

START_TEST(differs_from_other_texts)
{
	struct json_string string = string_of(strings[_i].body);
	char other[64];
	size_t len = strlen(strings[_i].meant);

	memcpy(other, strings[_i].meant, len + 1);
	strcat(other, "x");
	ck_assert(!json_string_is(&string, str_from(other)));
	for (size_t cut = 0; cut < len; cut++)
		ck_assert(!json_string_is(&string, str_slice(other, cut)));
	for (size_t at = 0; at < len; at++) {
		other[at] ^= 1;
		ck_assert(!json_string_is(&string, str_slice(other, len)));
		other[at] ^= 1;
	}
}
END_TEST

static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ "abc", "abc", true },
	{ "abc", "abd", false },
	{ "abc", "ab", false },
	{ "\\u0061bc", "abc", true },
	{ "\\u0061bc", "a\\u0062c", true },
	{ "\\u0061bc", "a\\u0062", false },
	{ "\\u0061bc", "a\\u0063c", false },
	{ "\\u00e9\\n", "\xc3\xa9\\u000a", true },
	{ "\\u00e9\\n", "\xc3\\u000a", false },
	{ "\\ud834\\udd1e", "\xf0\x9d\x84\x9e", true },
	{ "\\n", "n", false },
	{ "\\u0000", "\\u0000\\u0000", false },
};

START_TEST(compares_values_not_escapes)
{
	struct json_string a = string_of(pairs[_i].a);
	struct json_string b = string_of(pairs[_i].b);

	ck_assert_int_eq(json_string_equal(&a, &b), pairs[_i].equal);
	ck_assert_int_eq(json_string_equal(&b, &a), pairs[_i].equal);
}
END_TEST

SUITE(json_string)
{
	int count = COUNT_OF(strings);

	tcase_add_loop_test(tests, unescapes_strings, 0, count);
	tcase_add_loop_test(tests, copies_a_string_only_if_it_fits, 0, count);
	tcase_add_loop_test(tests, differs_from_other_texts, 0, count);
	tcase_add_loop_test(tests, compares_values_not_escapes, 0,
	    COUNT_OF(pairs));
}
