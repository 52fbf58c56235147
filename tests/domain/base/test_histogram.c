#include "domain/base/histogram.h"

#include "tests/suite.h"

static const struct {
	uint64_t us;
	int place;
} places[] = {
	{ 0, 0 },
	{ 10, 0 },
	{ 11, 1 },
	{ 20, 1 },
	{ 1000, 6 },
	{ 1001, 7 },
	{ 10000000, HISTOGRAM_BOUNDS - 1 },
	{ 10000001, HISTOGRAM_BOUNDS },
	{ UINT32_MAX, HISTOGRAM_BOUNDS },
};

START_TEST(counts_durations_by_bounds)
{
	struct histogram histogram = { 0 };

	histogram_add(&histogram, places[_i].us, 3);
	ck_assert_uint_eq(histogram.counts[places[_i].place], 3);
	ck_assert_uint_eq(histogram_count(&histogram), 3);
	ck_assert_uint_eq(histogram.sum_us, 3 * places[_i].us);
}
END_TEST

START_TEST(bounds_ascend)
{
	for (int i = 1; i < HISTOGRAM_BOUNDS; i++)
		ck_assert_uint_gt(histogram_bounds[i], histogram_bounds[i - 1]);
}
END_TEST

START_TEST(adds_another_one)
{
	struct histogram sum = { 0 }, part = { 0 };

	histogram_add(&sum, 15, 1);
	histogram_add(&part, 15, 2);
	histogram_add(&part, UINT64_C(1) << 40, 1);
	histogram_add_all(&sum, &part);
	ck_assert_uint_eq(sum.counts[1], 3);
	ck_assert_uint_eq(sum.counts[HISTOGRAM_BOUNDS], 1);
	ck_assert_uint_eq(sum.sum_us, 3 * 15 + (UINT64_C(1) << 40));
}
END_TEST

SUITE(histogram)
{
	tcase_add_loop_test(tests, counts_durations_by_bounds, 0,
	    COUNT_OF(places));
	tcase_add_test(tests, bounds_ascend);
	tcase_add_test(tests, adds_another_one);
}
