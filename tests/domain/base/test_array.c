#include "domain/base/array.h"

#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static int *items;
static size_t count, capacity;

static void
setup(void)
{
	items = NULL;
	count = capacity = 0;
}

static void
teardown(void)
{
	free(items);
}

static bool
item_add(int item)
{
	int *more = array_grow(items, count, &capacity, sizeof(*items));

	if (more == NULL)
		return false;
	items = more;
	items[count++] = item;
	return true;
}

START_TEST(keeps_its_items)
{
	for (int i = 0; i < 1000; i++)
		ck_assert(item_add(i));
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(items[i], i);
}
END_TEST

START_TEST(grows_by_doubling)
{
	size_t moves = 0;

	for (int i = 0; i < 100000; i++) {
		size_t before = capacity;

		ck_assert(item_add(i));
		moves += capacity != before;
	}
	ck_assert_uint_lt(moves, 20);
	ck_assert_uint_le(capacity, 2 * count);
}
END_TEST

START_TEST(does_not_change_without_memory)
{
	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert(!item_add(0));
	malloc_fail_at(0);
	ck_assert_uint_eq(capacity, 0);
	ck_assert(item_add(7));
	while (count < capacity)
		ck_assert(item_add(7));
	malloc_fail_at(1);
	ck_assert(!item_add(8));
	malloc_fail_at(0);
	ck_assert_uint_eq(count, capacity);
	ck_assert_int_eq(items[count - 1], 7);
	ck_assert(item_add(8));
}
END_TEST

SUITE(array)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, keeps_its_items);
	tcase_add_test(tests, grows_by_doubling);
	tcase_add_test(tests, does_not_change_without_memory);
}
