#include "domain/totals.h"

#include <string.h>

#include "tests/suite.h"

static struct totals totals;

static void
setup(void)
{
	memset(&totals, 0, sizeof(totals));
}

START_TEST(counts_by_code_and_reason)
{
	char same[] = "slow_consumer";

	ck_assert_uint_eq(totals_add(&totals, 4102, "slow_consumer"), 0);
	ck_assert_uint_eq(totals_add(&totals, 1000, "client"), 1);
	ck_assert_uint_eq(totals_add(&totals, 4102, same), 0);
	ck_assert_uint_eq(totals_add(&totals, 4102, "client"), 2);
	ck_assert_uint_eq(totals.count, 3);
	ck_assert_uint_eq(totals.items[0].code, 4102);
	ck_assert_str_eq(totals.items[0].reason, "slow_consumer");
	ck_assert_uint_eq(totals.items[0].count, 2);
	ck_assert_uint_eq(totals.items[1].count, 1);
}
END_TEST

START_TEST(counts_what_is_too_much_as_others)
{
	for (unsigned i = 0; i < 100; i++)
		totals_add(&totals, 3000 + i, "client");
	ck_assert_uint_eq(totals.count, TOTALS_MOST);
	ck_assert_uint_eq(totals.items[TOTALS_MOST - 2].count, 1);
	ck_assert_uint_eq(totals.items[TOTALS_MOST - 1].code, 0);
	ck_assert_str_eq(totals.items[TOTALS_MOST - 1].reason, "other");
	ck_assert_uint_eq(totals.items[TOTALS_MOST - 1].count,
	    100 - (TOTALS_MOST - 1));
	ck_assert_uint_eq(totals_add(&totals, 3000, "client"), 0);
}
END_TEST

SUITE(totals)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, counts_by_code_and_reason);
	tcase_add_test(tests, counts_what_is_too_much_as_others);
}
