#include "transport/ws_buffer.h"

#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define UNKNOWN UINT64_MAX

START_TEST(keeps_what_is_appended_in_order)
{
	struct ws_buffer *buffer = NULL;
	size_t held = 0;

	ck_assert(ws_buffer_append(&buffer, "Hel", 3, UNKNOWN, &held));
	ck_assert(ws_buffer_append(&buffer, "", 0, UNKNOWN, &held));
	ck_assert(ws_buffer_append(&buffer, "lo, you", 7, UNKNOWN, &held));
	ck_assert_uint_eq(buffer->len, 10);
	ck_assert_mem_eq(buffer->data, "Hello, you", 10);
	ck_assert_uint_eq(ws_buffer_size(buffer), held);
	ws_buffer_free(&buffer, &held);
	ck_assert_uint_eq(held, 0);
}
END_TEST

START_TEST(begins_nothing_without_bytes)
{
	struct ws_buffer *buffer = NULL;
	size_t held = 7;

	ck_assert(ws_buffer_append(&buffer, NULL, 0, UNKNOWN, &held));
	ck_assert_ptr_null(buffer);
	ck_assert_uint_eq(ws_buffer_size(buffer), 0);
	ws_buffer_free(&buffer, &held);
	ck_assert_uint_eq(held, 7);
}
END_TEST

START_TEST(holds_at_most_twice_what_came_and_grows_seldom)
{
	struct ws_buffer *buffer = NULL;
	unsigned growths = 0;
	size_t capacity = 0;

	for (size_t len = 1; len <= 100000; len++) {
		ck_assert(ws_buffer_append(&buffer, "x", 1, UNKNOWN, NULL));
		ck_assert_uint_le(buffer->capacity, 2 * len);
		growths += buffer->capacity != capacity;
		capacity = buffer->capacity;
	}
	ck_assert_uint_le(growths, 17);
	ws_buffer_free(&buffer, NULL);
}
END_TEST

START_TEST(takes_no_more_than_is_still_to_come)
{
	struct ws_buffer *buffer = NULL;

	ck_assert(ws_buffer_append(&buffer, "0123456789", 10, 2, NULL));
	ck_assert_uint_eq(buffer->capacity, 12);
	ck_assert(ws_buffer_append(&buffer, "01", 2, 0, NULL));
	ck_assert_uint_eq(buffer->capacity, 12);
	ws_buffer_free(&buffer, NULL);
}
END_TEST

START_TEST(changes_nothing_without_memory)
{
	struct ws_buffer *buffer = NULL;
	size_t held = 0, before;
	bool done;

	ck_assert(ws_buffer_append(&buffer, "ab", 2, 0, &held));
	before = held;
	malloc_fail_at(1);
	done = ws_buffer_append(&buffer, "c", 1, UNKNOWN, &held);
	malloc_fail_at(0);
	ck_assert(!done);
	ck_assert_uint_eq(held, before);
	ck_assert_uint_eq(buffer->len, 2);
	ck_assert_mem_eq(buffer->data, "ab", 2);
	ws_buffer_free(&buffer, &held);
}
END_TEST

SUITE(ws_buffer)
{
	tcase_add_test(tests, keeps_what_is_appended_in_order);
	tcase_add_test(tests, begins_nothing_without_bytes);
	tcase_add_test(tests, holds_at_most_twice_what_came_and_grows_seldom);
	tcase_add_test(tests, takes_no_more_than_is_still_to_come);
	if (malloc_can_fail())
		tcase_add_test(tests, changes_nothing_without_memory);
}
