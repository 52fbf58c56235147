#include "cmd/parley/backoff.h"

#include "tests/suite.h"

START_TEST(doubles_up_to_a_bound)
{
	struct backoff least = { 0 }, most = { 0 };
	uint32_t span = BACKOFF_FIRST_MS;

	for (int i = 0; i < 40; i++) {
		ck_assert_uint_eq(backoff_next_ms(&least, 0), span / 2);
		ck_assert_uint_eq(backoff_next_ms(&most, span / 2), span);
		span = span * 2 < BACKOFF_MOST_MS ? span * 2 : BACKOFF_MOST_MS;
	}
}
END_TEST

START_TEST(adds_jitter_within_half_of_the_span)
{
	for (uint32_t chance = 0; chance < UINT32_MAX - 99999;
	     chance += 99991) {
		struct backoff backoff = { .failures = chance % 5 };
		uint32_t span = (uint32_t)BACKOFF_FIRST_MS << chance % 5;
		uint32_t ms = backoff_next_ms(&backoff, chance);

		ck_assert(ms >= span / 2 && ms <= span);
	}
}
END_TEST

SUITE(backoff)
{
	tcase_add_test(tests, doubles_up_to_a_bound);
	tcase_add_test(tests, adds_jitter_within_half_of_the_span);
}
