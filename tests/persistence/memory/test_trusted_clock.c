#include "persistence/memory/trusted_clock.h"

#include "tests/suite.h"

#define NOON INT64_C(1700000000000)
#define MINUTE INT64_C(60000)
#define TRUST (10 * MINUTE)

static struct trusted_clock clock_;

static void
setup(void)
{
	trusted_clock_init(&clock_, NOON, 5000);
}

/* So long after noon by the one clock, and by the other. */
static int64_t
now_at(int64_t wall_ms, int64_t monotonic_ms)
{
	return trusted_clock_now(&clock_, NOON + wall_ms, 5000 + monotonic_ms,
		   TRUST) -
	       NOON;
}

START_TEST(follows_the_wall_clock)
{
	ck_assert_int_eq(now_at(0, 0), 0);
	ck_assert_int_eq(now_at(MINUTE, MINUTE), MINUTE);
	/* Set right, a little at a time. */
	ck_assert_int_eq(now_at(3 * MINUTE, 2 * MINUTE), 3 * MINUTE);
	ck_assert_int_eq(now_at(3 * MINUTE, 3 * MINUTE), 3 * MINUTE);
	ck_assert_int_eq(now_at(1000 * MINUTE, 1000 * MINUTE), 1000 * MINUTE);
}
END_TEST

/* Forwards and backwards. */
START_TEST(doubts_a_jump_until_it_has_held)
{
	const int64_t jump = _i == 0 ? 1000 * MINUTE : -1000 * MINUTE;

	now_at(0, 0);
	ck_assert_int_eq(now_at(jump, 0), 0);
	ck_assert_int_eq(now_at(jump + MINUTE, MINUTE), MINUTE);
	ck_assert_int_eq(now_at(jump + TRUST - 1, TRUST - 1), TRUST - 1);
	ck_assert_int_eq(now_at(jump + TRUST, TRUST), jump + TRUST);
	ck_assert_int_eq(now_at(jump + TRUST + 5, TRUST + 5), jump + TRUST + 5);
}
END_TEST

START_TEST(never_notices_a_jump_that_is_taken_back)
{
	now_at(0, 0);
	ck_assert_int_eq(now_at(1000 * MINUTE, 1), 1);
	ck_assert_int_eq(now_at(MINUTE, MINUTE), MINUTE);
	/* The next one has to hold as long. */
	ck_assert_int_eq(now_at(1000 * MINUTE, TRUST), TRUST);
	ck_assert_int_eq(now_at(1000 * MINUTE, 2 * TRUST), 1000 * MINUTE);
}
END_TEST

SUITE(trusted_clock)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, follows_the_wall_clock);
	tcase_add_loop_test(tests, doubts_a_jump_until_it_has_held, 0, 2);
	tcase_add_test(tests, never_notices_a_jump_that_is_taken_back);
}
