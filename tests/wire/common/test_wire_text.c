#include "wire/common/wire_text.h"

#include "tests/suite.h"

START_TEST(starts_without_a_buffer)
{
	struct wire_text text;

	wire_text_init(&text);
	ck_assert_ptr_null(text.data);
	wire_text_append(&text, STR(""));
	ck_assert_uint_eq(text.len, 0);
	ck_assert(!text.failed);
	wire_text_fini(&text);
}
END_TEST

START_TEST(grows_with_what_is_appended)
{
	struct wire_text text;

	wire_text_init(&text);
	for (int i = 0; i < 100000; i++)
		wire_text_append(&text, STR("abc"));
	ck_assert(!text.failed);
	ck_assert_uint_eq(text.len, 300000);
	for (size_t i = 0; i < text.len; i += 3)
		if (memcmp(text.data + i, "abc", 3) != 0)
			ck_abort_msg("something else at %zu", i);
	wire_text_fini(&text);
}
END_TEST

START_TEST(keeps_a_small_buffer)
{
	struct wire_text text;
	const char *data;

	wire_text_init(&text);
	wire_text_append(&text, STR("abc"));
	data = text.data;
	wire_text_reset(&text);
	ck_assert_uint_eq(text.len, 0);
	ck_assert_ptr_eq(text.data, data);
	wire_text_fini(&text);
}
END_TEST

START_TEST(frees_a_large_buffer)
{
	struct wire_text text;

	wire_text_init(&text);
	ck_assert_ptr_nonnull(wire_text_reserve(&text, 1024 * 1024));
	wire_text_reset(&text);
	ck_assert_uint_eq(text.capacity, 0);
	ck_assert_ptr_null(text.data);
	wire_text_fini(&text);
}
END_TEST

START_TEST(reset_clears_the_close_code)
{
	struct wire_text text;

	wire_text_init(&text);
	text.close_code = 1008;
	text.close_reason = "Join failed";
	wire_text_reset(&text);
	ck_assert_uint_eq(text.close_code, 0);
	ck_assert_ptr_null(text.close_reason);
	wire_text_fini(&text);
}
END_TEST

START_TEST(reports_a_lack_of_memory_and_recovers)
{
	struct wire_text text;

	wire_text_init(&text);
	wire_text_append(&text, STR("abc"));
	ck_assert_ptr_null(wire_text_reserve(&text, SIZE_MAX - 1));
	ck_assert(text.failed);
	ck_assert_uint_eq(text.len, 3);
	ck_assert_mem_eq(text.data, "abc", 3);
	wire_text_reset(&text);
	ck_assert(!text.failed);
	wire_text_fini(&text);
}
END_TEST

SUITE(wire_text)
{
	tcase_add_test(tests, starts_without_a_buffer);
	tcase_add_test(tests, grows_with_what_is_appended);
	tcase_add_test(tests, keeps_a_small_buffer);
	tcase_add_test(tests, frees_a_large_buffer);
	tcase_add_test(tests, reset_clears_the_close_code);
	tcase_add_test(tests, reports_a_lack_of_memory_and_recovers);
}
