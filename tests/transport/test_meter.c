#include "transport/meter.h"

#include <string.h>

#include "tests/suite.h"

#define MS INT64_C(1000000)

static struct meter meter;
static struct server_stats report;

static uint64_t
commands_timed(void)
{
	meter_fill_stats(&meter, &report);
	return histogram_count(&report.latency);
}

START_TEST(times_the_commands_of_a_turn_alike)
{
	memset(&meter, 0, sizeof(meter));
	meter.turn_read_ns = 5 * MS;
	meter.commands = 3;
	meter_end_turn(&meter, 7 * MS);
	ck_assert_uint_eq(commands_timed(), 3);
	ck_assert_uint_eq(report.latency.sum_us, 3 * 2000);
	meter.turn_read_ns = 9 * MS;
	meter.commands = 4;
	meter_end_turn(&meter, 10 * MS);
	ck_assert_uint_eq(commands_timed(), 4);
	ck_assert_uint_eq(report.latency.sum_us, 3 * 2000 + 1000);
	ck_assert_uint_eq(report.commands, 4);
}
END_TEST

START_TEST(counts_closes_by_code_and_reason)
{
	char same[] = "slow_consumer";

	memset(&meter, 0, sizeof(meter));
	meter_count_close(&meter, 4102, "slow_consumer");
	meter_count_close(&meter, 1000, "client");
	meter_count_close(&meter, 4102, same);
	meter_count_close(&meter, 4102, "other");
	meter_fill_stats(&meter, &report);
	ck_assert_uint_eq(report.close_count, 3);
	ck_assert_uint_eq(report.closes[0].code, 4102);
	ck_assert_str_eq(report.closes[0].reason, "slow_consumer");
	ck_assert_uint_eq(report.closes[0].count, 2);
	ck_assert_uint_eq(report.closes[1].count, 1);
}
END_TEST

START_TEST(counts_closes_of_too_many_kinds_as_others)
{
	memset(&meter, 0, sizeof(meter));
	for (unsigned i = 0; i < 100; i++)
		meter_count_close(&meter, 3000 + i, "client");
	meter_fill_stats(&meter, &report);
	ck_assert_uint_eq(report.close_count, SERVER_STATS_CLOSES);
	ck_assert_str_eq(report.closes[SERVER_STATS_CLOSES - 1].reason,
	    "other");
	ck_assert_uint_eq(report.closes[SERVER_STATS_CLOSES - 1].count,
	    100 - (SERVER_STATS_CLOSES - 1));
}
END_TEST

START_TEST(counts_refusals_by_limit)
{
	memset(&meter, 0, sizeof(meter));
	meter_count_refusal(&meter, "limits.connections");
	meter_count_refusal(&meter, "limits.request_bytes");
	meter_count_refusal(&meter, "limits.connections");
	meter_fill_stats(&meter, &report);
	ck_assert_uint_eq(report.refusal_count, 2);
	ck_assert_str_eq(report.refusals[0].limit, "limits.connections");
	ck_assert_uint_eq(report.refusals[0].count, 2);
}
END_TEST

START_TEST(times_no_turn_without_commands)
{
	memset(&meter, 0, sizeof(meter));
	meter_end_turn(&meter, 7 * MS);
	meter.turn_read_ns = 8 * MS;
	meter_end_turn(&meter, 9 * MS);
	ck_assert_uint_eq(commands_timed(), 0);
	ck_assert_int_eq(meter.turn_read_ns, 0);
}
END_TEST

START_TEST(reads_the_clock_once_in_a_turn)
{
	memset(&meter, 0, sizeof(meter));
	meter_read(&meter);
	ck_assert_int_ne(meter.turn_read_ns, 0);
	meter.turn_read_ns = 42;
	meter_read(&meter);
	ck_assert_int_eq(meter.turn_read_ns, 42);
}
END_TEST

START_TEST(notes_how_late_ticks_are)
{
	memset(&meter, 0, sizeof(meter));
	meter_tick(&meter, 1000 * MS, 100 * MS); /* nothing to compare with */
	meter_tick(&meter, 1103 * MS, 100 * MS);
	meter_tick(&meter, 1200 * MS, 100 * MS); /* catches up: not late */
	meter_fill_stats(&meter, &report);
	ck_assert_uint_eq(histogram_count(&report.lag), 2);
	ck_assert_uint_eq(report.lag.sum_us, 3000);
}
END_TEST

SUITE(meter)
{
	tcase_add_test(tests, times_the_commands_of_a_turn_alike);
	tcase_add_test(tests, counts_closes_by_code_and_reason);
	tcase_add_test(tests, counts_closes_of_too_many_kinds_as_others);
	tcase_add_test(tests, counts_refusals_by_limit);
	tcase_add_test(tests, times_no_turn_without_commands);
	tcase_add_test(tests, reads_the_clock_once_in_a_turn);
	tcase_add_test(tests, notes_how_late_ticks_are);
}
