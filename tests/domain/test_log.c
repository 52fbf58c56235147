#include "domain/log.h"

#include <stdio.h>
#include <string.h>

#include "domain/clock.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static int64_t now_ms = 5000;
static char logged[4096];
static int line_count;

static int64_t
get_now_ms(struct clock *clock)
{
	(void)clock;
	return now_ms;
}

static const struct clock_ops clock_ops = { get_now_ms, get_now_ms };
static struct clock test_clock = { &clock_ops };

static void
log_collect(enum log_level level, const char *line)
{
	size_t used = strlen(logged);

	line_count++;
	snprintf(logged + used, sizeof(logged) - used, "%d %s\n", (int)level,
	    line);
}

static void
setup(void)
{
	now_ms += LOG_LIMIT_MS;
	logged[0] = '\0';
	line_count = 0;
	log_set_sink(log_collect, LOG_INFO);
	log_set_clock(&test_clock);
}

static void
teardown(void)
{
	now_ms += LOG_LIMIT_MS;
	log_tick();
	log_set_clock(NULL);
	log_set_sink(NULL, LOG_INFO);
}

#define LOGGED(expected)                            \
	do {                                        \
		ck_assert_str_eq(logged, expected); \
		logged[0] = '\0';                   \
	} while (0)

static void
log_times(int n)
{
	for (int i = 1; i <= n; i++)
		log_limited(LOG_WARN, "no memory for %d", i);
}

START_TEST(suppresses_and_counts_what_exceeds_the_limit)
{
	log_times(17168);
	ck_assert_int_eq(line_count, LOG_LIMIT_LINES);
	logged[0] = '\0';
	now_ms += LOG_LIMIT_MS - 1;
	log_tick();
	LOGGED("");
	now_ms += 1;
	log_tick();
	LOGGED("2 suppressed 17158 lines like: no memory for 11\n");
	log_tick();
	LOGGED("");
}
END_TEST

START_TEST(logs_again_once_the_time_is_over)
{
	log_times(9);
	now_ms += LOG_LIMIT_MS;
	line_count = 0;
	log_times(LOG_LIMIT_LINES);
	ck_assert_int_eq(line_count, LOG_LIMIT_LINES);
	log_times(2);
	ck_assert_int_eq(line_count, LOG_LIMIT_LINES);
	now_ms += LOG_LIMIT_MS;
	log_tick();
	logged[0] = '\0';
	log_times(1);
	LOGGED("2 no memory for 1\n");
}
END_TEST

START_TEST(limits_each_call_site_alone)
{
	log_times(100);
	logged[0] = '\0';
	log_limited(LOG_INFO, "something else");
	LOGGED("1 something else\n");
	now_ms += LOG_LIMIT_MS;
	log_tick();
	LOGGED("2 suppressed 90 lines like: no memory for 11\n");
}
END_TEST

START_TEST(reports_every_call_site)
{
	struct log_limit limits[3];

	memset(limits, 0, sizeof(limits));
	for (int i = 0; i < 3 * 11; i++)
		log_line_limited(&limits[i % 3], LOG_INFO, "site %d", i % 3);
	logged[0] = '\0';
	now_ms += LOG_LIMIT_MS;
	log_tick();
	LOGGED("1 suppressed 1 lines like: site 2\n"
	       "1 suppressed 1 lines like: site 1\n"
	       "1 suppressed 1 lines like: site 0\n");
}
END_TEST

START_TEST(drops_levels_below_the_least)
{
	for (int i = 0; i < 100; i++)
		log_limited(LOG_DEBUG, "detail");
	now_ms += LOG_LIMIT_MS;
	log_tick();
	LOGGED("");
}
END_TEST

START_TEST(suppresses_nothing_without_a_clock)
{
	log_set_clock(NULL);
	log_times(100);
	ck_assert_int_eq(line_count, 100);
	log_set_clock(&test_clock);
}
END_TEST

START_TEST(counts_lines_by_level)
{
	uint64_t before[LOG_LEVELS], now[LOG_LEVELS];

	log_get_counts(before);
	log_debug("not logged");
	log_warn("one");
	log_times(LOG_LIMIT_LINES + 5); /* suppressed ones, too */
	log_get_counts(now);
	ck_assert_uint_eq(now[LOG_DEBUG], before[LOG_DEBUG]);
	ck_assert_uint_eq(now[LOG_WARN] + now[LOG_INFO],
	    before[LOG_WARN] + before[LOG_INFO] + 1 + LOG_LIMIT_LINES + 5);
	ck_assert_str_eq(log_level_word(LOG_WARN), "warn");
}
END_TEST

START_TEST(a_connection_may_have_a_trace)
{
	ck_assert_ptr_null(log_trace_of(log_connection()));
	log_set_trace(7, STR("4bf92f3577b34da6a3ce929d0e0e4736"));
	log_set_trace(8, STR("a"));
	ck_assert_ptr_null(log_trace_of(log_connection()));
	ck_assert_uint_eq(log_set_connection(7), 0);
	ck_assert_str_eq(log_trace_of(log_connection()),
	    "4bf92f3577b34da6a3ce929d0e0e4736");
	log_set_trace(7, STR("b"));
	ck_assert_str_eq(log_trace_of(log_connection()), "b");
	log_set_connection(9);
	ck_assert_ptr_null(log_trace_of(log_connection()));
	log_set_connection(7);
	log_set_trace(7, STR(""));
	log_set_trace(7, STR(""));
	ck_assert_ptr_null(log_trace_of(log_connection()));
	log_set_connection(0);
	log_set_trace(8, STR(""));
}
END_TEST

START_TEST(without_memory_there_is_no_trace)
{
	if (!malloc_can_fail())
		return;
	for (unsigned nth = 1; nth <= 2; nth++) {
		malloc_fail_at(nth);
		log_set_trace(7, STR("a"));
		malloc_fail_at(0);
		log_set_connection(7);
		ck_assert_ptr_null(log_trace_of(log_connection()));
		log_set_connection(0);
		log_set_trace(7, STR(""));
	}
}
END_TEST

SUITE(log)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, suppresses_and_counts_what_exceeds_the_limit);
	tcase_add_test(tests, logs_again_once_the_time_is_over);
	tcase_add_test(tests, limits_each_call_site_alone);
	tcase_add_test(tests, reports_every_call_site);
	tcase_add_test(tests, drops_levels_below_the_least);
	tcase_add_test(tests, suppresses_nothing_without_a_clock);
	tcase_add_test(tests, counts_lines_by_level);
	tcase_add_test(tests, a_connection_may_have_a_trace);
	tcase_add_test(tests, without_memory_there_is_no_trace);
}
