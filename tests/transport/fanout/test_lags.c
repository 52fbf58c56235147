#include "transport/fanout/lags.h"

#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define LAGS 100

static void
lag_check_new(const struct lags *lags, uint32_t number)
{
	const struct lag *lag = lags_find(lags, number);

	ck_assert_ptr_nonnull(lag);
	ck_assert_uint_eq(lag->position, 0);
	ck_assert_uint_eq(lag->next, 0);
	ck_assert_uint_eq(lag->waiting, 0);
	ck_assert(!lag->missed_presence && !lag->is_lost);
}

START_TEST(each_lag_keeps_its_number_until_it_ends)
{
	struct lags lags = { .items = NULL };
	uint32_t numbers[LAGS];

	ck_assert_ptr_null(lags_find(&lags, 0));
	for (uint32_t round = 1; round <= 3; round++) {
		for (uint32_t i = 0; i < LAGS; i++) {
			numbers[i] = lags_begin(&lags);
			ck_assert_uint_gt(numbers[i], 0);
			lag_check_new(&lags, numbers[i]);
			lags_find(&lags, numbers[i])->position = i;
			lags_find(&lags, numbers[i])->waiting = round;
			lags_find(&lags, numbers[i])->is_lost = true;
		}
		for (uint32_t i = 0; i < LAGS; i++)
			ck_assert_uint_eq(lags_find(&lags, numbers[i])
					      ->position,
			    i);
		for (uint32_t i = 0; i < LAGS; i++)
			lags_end(&lags, numbers[(i * 7) % LAGS]);
		ck_assert_uint_eq(lags.begun, LAGS);
	}
	lags_tidy(&lags);
	ck_assert_ptr_null(lags.items);
}
END_TEST

START_TEST(memory_is_released_when_none_is_used)
{
	struct lags lags = { .items = NULL };
	uint32_t first = lags_begin(&lags);
	uint32_t second = lags_begin(&lags);

	lags_end(&lags, first);
	lags_tidy(&lags);
	lag_check_new(&lags, second);
	lags_end(&lags, second);
	lags_tidy(&lags);
	ck_assert_ptr_null(lags.items);
	first = lags_begin(&lags);
	lag_check_new(&lags, first);
	lags_end(&lags, first);
	lags_tidy(&lags);
}
END_TEST

START_TEST(without_memory_none_begins)
{
	struct lags lags = { .items = NULL };

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert_uint_eq(lags_begin(&lags), 0);
	malloc_fail_at(0);
	ck_assert_uint_eq(lags.used, 0);
	lags_tidy(&lags);
}
END_TEST

SUITE(lags)
{
	tcase_add_test(tests, each_lag_keeps_its_number_until_it_ends);
	tcase_add_test(tests, memory_is_released_when_none_is_used);
	tcase_add_test(tests, without_memory_none_begins);
}
