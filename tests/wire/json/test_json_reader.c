#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "wire/json/json_reader.h"

static struct json_key_table table;

/* Reads to the end, in its own allocation: detects reads beyond it. */
static struct json_reader
reader_read(const char *text, size_t len, size_t *members)
{
	char *exact = malloc(len == 0 ? 1 : len);
	struct json_reader reader;
	struct json_member member;

	memcpy(exact, text, len);
	*members = 0;
	json_open(&reader, str_slice(exact, len), 32, &table);
	while (json_next(&reader, &member))
		++*members;
	free(exact);
	return reader;
}

static const struct {
	const char *text;
	size_t members;
} sound[] = {
	{ "{}", 0 },
	{ " \t\r\n{ \t\r\n} \t\r\n", 0 },
	{ "{\"a\":null,\"b\":true,\"c\":false}", 3 },
	{ "{\"\":\"\"}", 1 },
	{ "{\"a\":[],\"b\":{},\"c\":[[],{}]}", 3 },
	{ "{\"a\":[1,2 , 3],\"b\":{\"a\":1,\"b\":2}}", 2 },
	{ "{\"a\":0,\"b\":-0,\"c\":10,\"d\":-1.5,\"e\":1e9,\"f\":0.1E-02,"
	  "\"g\":1E+1}",
	    7 },
	{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uFfFf\"}", 1 },
	{ "{\"a\":\"\\ud834\\udd1e \\uDBFF\\uDFFF\"}", 1 },
	{ "{\"a\":\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf"
	  "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"}",
	    1 },
	{ "{\"a\":1,\"A\":1,\"\\u0000\":1,\"\\u00e4\":1,\"a\\u0000\":1}", 5 },
	{ "{\"0123456789abcdefghijklmnopqrstuvwxyz\":"
	  "\"0123456789abcdefghijklmnopqrstuvwxyz\"}",
	    1 },
};

START_TEST(reads_valid_documents)
{
	const char *text = sound[_i].text;
	size_t members;
	struct json_reader reader = reader_read(text, strlen(text), &members);

	ck_assert_int_eq(reader.error, JSON_OK);
	ck_assert_uint_eq(members, sound[_i].members);
}
END_TEST

static void
refuses_each_part(const char *text)
{
	size_t whole = strlen(text), members;

	while (text[whole - 1] != '}')
		whole--;
	for (size_t len = 0; len < whole; len++) {
		struct json_reader reader = reader_read(text, len, &members);

		ck_assert_int_ne(reader.error, JSON_OK);
		ck_assert_uint_le(reader.error_offset, len);
	}
}

START_TEST(refuses_every_prefix)
{
	for (size_t i = 0; i < COUNT_OF(sound); i++)
		refuses_each_part(sound[i].text);
}
END_TEST

#define DIGITS_20 "12345678901234567890"
#define DIGITS_60 DIGITS_20 DIGITS_20 DIGITS_20

/* With its length, as a text may contain NUL. */
#define REFUSED(text, error, offset)                  \
	{                                             \
		text, sizeof(text) - 1, error, offset \
	}

static const struct {
	const char *text;
	size_t len;
	enum json_error error;
	size_t offset;
} refused[] = {
	REFUSED("", JSON_TRUNCATED, 0),
	REFUSED("  ", JSON_TRUNCATED, 2),
	REFUSED("[]", JSON_NOT_AN_OBJECT, 0),
	REFUSED("\"\"", JSON_NOT_AN_OBJECT, 0),
	REFUSED("\xef\xbb\xbf{}", JSON_NOT_AN_OBJECT, 0),
	REFUSED("\0{}", JSON_NOT_AN_OBJECT, 0),
	REFUSED("{} x", JSON_TRAILING, 3),
	REFUSED("{}\0", JSON_TRAILING, 2),
	REFUSED("{", JSON_TRUNCATED, 1),
	REFUSED("{,}", JSON_MALFORMED, 1),
	REFUSED("{\"a\"}", JSON_MALFORMED, 4),
	REFUSED("{\"a\":}", JSON_MALFORMED, 5),
	REFUSED("{\"a\":1,}", JSON_MALFORMED, 7),
	REFUSED("{\"a\":1 \"b\":2}", JSON_MALFORMED, 7),
	REFUSED("{\"a\":1]", JSON_MALFORMED, 6),
	REFUSED("{a:1}", JSON_MALFORMED, 1),
	REFUSED("{'a':1}", JSON_MALFORMED, 1),
	REFUSED("{1:1}", JSON_MALFORMED, 1),
	REFUSED("{\"a\":[1,]}", JSON_MALFORMED, 8),
	REFUSED("{\"a\":[,1]}", JSON_MALFORMED, 6),
	REFUSED("{\"a\":[1}", JSON_MALFORMED, 7),
	REFUSED("{\"a\":[1", JSON_TRUNCATED, 7),
	REFUSED("{\"a\":nul}", JSON_MALFORMED, 8),
	REFUSED("{\"a\":tru", JSON_TRUNCATED, 8),
	REFUSED("{\"a\":True}", JSON_MALFORMED, 5),
	REFUSED("{\"a\":NaN}", JSON_MALFORMED, 5),
	REFUSED("{\"a\":Infinity}", JSON_MALFORMED, 5),
	REFUSED("{\"a\":-Infinity}", JSON_BAD_NUMBER, 6),
	REFUSED("{\"a\":+1}", JSON_MALFORMED, 5),
	REFUSED("{\"a\":01}", JSON_MALFORMED, 6),
	REFUSED("{\"a\":0x1}", JSON_MALFORMED, 6),
	REFUSED("{\"a\":.5}", JSON_MALFORMED, 5),
	REFUSED("{\"a\":5.}", JSON_BAD_NUMBER, 7),
	REFUSED("{\"a\":5.e1}", JSON_BAD_NUMBER, 7),
	REFUSED("{\"a\":5e}", JSON_BAD_NUMBER, 7),
	REFUSED("{\"a\":5e+}", JSON_BAD_NUMBER, 8),
	REFUSED("{\"a\":-}", JSON_BAD_NUMBER, 6),
	REFUSED("{\"a\":-", JSON_TRUNCATED, 6),
	REFUSED("{\"a\":1//\n}", JSON_MALFORMED, 6),
	REFUSED("{\"a\":" DIGITS_60 "01234}", JSON_LONG_NUMBER, 5),
	REFUSED("{\"a\":[1,-" DIGITS_60 ".123]}", JSON_LONG_NUMBER, 8),
	REFUSED("{\"a\":1e400}", JSON_LARGE_NUMBER, 5),
	REFUSED("{\"b\":{\"a\":-1E+309}}", JSON_LARGE_NUMBER, 10),
	REFUSED("{\"a\":\"\n\"}", JSON_CONTROL, 6),
	REFUSED("{\"a\":\"x\0\"}", JSON_CONTROL, 7),
	REFUSED("{\"a\":\"0123456789abcde\x1f\"}", JSON_CONTROL, 21),
	REFUSED("{\"a\":\"x", JSON_TRUNCATED, 7),
	REFUSED("{\"a\":\"\\x\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\\\0\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\\U0061\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\\u006\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\\u006g\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\\ud834\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\\ud834\\n12345\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\\ud834\\u0061\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\\ud834\\ud834\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\\udd1e\"}", JSON_BAD_ESCAPE, 6),
	REFUSED("{\"a\":\"\x80\"}", JSON_BAD_UTF8, 6),
	REFUSED("{\"a\":\"\xc3\"}", JSON_BAD_UTF8, 6),
	REFUSED("{\"a\":\"\xc3", JSON_BAD_UTF8, 6),
	REFUSED("{\"a\":\"\xc0\x80\"}", JSON_BAD_UTF8, 6),
	REFUSED("{\"a\":\"\xc3\xa9\xe2\x82\"}", JSON_BAD_UTF8, 8),
	REFUSED("{\"a\":\"\xed\xa0\x80\"}", JSON_BAD_UTF8, 6),
	REFUSED("{\"a\":\"\xf4\x90\x80\x80\"}", JSON_BAD_UTF8, 6),
	REFUSED("{\"a\":\"\xff\"}", JSON_BAD_UTF8, 6),
	REFUSED("{\"a\":\xc3\xa9}", JSON_MALFORMED, 5),
	REFUSED("{\"a\":1,\"a\":2}", JSON_DUPLICATE_KEY, 7),
	REFUSED("{\"a\":1,\"\\u0061\":2}", JSON_DUPLICATE_KEY, 7),
	REFUSED("{\"\\u0061\":1,\"a\":2}", JSON_DUPLICATE_KEY, 12),
	REFUSED("{\"\\ud834\\udd1e\":1,\"\xf0\x9d\x84\x9e\":2}",
	    JSON_DUPLICATE_KEY, 18),
	REFUSED("{\"\\/\\n\":1,\"/\\u000a\":2}", JSON_DUPLICATE_KEY, 10),
	REFUSED("{\"\\u00e9\\\"\":1,\"\xc3\xa9\\u0022\":2}", JSON_DUPLICATE_KEY,
	    14),
	REFUSED("{\"x\":[{\"y\":{\"a\":1,\"b\":2,\"a\":3}}]}",
	    JSON_DUPLICATE_KEY, 24),
};

START_TEST(reports_errors_with_their_offsets)
{
	size_t members;
	struct json_reader reader =
	    reader_read(refused[_i].text, refused[_i].len, &members);

	ck_assert_msg(reader.error == refused[_i].error &&
			  reader.error_offset == refused[_i].offset,
	    "%s: %s at %zu", refused[_i].text,
	    json_error_text(reader.error).data, reader.error_offset);
}
END_TEST

START_TEST(returns_members_as_slices_of_the_text)
{
	struct json_reader reader;
	struct json_member member;
	struct str text = STR("{ \"a\\n\" : [ 1, {} ] , \"b\":\"x\\\"\" }");

	json_open(&reader, text, 2 + 1, &table);
	ck_assert(json_next(&reader, &member));
	ck_assert(str_equal(member.key.body, STR("a\\n")));
	ck_assert(member.key.escaped);
	ck_assert_int_eq(member.value.type, JSON_ARRAY);
	ck_assert(str_equal(member.value.text, STR("[ 1, {} ]")));
	ck_assert(json_next(&reader, &member));
	ck_assert(str_equal(member.key.body, STR("b")));
	ck_assert(!member.key.escaped);
	ck_assert_int_eq(member.value.type, JSON_STRING);
	ck_assert(str_equal(member.value.text, STR("\"x\\\"\"")));
	ck_assert(str_equal(member.value.string.body, STR("x\\\"")));
	ck_assert(member.value.string.escaped);
	ck_assert(!json_next(&reader, &member));
	ck_assert_int_eq(reader.error, JSON_OK);
}
END_TEST

/* `depth` nested objects or arrays. */
static enum json_error
read_nested(size_t depth, bool arrays, size_t *offset)
{
	char text[2048];
	size_t len = 0;
	struct json_reader reader;
	struct json_member member;

	for (size_t i = 0; i < depth; i++) {
		const char *open = i > 0 && arrays ? "[" : "{\"a\":";

		memcpy(text + len, open, strlen(open));
		len += strlen(open);
	}
	text[len++] = '1';
	for (size_t i = depth; i > 0; i--)
		text[len++] = i > 1 && arrays ? ']' : '}';
	json_open(&reader, str_slice(text, len), 32, &table);
	while (json_next(&reader, &member))
		continue;
	*offset = reader.error_offset;
	return reader.error;
}

START_TEST(reads_to_the_largest_depth)
{
	size_t offset;

	ck_assert_int_eq(read_nested(32, true, &offset), JSON_OK);
	ck_assert_int_eq(read_nested(32, false, &offset), JSON_OK);
	ck_assert_int_eq(read_nested(33, true, &offset), JSON_TOO_DEEP);
	ck_assert_uint_eq(offset, 5 + 31);
	ck_assert_int_eq(read_nested(200, false, &offset), JSON_TOO_DEEP);
	ck_assert_uint_eq(offset, 5 * 32);
}
END_TEST

START_TEST(counts_depth_not_containers)
{
	size_t members;
	char text[4096] = "{\"a\":[[]";

	for (int i = 0; i < 300; i++)
		strcat(text, i % 2 == 0 ? ",{}" : ",[[]]");
	strcat(text, "]}");
	ck_assert_int_eq(reader_read(text, strlen(text), &members).error,
	    JSON_OK);
}
END_TEST

static const struct {
	const char *text;
	uint64_t max;
	bool sound;
} numbers[] = {
	{ "0", 0, true },
	{ "1", 0, false },
	{ "17", 17, true },
	{ "18", 17, false },
	{ "20", 19, false },
	{ "18446744073709551615", UINT64_MAX, true },
	{ "18446744073709551616", UINT64_MAX, false },
	{ "99999999999999999999999999999", UINT64_MAX, false },
	{ "-1", UINT64_MAX, false },
	{ "-0", UINT64_MAX, false },
	{ "1.0", UINT64_MAX, false },
	{ "1e1", UINT64_MAX, false },
	{ "\"1\"", UINT64_MAX, false },
	{ "true", UINT64_MAX, false },
};

START_TEST(converts_integers_up_to_a_bound)
{
	char text[64];
	struct json_reader reader;
	struct json_member member;
	uint64_t number;

	snprintf(text, sizeof(text), "{\"a\":%s}", numbers[_i].text);
	json_open(&reader, str_from(text), 1, &table);
	ck_assert(json_next(&reader, &member));
	ck_assert_int_eq(json_unsigned(&member.value, numbers[_i].max, &number),
	    numbers[_i].sound);
	if (numbers[_i].sound)
		ck_assert_uint_eq(number, strtoull(numbers[_i].text, NULL, 10));
}
END_TEST

static const struct {
	const char *text;
	bool sound;
} values[] = {
	{ "{\"a\":1}", true },
	{ " [1,{\"a\":[]}] ", true },
	{ "\"text\"", true },
	{ "-1.5e3", true },
	{ "null", true },
	{ "true", true },
	{ "", false },
	{ " ", false },
	{ "nul", false },
	{ "[1", false },
	{ "[1]]", false },
	{ "1 2", false },
	{ "{\"a\":1,\"a\":1}", false },
	{ "/list", false },
};

START_TEST(validates_values_of_any_type)
{
	ck_assert_int_eq(json_is_value(str_from(values[_i].text), 8, &table),
	    values[_i].sound);
}
END_TEST

START_TEST(validates_values_to_a_depth)
{
	ck_assert(json_is_value(STR("[[]]"), 2, &table));
	ck_assert(!json_is_value(STR("[[[]]]"), 2, &table));
}
END_TEST

static const struct {
	const char *text;
	size_t items;
	enum json_error error;
} arrays[] = {
	{ "[]", 0, JSON_OK },
	{ " [ 1 , \"a\", {\"a\":[2]}, [], null ] ", 5, JSON_OK },
	{ "[1,]", 1, JSON_MALFORMED },
	{ "[1 2]", 1, JSON_MALFORMED },
	{ "[,1]", 0, JSON_MALFORMED },
	{ "[1", 1, JSON_TRUNCATED },
	{ "[1]]", 1, JSON_TRAILING },
	{ "{}", 0, JSON_MALFORMED },
	{ "[[[[[]]]]]", 0, JSON_TOO_DEEP },
};

START_TEST(reads_the_items_of_an_array)
{
	struct json_reader reader;
	struct json_value item;
	size_t items = 0;

	json_open_array(&reader, str_from(arrays[_i].text), 4);
	while (json_next_item(&reader, &item))
		items++;
	ck_assert_uint_eq(items, arrays[_i].items);
	ck_assert_int_eq(reader.error, arrays[_i].error);
	ck_assert(!json_next_item(&reader, &item));
}
END_TEST

START_TEST(reads_objects_while_iterating_over_their_array)
{
	struct json_reader list, object;
	struct json_member member;
	struct json_value item;
	size_t members = 0;

	json_open_array(&list, STR("[{\"a\":1},{\"a\":2,\"b\":3}]"), 4);
	while (json_next_item(&list, &item)) {
		json_open(&object, item.text, 4, &table);
		while (json_next(&object, &member))
			members++;
		ck_assert_int_eq(object.error, JSON_OK);
	}
	ck_assert_int_eq(list.error, JSON_OK);
	ck_assert_uint_eq(members, 3);
}
END_TEST

SUITE(json_reader)
{
	tcase_add_loop_test(tests, reads_valid_documents, 0, COUNT_OF(sound));
	tcase_add_test(tests, refuses_every_prefix);
	tcase_add_loop_test(tests, reports_errors_with_their_offsets, 0,
	    COUNT_OF(refused));
	tcase_add_test(tests, returns_members_as_slices_of_the_text);
	tcase_add_test(tests, reads_to_the_largest_depth);
	tcase_add_test(tests, counts_depth_not_containers);
	tcase_add_loop_test(tests, converts_integers_up_to_a_bound, 0,
	    COUNT_OF(numbers));
	tcase_add_loop_test(tests, validates_values_of_any_type, 0,
	    COUNT_OF(values));
	tcase_add_test(tests, validates_values_to_a_depth);
	tcase_add_loop_test(tests, reads_the_items_of_an_array, 0,
	    COUNT_OF(arrays));
	tcase_add_test(tests, reads_objects_while_iterating_over_their_array);
}
