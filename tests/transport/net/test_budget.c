#include "transport/net/budget.h"

#include <string.h>

#include "tests/suite.h"

static const struct transport_limits defaults = {
	.messages = { .rate = 10, .burst = 5 },
	.bytes = { .rate = 1000, .burst = 2000 },
	.fanout = { .rate = 1 << 20, .burst = 2 << 20 },
	.joins = { .rate = 2, .burst = 4 },
	.patience_ms = 3000,
};

static struct transport_limits limits;
static struct budget budget;

static void
setup(void)
{
	limits = defaults;
	budget_init(&budget, &limits, 0);
}

static int64_t
wait_ms(int64_t now_ms)
{
	return budget_wait_ms(&budget, &limits, now_ms, NULL);
}

START_TEST(waits_for_the_next_command_once_a_burst_is_used)
{
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(wait_ms(0), 0);
		budget_charge_message(&budget, &limits);
	}
	ck_assert_int_eq(wait_ms(0), 101);
	ck_assert_int_eq(wait_ms(50), 51);
	ck_assert_int_eq(wait_ms(101), 0);
}
END_TEST

START_TEST(waits_until_overdrawn_bytes_are_paid_for)
{
	budget_charge_bytes(&budget, &limits, 2000);
	ck_assert_int_eq(wait_ms(0), 0);
	budget_charge_bytes(&budget, &limits, 500);
	ck_assert_int_eq(wait_ms(0), 501);
	ck_assert_int_eq(wait_ms(501), 0);
}
END_TEST

START_TEST(waits_until_an_overdrawn_fanout_is_paid_for)
{
	budget_charge_copies(&budget, &limits, UINT64_C(3) << 20);
	ck_assert_int_eq(wait_ms(0), 1001);
	ck_assert_int_eq(wait_ms(1001), 0);
}
END_TEST

/* 20 of them come in between two ticks of 100 ms. */
START_TEST(keeps_the_rate_though_the_burst_is_small)
{
	int count = 0;

	limits.messages = (struct rate_limit){ .rate = 200, .burst = 1 };
	budget_init(&budget, &limits, 0);
	for (int64_t now_ms = 0; now_ms < 1000; now_ms += 100)
		while (wait_ms(now_ms) == 0) {
			budget_charge_message(&budget, &limits);
			count++;
		}
	ck_assert_int_eq(count, 40 + 9 * 20);
}
END_TEST

/* A float cannot count single bytes of a burst that large. */
START_TEST(counts_small_messages_against_a_large_fanout)
{
	limits.fanout.rate = 512u << 20;
	limits.fanout.burst = 1u << 30;
	budget_init(&budget, &limits, 0);
	for (int i = 0; i < 1 << 19; i++)
		budget_charge_copies(&budget, &limits, 1000);
	budget_charge_copies(&budget, &limits, 450u << 20);
	ck_assert_int_eq(wait_ms(0), 0);
	budget_charge_copies(&budget, &limits, 150u << 20);
	ck_assert_int_gt(wait_ms(0), 0);
}
END_TEST

START_TEST(waits_for_the_longest_of_all)
{
	budget_charge_bytes(&budget, &limits, 2100);
	budget_charge_copies(&budget, &limits, UINT64_C(4) << 20);
	ck_assert_int_eq(wait_ms(0), 2001);
}
END_TEST

START_TEST(never_waits_without_limits)
{
	memset(&limits, 0, sizeof(limits));
	budget_init(&budget, &limits, 0);
	budget_charge_message(&budget, &limits);
	budget_charge_bytes(&budget, &limits, SIZE_MAX);
	budget_charge_copies(&budget, &limits, UINT64_MAX / 2);
	ck_assert_int_eq(wait_ms(0), 0);
}
END_TEST

/* Uses the budget up as fast as it refills, until `until_ms`. */
static int64_t
budget_exceed_until(int64_t from_ms, int64_t until_ms)
{
	while (from_ms < until_ms) {
		budget_update(&budget, &limits, from_ms);
		budget_charge_bytes(&budget, &limits, 500);
		from_ms += budget_exceed(&budget, &limits, from_ms);
		ck_assert_int_eq(wait_ms(from_ms), 0);
	}
	return from_ms;
}

START_TEST(has_patience_for_so_long)
{
	budget_charge_bytes(&budget, &limits, 2000);
	budget_exceed_until(0, 2900);
	ck_assert(budget_has_patience(&budget, &limits, 2999));
	ck_assert(!budget_has_patience(&budget, &limits, 3000));
}
END_TEST

START_TEST(has_patience_again_after_a_second_within_the_budget)
{
	int64_t now_ms;

	budget_charge_bytes(&budget, &limits, 2000);
	now_ms = budget_exceed_until(0, 5000);
	ck_assert(!budget_has_patience(&budget, &limits, now_ms + 1000));
	ck_assert(budget_has_patience(&budget, &limits, now_ms + 1001));
	budget_update(&budget, &limits, now_ms + 1001);
	budget_charge_bytes(&budget, &limits, 3000);
	budget_exceed(&budget, &limits, now_ms + 1001);
	ck_assert(budget_has_patience(&budget, &limits, now_ms + 1001));
}
END_TEST

START_TEST(has_patience_over_the_wrap_of_the_clock)
{
	int64_t start_ms = INT64_C(0xffffffff) - 500;

	budget_init(&budget, &limits, start_ms);
	budget_charge_bytes(&budget, &limits, 2000);
	budget_exceed_until(start_ms, start_ms + 2900);
	ck_assert(budget_has_patience(&budget, &limits, start_ms + 2999));
	ck_assert(!budget_has_patience(&budget, &limits, start_ms + 3000));
}
END_TEST

START_TEST(has_none_if_there_is_to_be_none)
{
	limits.patience_ms = 0;
	ck_assert(!budget_has_patience(&budget, &limits, 0));
}
END_TEST

/* There are more of them the larger the room is. */
START_TEST(copies_make_it_slower_and_are_no_reason_to_refuse)
{
	const char *limit = NULL;
	int64_t now_ms = 0;

	while (now_ms < 20000) {
		budget_update(&budget, &limits, now_ms);
		budget_charge_copies(&budget, &limits, UINT64_C(3) << 20);
		ck_assert_int_eq(budget_refusal_ms(&budget, &limits, now_ms,
				     &limit),
		    0);
		ck_assert(budget_has_patience(&budget, &limits, now_ms));
		now_ms += budget_exceed(&budget, &limits, now_ms);
	}
	ck_assert_ptr_null(limit);
	budget_update(&budget, &limits, now_ms);
	budget_charge_bytes(&budget, &limits, 2100);
	ck_assert_int_eq(budget_refusal_ms(&budget, &limits, now_ms, &limit),
	    101);
	ck_assert_str_eq(limit, "limits.bytes");
}
END_TEST

START_TEST(names_the_limit_that_takes_longest)
{
	const char *limit = NULL;

	ck_assert_int_eq(budget_wait_ms(&budget, &limits, 0, &limit), 0);
	ck_assert_ptr_null(limit);
	budget_charge_bytes(&budget, &limits, 2100);
	ck_assert_int_eq(budget_wait_ms(&budget, &limits, 0, &limit), 101);
	ck_assert_str_eq(limit, "limits.bytes");
	for (int i = 0; i < 6; i++)
		budget_charge_message(&budget, &limits);
	ck_assert_int_eq(budget_wait_ms(&budget, &limits, 0, &limit), 201);
	ck_assert_str_eq(limit, "limits.messages");
	budget_charge_copies(&budget, &limits, UINT64_C(3) << 20);
	budget_wait_ms(&budget, &limits, 0, &limit);
	ck_assert_str_eq(limit, "limits.fanout");
}
END_TEST

/* --- of several connections ----------------------------------------------- */

static struct budget_pool pool;

static int64_t
pool_wait_ms(int64_t now_ms)
{
	return budget_pool_wait_ms(&pool, &limits, now_ms, NULL);
}

START_TEST(a_pool_has_several_times_as_much)
{
	budget_pool_init(&pool, &limits, 4, 0);
	for (int i = 0; i < 17; i++) {
		ck_assert(budget_pool_is_ample(&pool));
		budget_pool_charge_message(&pool, &limits);
	}
	/* 4 × 10 commands a second. */
	ck_assert_int_eq(pool_wait_ms(0), 26);
	ck_assert_int_eq(pool_wait_ms(26), 0);
	budget_pool_charge_bytes(&pool, &limits, 8000);
	ck_assert_int_eq(pool_wait_ms(26), 0);
	budget_pool_charge_bytes(&pool, &limits, 400);
	ck_assert_int_eq(pool_wait_ms(26), 101);
	budget_pool_charge_copies(&pool, &limits, UINT64_C(12) << 20);
	ck_assert_int_eq(pool_wait_ms(26), 1001);
}
END_TEST

START_TEST(a_pool_counts_joins)
{
	const char *limit = NULL;

	budget_pool_init(&pool, &limits, 1, 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(pool_wait_ms(0), 0);
		budget_pool_charge_join(&pool, &limits);
	}
	ck_assert(!budget_pool_is_ample(&pool));
	ck_assert_int_eq(budget_pool_wait_ms(&pool, &limits, 0, &limit), 501);
	ck_assert_str_eq(limit, "limits.joins");
	ck_assert_int_eq(pool_wait_ms(501), 0);
	limits.joins.rate = 0;
	for (int i = 0; i < 99; i++)
		budget_pool_charge_join(&pool, &limits);
	ck_assert_int_eq(pool_wait_ms(501), 0);
}
END_TEST

START_TEST(copies_of_a_pool_are_no_reason_to_refuse)
{
	budget_pool_init(&pool, &limits, 2, 0);
	for (int64_t now_ms = 0; now_ms < 20000;) {
		budget_pool_update(&pool, &limits, now_ms);
		budget_pool_charge_copies(&pool, &limits, UINT64_C(6) << 20);
		ck_assert_int_eq(budget_pool_refusal_ms(&pool, &limits, now_ms,
				     NULL),
		    0);
		ck_assert(budget_has_patience(&pool.budget, &limits, now_ms));
		ck_assert_int_gt(pool_wait_ms(now_ms), 0);
		now_ms += budget_pool_exceed(&pool, &limits, now_ms);
	}
}
END_TEST

START_TEST(a_pool_has_patience_for_so_long)
{
	int64_t now_ms = 0;

	budget_pool_init(&pool, &limits, 1, 0);
	while (now_ms < 3000) {
		ck_assert(budget_has_patience(&pool.budget, &limits, now_ms));
		budget_pool_update(&pool, &limits, now_ms);
		for (int i = 0; i < 5; i++)
			budget_pool_charge_join(&pool, &limits);
		now_ms += budget_pool_exceed(&pool, &limits, now_ms);
	}
	ck_assert(!budget_has_patience(&pool.budget, &limits, now_ms));
	ck_assert(budget_has_patience(&pool.budget, &limits, now_ms + 1001));
}
END_TEST

SUITE(budget)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, waits_for_the_next_command_once_a_burst_is_used);
	tcase_add_test(tests, waits_until_overdrawn_bytes_are_paid_for);
	tcase_add_test(tests, waits_until_an_overdrawn_fanout_is_paid_for);
	tcase_add_test(tests, keeps_the_rate_though_the_burst_is_small);
	tcase_add_test(tests, counts_small_messages_against_a_large_fanout);
	tcase_add_test(tests, waits_for_the_longest_of_all);
	tcase_add_test(tests, never_waits_without_limits);
	tcase_add_test(tests, has_patience_for_so_long);
	tcase_add_test(tests,
	    has_patience_again_after_a_second_within_the_budget);
	tcase_add_test(tests, has_patience_over_the_wrap_of_the_clock);
	tcase_add_test(tests, has_none_if_there_is_to_be_none);
	tcase_add_test(tests,
	    copies_make_it_slower_and_are_no_reason_to_refuse);
	tcase_add_test(tests, names_the_limit_that_takes_longest);
	tcase_add_test(tests, a_pool_has_several_times_as_much);
	tcase_add_test(tests, a_pool_counts_joins);
	tcase_add_test(tests, copies_of_a_pool_are_no_reason_to_refuse);
	tcase_add_test(tests, a_pool_has_patience_for_so_long);
}
