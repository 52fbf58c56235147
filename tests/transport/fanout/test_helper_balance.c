#include "transport/fanout/helper_balance.h"

#include "tests/suite.h"

#define MS INT64_C(1000000)
#define START (7 * MS)

static const struct {
	int64_t saved, then_saved;
	int64_t pause; /* after both; 0: none */
} cases[] = {
	{ 1, 1, 0 },
	{ 0, 0, 0 },
	{ 0, -1, 50 },
	{ 0, -3 * MS, 150 * MS },
	{ 3 * MS, -2 * MS, 0 },
	{ 3 * MS, -3 * MS, 0 },
	{ 3 * MS, -4 * MS, 50 * MS },
	{ 1000 * MS, -20 * MS, 0 },
	{ 1000 * MS, -21 * MS, 50 * MS },
	{ 0, -200 * MS, 10000 * MS },
	{ 0, -201 * MS, 10000 * MS },
	{ 0, -INT64_MAX, 10000 * MS },
};

START_TEST(helpers_pause_for_a_multiple_of_what_they_cost)
{
	struct helper_balance balance = { 0 };
	int64_t pause = cases[_i].pause;

	helper_balance_add(&balance, cases[_i].saved, START - 1);
	ck_assert(!helper_balance_pauses(&balance, START - 1));
	helper_balance_add(&balance, cases[_i].then_saved, START);
	ck_assert_int_eq(helper_balance_pauses(&balance, START), pause > 0);
	ck_assert(pause == 0 ||
		  helper_balance_pauses(&balance, START + pause - 1));
	ck_assert(!helper_balance_pauses(&balance, START + pause));
	ck_assert_uint_eq(balance.paused_ns, (uint64_t)pause);
}
END_TEST

/* What they cost before a pause is not counted again after it. */
START_TEST(a_pause_ends)
{
	struct helper_balance balance = { 0 };

	helper_balance_add(&balance, -MS, START);
	helper_balance_add(&balance, MS, START + 50 * MS);
	ck_assert(!helper_balance_pauses(&balance, START + 50 * MS));
	helper_balance_add(&balance, -3 * MS, START + 60 * MS);
	ck_assert(helper_balance_pauses(&balance, START + 159 * MS));
	ck_assert(!helper_balance_pauses(&balance, START + 160 * MS));
	ck_assert_uint_eq(balance.paused_ns, 150 * (uint64_t)MS);
}
END_TEST

SUITE(helper_balance)
{
	tcase_add_loop_test(tests,
	    helpers_pause_for_a_multiple_of_what_they_cost, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tests, a_pause_ends);
}
