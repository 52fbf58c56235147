#include "wire/common/file_part.h"

#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define ID "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10"

static const struct blob example = {
	.id = ID,
	.key = "k1",
	.name = "caf\xc3\xa9 \"1\".png",
	.type = "image/png",
	.size = 1600,
};

static const struct {
	const char *body;
	enum file_part_end end;
	const char *id;
	const char *key;
} parts[] = {
	{ "{\"file\":{\"id\":\"" ID "\"}}", FILE_PART_FOUND, ID, "" },
	{ "{\"text\":\"x\",\"file\":{\"key\":\"k\",\"id\":\"" ID "\"}}",
	    FILE_PART_FOUND, ID, "k" },
	{ "{\"f\\u0069le\":{\"id\":\"" ID "\"}}", FILE_PART_FOUND, ID, "" },
	{ "{\"file\":{}}", FILE_PART_BAD, "", "" },
	{ "{\"file\":{\"id\":7}}", FILE_PART_BAD, "", "" },
	{ "{\"file\":{\"id\":\"../x\"}}", FILE_PART_BAD, "", "" },
	{ "{\"file\":{\"id\":\"0B6A1F0E-5C1C-4B8E-9A55-2F6D1C1F7E10\"}}",
	    FILE_PART_BAD, "", "" },
	{ "{\"file\":{\"id\":\"" ID "\",\"key\":\""
	  "0123456789012345678901234567890123456789\"}}",
	    FILE_PART_BAD, "", "" },
	{ "{\"file\":{\"id\":\"" ID "\\u0000\"}}", FILE_PART_BAD, "", "" },
	{ "{\"file\":\"" ID "\"}", FILE_PART_NONE, "", "" },
	{ "{\"File\":{}}", FILE_PART_NONE, "", "" },
	{ "[{\"file\":{}}]", FILE_PART_NONE, "", "" },
	{ "\"{\\\"file\\\":{}}\"", FILE_PART_NONE, "", "" },
	{ "1", FILE_PART_NONE, "", "" },
};

static struct file_parts *files;

static void
setup(void)
{
	files = file_parts_create();
	ck_assert_ptr_nonnull(files);
}

static void
teardown(void)
{
	file_parts_destroy(files);
}

START_TEST(reads_the_part)
{
	struct file_part part;

	ck_assert_int_eq(file_message_read(file_parts_messages(files),
			     str_from(parts[_i].body), &part),
	    parts[_i].end);
	if (parts[_i].end != FILE_PART_FOUND)
		return;
	ck_assert_str_eq(part.id, parts[_i].id);
	ck_assert_str_eq(part.key, parts[_i].key);
}
END_TEST

/*
 * The client's description of the file is replaced, the rest is kept as it
 * was.
 */
static const struct {
	const char *body;
	const char *written;
} messages[] = {
	{ "{\"file\":{\"id\":\"" ID "\"}}",
	    "{\"file\":{\"id\":\"" ID
	    "\",\"name\":\"caf\xc3\xa9 \\\"1\\\".png\""
	    ",\"type\":\"image/png\",\"size\":1600,\"url\":\"https://a.example"
	    "/v1/files/" ID "?key=k1\"}}" },
	{ "{ \"text\" : \"\\u00e9\\n\", \"file\":{\"id\":\"" ID "\",\"size\":7,"
	  "\"url\":\"javascript:x\",\"evil\":1,\"width\":16,\"height\":9},"
	  "\"n\":[1.50e0,{}] }",
	    "{\"text\":\"\\u00e9\\n\",\"file\":{\"id\":\"" ID "\",\"name\":"
	    "\"caf\xc3\xa9 "
	    "\\\"1\\\".png\",\"type\":\"image/png\",\"size\":1600,"
	    "\"url\":\"https://a.example/v1/files/" ID "?key=k1\",\"width\":16,"
	    "\"height\":9},\"n\":[1.50e0,{}]}" },
};

START_TEST(writes_what_is_known_of_the_file)
{
	struct str out;

	file_parts_set_base(files, STR("https://a.example"));
	ck_assert(file_message_write(file_parts_messages(files),
	    str_from(messages[_i].body), &example, &out));
	ck_assert_int_eq((int)out.len, (int)strlen(messages[_i].written));
	ck_assert_mem_eq(out.data, messages[_i].written, out.len);
}
END_TEST

START_TEST(reports_a_lack_of_memory)
{
	struct str out;

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert(!file_message_write(file_parts_messages(files),
	    str_from(messages[0].body), &example, &out));
	malloc_fail_at(0);
	malloc_fail_at(1);
	ck_assert_ptr_null(file_parts_create());
	malloc_fail_at(0);
}
END_TEST

static const struct {
	uint64_t size;
	const char *shown;
} sizes[] = {
	{ 0, "0 bytes" },
	{ 1023, "1023 bytes" },
	{ 1024, "1.0 KiB" },
	{ 1600, "1.5 KiB" },
	{ 1024 * 1024 - 1, "1023.9 KiB" },
	{ 1024 * 1024, "1.0 MiB" },
	{ UINT64_C(5) << 40, "5.0 TiB" },
};

START_TEST(shows_a_file_as_text)
{
	struct blob blob = {
		.id = ID, .name = "a", .type = "t/t", .size = sizes[_i].size
	};
	struct wire_text text = { 0 };
	char wanted[256];
	struct str body;

	ck_assert(file_message_write(file_parts_messages(files),
	    STR("{\"text\":\"look\\n\",\"file\":{\"id\":\"" ID "\"}}"), &blob,
	    &body));
	ck_assert(file_view_put_as_text(&text, body));
	snprintf(wanted, sizeof(wanted),
	    "\"look\\n\\na (%s): /v1/files/" ID "\"", sizes[_i].shown);
	ck_assert_int_eq((int)text.len, (int)strlen(wanted));
	ck_assert_mem_eq(text.data, wanted, text.len);
	wire_text_fini(&text);
}
END_TEST

START_TEST(other_messages_are_no_text_of_a_file)
{
	struct wire_text text = { 0 };

	ck_assert(!file_view_put_as_text(&text, STR("\"hi\"")));
	ck_assert(!file_view_put_as_text(&text,
	    STR("{\"file\":{\"id\":\"" ID "\"}}")));
	ck_assert_uint_eq(text.len, 0);
	wire_text_fini(&text);
}
END_TEST

SUITE(file_part)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, reads_the_part, 0, COUNT_OF(parts));
	tcase_add_loop_test(tests, writes_what_is_known_of_the_file, 0,
	    COUNT_OF(messages));
	tcase_add_test(tests, reports_a_lack_of_memory);
	tcase_add_loop_test(tests, shows_a_file_as_text, 0, COUNT_OF(sizes));
	tcase_add_test(tests, other_messages_are_no_text_of_a_file);
}
