#include "persistence/memory/trim_heap.h"
#include "tests/suite.h"

#define MIB ((size_t)1 << 20)

START_TEST(gives_back_once_the_greater_part_is_gone)
{
	struct trim_heap heap = { 0 };

	ck_assert(!trim_heap_watch(&heap, 20 * MIB));
	ck_assert(!trim_heap_watch(&heap, 11 * MIB));
	ck_assert(trim_heap_watch(&heap, 10 * MIB));
	ck_assert(!trim_heap_watch(&heap, 10 * MIB));
}
END_TEST

START_TEST(leaves_it_where_little_is_gone)
{
	struct trim_heap heap = { 0 };

	ck_assert(!trim_heap_watch(&heap, 8 * MIB - 1));
	ck_assert(!trim_heap_watch(&heap, 0));
}
END_TEST

START_TEST(begins_anew_with_what_was_left)
{
	struct trim_heap heap = { 0 };

	trim_heap_watch(&heap, 100 * MIB);
	ck_assert(trim_heap_watch(&heap, 20 * MIB));
	ck_assert(!trim_heap_watch(&heap, 13 * MIB));
	ck_assert(trim_heap_watch(&heap, 9 * MIB));
}
END_TEST

SUITE(trim_heap)
{
	tcase_add_test(tests, gives_back_once_the_greater_part_is_gone);
	tcase_add_test(tests, leaves_it_where_little_is_gone);
	tcase_add_test(tests, begins_anew_with_what_was_left);
}
