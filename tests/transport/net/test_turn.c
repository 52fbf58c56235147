#include "transport/net/turn.h"

#include <string.h>

#include "tests/suite.h"

#define US INT64_C(1000)
#define TICK 7

static struct turn turn;
static struct turn_share a, b;

static void
setup(void)
{
	memset(&turn, 0, sizeof(turn));
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	turn_begin(&turn, 0);
}

START_TEST(measures_after_so_many_messages)
{
	for (int i = 1; i < TURN_MEASURE_MESSAGES; i++)
		ck_assert(!turn_is_to_measure(&turn));
	ck_assert(turn_is_to_measure(&turn));
	turn_measure(&turn, &a, TICK, 1);
	ck_assert(!turn_is_to_measure(&turn));
}
END_TEST

START_TEST(measures_after_so_much_work)
{
	turn.work += TURN_MEASURE_BYTES - 1;
	ck_assert(!turn_is_to_measure(&turn));
	turn.work += 1;
	ck_assert(turn_is_to_measure(&turn));
	turn_measure(&turn, &a, TICK, 1);
	ck_assert(!turn_is_to_measure(&turn));
}
END_TEST

START_TEST(ends_a_slice_until_the_next_turn)
{
	turn_measure(&turn, &a, TICK, (TURN_SLICE_US - 1) * US);
	ck_assert(turn_goes_on(&turn, &a));
	turn_measure(&turn, &a, TICK, TURN_SLICE_US * US);
	ck_assert(!turn_goes_on(&turn, &a));
	ck_assert(!turn_serves(&turn, &a, TICK));
	ck_assert(turn_serves(&turn, &b, TICK));
	turn_begin(&turn, 0);
	ck_assert(turn_goes_on(&turn, &a));
	ck_assert(turn_serves(&turn, &a, TICK));
}
END_TEST

START_TEST(serves_only_cheap_connections_once_it_is_used_up)
{
	turn_measure(&turn, &a, TICK, TURN_SLICE_US * US);
	turn_begin(&turn, 0);
	turn_measure(&turn, &b, TICK, (TURN_TIME_US - 1) * US);
	ck_assert(turn_serves(&turn, &a, TICK));
	turn_measure(&turn, &b, TICK, TURN_TIME_US * US);
	ck_assert(!turn_serves(&turn, &a, TICK));
	/* It was cheap since. */
	ck_assert(turn_serves(&turn, &a, TICK + 1));
}
END_TEST

START_TEST(goes_on_with_messages_for_the_same_receivers)
{
	turn_add_sends(&turn, &a, TICK, 100 * TURN_TIME_US, 0);
	ck_assert(turn_goes_on(&turn, &a));
	turn_add_sends(&turn, &a, TICK, 0, 2000 * (uint64_t)TURN_SEND_BYTES);
	ck_assert(turn_goes_on(&turn, &a));
	turn_add_sends(&turn, &a, TICK, 1, 0);
	ck_assert(!turn_goes_on(&turn, &a));
	turn_begin(&turn, 0);
	turn_add_sends(&turn, &a, TICK, 1, 0);
	turn_add_sends(&turn, &a, TICK, 1, 0);
	ck_assert(turn_goes_on(&turn, &a));
}
END_TEST

START_TEST(counts_sends_as_time)
{
	turn_add_sends(&turn, &a, TICK, TURN_TIME_US, 0);
	turn_add_sends(&turn, &b, TICK, TURN_EXPENSIVE_US, 0);
	ck_assert(!turn_serves(&turn, &a, TICK));
	ck_assert(!turn_serves(&turn, &b, TICK));
	turn_begin(&turn, 0);
	ck_assert(turn_serves(&turn, &a, TICK));
}
END_TEST

START_TEST(ends_with_a_message_that_is_copied_for_long)
{
	turn_add_sends(&turn, &a, TICK, 1,
	    TURN_TIME_US / 2 * (uint64_t)TURN_SEND_BYTES);
	ck_assert(turn_goes_on(&turn, &a));
	turn_add_sends(&turn, &a, TICK, 0,
	    TURN_TIME_US * (uint64_t)TURN_SEND_BYTES);
	ck_assert(!turn_goes_on(&turn, &a));
}
END_TEST

START_TEST(ignores_what_was_used_long_ago)
{
	turn_add_sends(&turn, &a, TICK, 1000000, 0);
	turn_begin(&turn, 0);
	turn_add_sends(&turn, &b, TICK, 1000000, 0);
	ck_assert(!turn_serves(&turn, &a, TICK + 9));
	ck_assert(turn_serves(&turn, &a, TICK + 10));
	ck_assert(turn_serves(&turn, &a, TICK + 1000));
}
END_TEST

SUITE(turn)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, measures_after_so_many_messages);
	tcase_add_test(tests, measures_after_so_much_work);
	tcase_add_test(tests, ends_a_slice_until_the_next_turn);
	tcase_add_test(tests, ends_with_a_message_that_is_copied_for_long);
	tcase_add_test(tests, serves_only_cheap_connections_once_it_is_used_up);
	tcase_add_test(tests, goes_on_with_messages_for_the_same_receivers);
	tcase_add_test(tests, counts_sends_as_time);
	tcase_add_test(tests, ignores_what_was_used_long_ago);
}
