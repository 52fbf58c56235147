#include "wire/json/json_ascii.h"

#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static const struct {
	const char *text, *ascii;
} parts[] = {
	{ "", "" },
	{ "Hello, 'world' <b>&+", "Hello, 'world' <b>&+" },
	{ "a\"b\\c\n\t\x7f", "a\\u0022b\\u005Cc\\u000A\\u0009\\u007F" },
	{ "\xc3\xa9\xe2\x82\xac", "\\u00E9\\u20AC" },
	{ "\xf0\x9f\x8e\x89 \xf4\x8f\xbf\xbf",
	    "\\uD83C\\uDF89 \\uDBFF\\uDFFF" },
	{ "a\xff\xc3", "a\\uFFFD\\uFFFD" },
};

static void
check_ascii(const struct wire_text *text, const char *wanted)
{
	ck_assert(!text->failed);
	ck_assert(str_equal(str_slice(text->data, text->len),
	    str_from(wanted)));
}

START_TEST(escapes_what_is_not_ascii)
{
	struct wire_text text;

	wire_text_init(&text);
	json_put_ascii_part(&text, str_from(parts[_i].text));
	check_ascii(&text, parts[_i].ascii);
	wire_text_fini(&text);
}
END_TEST

static const struct {
	const char *json, *part;
} bodies[] = {
	{ "\"\"", "" },
	{ "\"a\\n\\u00e9\xc3\xa9\"", "a\\n\\u00e9\\u00E9" },
	{ "17", "17" },
	{ "[\"\xc3\xa9\"]", "[\\u0022\\u00E9\\u0022]" },
};

START_TEST(writes_a_body_as_a_text)
{
	struct wire_text text;

	wire_text_init(&text);
	json_put_ascii_body(&text, str_from(bodies[_i].json));
	check_ascii(&text, bodies[_i].part);
	wire_text_fini(&text);
}
END_TEST

START_TEST(escapes_within_json)
{
	struct wire_text text;

	wire_text_init(&text);
	json_put_ascii_json(&text, STR("{\"a\":[\"\xc3\xa9\\n\", 1]}"));
	check_ascii(&text, "{\"a\":[\"\\u00E9\\n\", 1]}");
	wire_text_fini(&text);
}
END_TEST

SUITE(json_ascii)
{
	tcase_add_loop_test(tests, escapes_what_is_not_ascii, 0,
	    COUNT_OF(parts));
	tcase_add_loop_test(tests, writes_a_body_as_a_text, 0,
	    COUNT_OF(bodies));
	tcase_add_test(tests, escapes_within_json);
}
