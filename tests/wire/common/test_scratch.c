#include "wire/common/scratch.h"

#include "tests/suite.h"

static struct scratch scratch;

/* A string of a document, without its quotes. */
static struct json_string
json_string_of(const char *body)
{
	return (struct json_string){
		.body = str_from(body),
		.escaped = strchr(body, '\\') != NULL,
	};
}

static bool
is_kept(struct str text)
{
	return text.data >= scratch.data &&
	       text.data + text.len <= scratch.data + scratch.used;
}

static const struct {
	const char *body, *meant, *three; /* at most three bytes of it */
	bool fits_three;
} strings[] = {
	{ "", "", "", true },
	{ "abc", "abc", "abc", true },
	{ "abcd", "abcd", "abc", false },
	{ "\\u0061\\n\\\"", "a\n\"", "a\n\"", true },
	{ "\\u0061\\n\\\"d", "a\n\"d", "a\n\"", false },
	{ "ab\xc3\xb6", "ab\xc3\xb6", "ab", false },
	{ "\\u0061b\xc3\xb6", "ab\xc3\xb6", "ab", false },
	{ "a\\u00f6", "a\xc3\xb6", "a\xc3\xb6", true },
	{ "\\ud834\\udd1e", "\xf0\x9d\x84\x9e", "", false },
};

START_TEST(unescapes_up_to_a_bound)
{
	struct json_string sent = json_string_of(strings[_i].body);
	struct str out;

	scratch.used = 0;
	ck_assert(scratch_string(&scratch, &sent, 16, &out));
	ck_assert(str_equal(out, str_from(strings[_i].meant)));
	ck_assert_int_eq(is_kept(out) && out.len > 0, sent.escaped);
	ck_assert_int_eq(scratch_string(&scratch, &sent, 3, &out),
	    strings[_i].fits_three);
}
END_TEST

START_TEST(cuts_between_two_characters)
{
	struct json_string sent = json_string_of(strings[_i].body);
	struct str out;

	scratch.used = 0;
	out = scratch_string_cut(&scratch, &sent, 3);
	ck_assert(str_equal(out, str_from(strings[_i].three)));
	ck_assert_uint_eq(scratch.used, sent.escaped ? out.len : 0);
}
END_TEST

START_TEST(takes_other_values_as_their_json)
{
	struct json_value value = { .type = JSON_ARRAY, .text = STR("[1, 2]") };
	struct str out;

	scratch.used = 0;
	out = scratch_value_cut(&scratch, &value, 16);
	ck_assert(str_equal(out, STR("[1, 2]")));
	out = scratch_value_cut(&scratch, &value, 4);
	ck_assert(str_equal(out, STR("[1, ")));
	value.type = JSON_STRING;
	value.string = json_string_of("\\u0061");
	out = scratch_value_cut(&scratch, &value, 4);
	ck_assert(str_equal(out, STR("a")));
}
END_TEST

START_TEST(appends_to_the_texts_before)
{
	struct json_string sent = json_string_of("\\u0062");
	struct str first, second, third;

	scratch.used = 0;
	first = scratch_text(&scratch, STR("a"));
	ck_assert(scratch_string(&scratch, &sent, 8, &second));
	third = scratch_text(&scratch, STR(""));
	ck_assert(str_equal(first, STR("a")) && is_kept(first));
	ck_assert(str_equal(second, STR("b")) && is_kept(second));
	ck_assert(str_is_empty(third) && third.data != NULL);
	ck_assert_uint_eq(scratch.used, 2);
}
END_TEST

SUITE(scratch)
{
	tcase_add_loop_test(tests, unescapes_up_to_a_bound, 0,
	    COUNT_OF(strings));
	tcase_add_loop_test(tests, cuts_between_two_characters, 0,
	    COUNT_OF(strings));
	tcase_add_test(tests, takes_other_values_as_their_json);
	tcase_add_test(tests, appends_to_the_texts_before);
}
