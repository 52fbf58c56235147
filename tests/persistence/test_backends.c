#include "persistence/backends.h"

#include "tests/suite.h"

static const struct history_limits limits = { .messages = 1 };

START_TEST(opens_stores_that_are_empty)
{
	struct stores stores;

	ck_assert(stores_kind_exists("memory"));
	ck_assert(stores_open(&stores, "memory", &limits));
	ck_assert_uint_eq(member_store_count(stores.members), 0);
	ck_assert_uint_eq(room_store_count(stores.rooms), 0);
	ck_assert_uint_eq(history_bytes(stores.history), 0);
	stores_close(&stores);
	ck_assert_ptr_null(stores.members);
}
END_TEST

START_TEST(knows_no_kind_by_part_of_its_name)
{
	ck_assert(!stores_kind_exists(""));
	ck_assert(!stores_kind_exists("mem"));
	ck_assert(!stores_kind_exists("memory2"));
	ck_assert(!stores_kind_exists("Memory"));
}
END_TEST

START_TEST(closes_what_was_never_opened)
{
	struct stores stores = { 0 };

	stores_close(&stores);
	ck_assert_ptr_null(stores.history);
}
END_TEST

SUITE(backends)
{
	tcase_add_test(tests, opens_stores_that_are_empty);
	tcase_add_test(tests, knows_no_kind_by_part_of_its_name);
	tcase_add_test(tests, closes_what_was_never_opened);
}
