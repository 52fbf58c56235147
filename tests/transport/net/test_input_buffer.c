#include "transport/net/input_buffer.h"

#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define UNKNOWN UINT64_MAX

START_TEST(keeps_what_is_appended_in_order)
{
	struct input_buffer *partial = NULL;
	size_t held = 0;

	ck_assert(input_buffer_append(&partial, "Hel", 3, UNKNOWN, &held));
	ck_assert(input_buffer_append(&partial, "", 0, UNKNOWN, &held));
	ck_assert(input_buffer_append(&partial, "lo, you", 7, UNKNOWN, &held));
	ck_assert_uint_eq(partial->len, 10);
	ck_assert_mem_eq(partial->data, "Hello, you", 10);
	ck_assert_uint_eq(input_buffer_size(partial), held);
	input_buffer_free(&partial, &held);
	ck_assert_uint_eq(held, 0);
}
END_TEST

START_TEST(begins_nothing_without_bytes)
{
	struct input_buffer *partial = NULL;
	size_t held = 7;

	ck_assert(input_buffer_append(&partial, NULL, 0, UNKNOWN, &held));
	ck_assert_ptr_null(partial);
	ck_assert_uint_eq(input_buffer_size(partial), 0);
	input_buffer_free(&partial, &held);
	ck_assert_uint_eq(held, 7);
}
END_TEST

START_TEST(holds_at_most_twice_what_came_and_grows_seldom)
{
	struct input_buffer *partial = NULL;
	unsigned growths = 0;
	size_t capacity = 0;

	for (size_t len = 1; len <= 100000; len++) {
		ck_assert(input_buffer_append(&partial, "x", 1, UNKNOWN, NULL));
		ck_assert_uint_le(partial->capacity, 2 * len);
		growths += partial->capacity != capacity;
		capacity = partial->capacity;
	}
	ck_assert_uint_le(growths, 17);
	input_buffer_free(&partial, NULL);
}
END_TEST

START_TEST(takes_no_more_than_is_still_to_come)
{
	struct input_buffer *partial = NULL;

	ck_assert(input_buffer_append(&partial, "0123456789", 10, 2, NULL));
	ck_assert_uint_eq(partial->capacity, 12);
	ck_assert(input_buffer_append(&partial, "01", 2, 0, NULL));
	ck_assert_uint_eq(partial->capacity, 12);
	input_buffer_free(&partial, NULL);
}
END_TEST

START_TEST(changes_nothing_without_memory)
{
	struct input_buffer *partial = NULL;
	size_t held = 0, before;
	bool done;

	ck_assert(input_buffer_append(&partial, "ab", 2, 0, &held));
	before = held;
	malloc_fail_at(1);
	done = input_buffer_append(&partial, "c", 1, UNKNOWN, &held);
	malloc_fail_at(0);
	ck_assert(!done);
	ck_assert_uint_eq(held, before);
	ck_assert_uint_eq(partial->len, 2);
	ck_assert_mem_eq(partial->data, "ab", 2);
	input_buffer_free(&partial, &held);
}
END_TEST

SUITE(input_buffer)
{
	tcase_add_test(tests, keeps_what_is_appended_in_order);
	tcase_add_test(tests, begins_nothing_without_bytes);
	tcase_add_test(tests, holds_at_most_twice_what_came_and_grows_seldom);
	tcase_add_test(tests, takes_no_more_than_is_still_to_come);
	if (malloc_can_fail())
		tcase_add_test(tests, changes_nothing_without_memory);
}
