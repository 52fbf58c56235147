#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "wire/json/json_writer.h"

static struct wire_text text;

static void
ck_assert_written(const char *expected)
{
	ck_assert(!text.failed);
	ck_assert_uint_eq(text.len, strlen(expected));
	ck_assert_mem_eq(text.data, expected, text.len);
	wire_text_fini(&text);
}

static const struct {
	const char *meant, *written;
} strings[] = {
	{ "", "\"\"" },
	{ "alice", "\"alice\"" },
	{ "a \"b\" \\ / c", "\"a \\\"b\\\" \\\\ / c\"" },
	{ "\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"" },
	{ "\xc3\xa9\xf0\x9d\x84\x9e\n\xe2\x80\xa8",
	    "\"\xc3\xa9\xf0\x9d\x84\x9e\\n\xe2\x80\xa8\"" },
	{ "0123456789abcdefghijklmnopqrstuvwxyz\n",
	    "\"0123456789abcdefghijklmnopqrstuvwxyz\\n\"" },
	{ "\n0123456789abcdef", "\"\\n0123456789abcdef\"" },
};

START_TEST(escapes_quotes_backslashes_and_controls)
{
	wire_text_init(&text);
	json_put_string(&text, str_from(strings[_i].meant));
	ck_assert_written(strings[_i].written);
}
END_TEST

START_TEST(escapes_a_nul)
{
	wire_text_init(&text);
	json_put_string(&text, str_slice("a\0b", 3));
	ck_assert_written("\"a\\u0000b\"");
}
END_TEST

START_TEST(writes_a_string_in_parts)
{
	wire_text_init(&text);
	json_put_string_part(&text, STR("a\n"));
	json_put_string_part(&text, STR(""));
	json_put_string_part(&text, STR("\"b"));
	ck_assert_written("a\\n\\\"b");
}
END_TEST

/* A special byte at every position: steps of 16, 8 and 1. */
START_TEST(finds_a_special_byte_at_any_position)
{
	static const char specials[] = "\"\\\n";

	for (size_t len = 1; len < 40; len++) {
		for (size_t at = 0; at < len; at++) {
			char meant[40], written[64];

			memset(meant, 'x', sizeof(meant));
			meant[at] = specials[_i];
			snprintf(written, sizeof(written), "\"%.*s\\%c%.*s\"",
			    (int)at, meant, "\"\\n"[_i], (int)(len - at - 1),
			    meant + at + 1);
			wire_text_init(&text);
			json_put_string(&text, str_slice(meant, len));
			ck_assert_written(written);
		}
	}
}
END_TEST

static const struct {
	int64_t number;
	const char *written;
} numbers[] = {
	{ 0, "0" },
	{ 7, "7" },
	{ 10, "10" },
	{ 99, "99" },
	{ 100, "100" },
	{ 1795241301123, "1795241301123" },
	{ INT64_MAX, "9223372036854775807" },
	{ -1, "-1" },
	{ -100, "-100" },
	{ INT64_MIN, "-9223372036854775808" },
};

START_TEST(writes_integers)
{
	wire_text_init(&text);
	json_put_signed(&text, numbers[_i].number);
	ck_assert_written(numbers[_i].written);
}
END_TEST

START_TEST(writes_the_largest_integer)
{
	wire_text_init(&text);
	json_put_unsigned(&text, UINT64_MAX);
	ck_assert_written("18446744073709551615");
}
END_TEST

SUITE(json_writer)
{
	tcase_add_loop_test(tests, escapes_quotes_backslashes_and_controls, 0,
	    COUNT_OF(strings));
	tcase_add_test(tests, escapes_a_nul);
	tcase_add_test(tests, writes_a_string_in_parts);
	tcase_add_loop_test(tests, finds_a_special_byte_at_any_position, 0, 3);
	tcase_add_loop_test(tests, writes_integers, 0, COUNT_OF(numbers));
	tcase_add_test(tests, writes_the_largest_integer);
}
