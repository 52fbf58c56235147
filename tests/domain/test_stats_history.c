#include "domain/stats_history.h"

#include "domain/server_stats.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static struct stats_history history;

static void
sample_add(int64_t number)
{
	struct server_stats stats = {
		.uptime_ms = number * STATS_HISTORY_EVERY_MS,
		.messages = (uint64_t)number,
	};

	histogram_add(&stats.latency, 15, (uint64_t)number);
	stats_history_add(&history, &stats);
}

static void
teardown(void)
{
	stats_history_fini(&history);
}

START_TEST(keeps_the_last_hour)
{
	const struct stats_sample *sample;

	for (int64_t i = 1; i <= 300; i++)
		sample_add(i);
	ck_assert_uint_eq(history.count, STATS_HISTORY_SAMPLES);
	for (size_t n = 0; n < history.count; n++)
		ck_assert_uint_eq(stats_history_sample(&history, n)->messages,
		    300 - STATS_HISTORY_SAMPLES + 1 + n);
	sample = stats_history_sample(&history, history.count - 1);
	ck_assert_uint_eq(histogram_count(&sample->latency), 300);
}
END_TEST

START_TEST(a_sample_is_due_every_half_minute)
{
	ck_assert(stats_history_is_due(&history, 0));
	sample_add(1);
	ck_assert(!stats_history_is_due(&history, 59999));
	ck_assert(stats_history_is_due(&history, 60000));
}
END_TEST

START_TEST(without_memory_there_is_none)
{
	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	sample_add(1);
	malloc_fail_at(0);
	ck_assert_uint_eq(history.count, 0);
	sample_add(2);
	ck_assert_uint_eq(history.count, 1);
}
END_TEST

SUITE(stats_history)
{
	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, keeps_the_last_hour);
	tcase_add_test(tests, a_sample_is_due_every_half_minute);
	tcase_add_test(tests, without_memory_there_is_none);
}
