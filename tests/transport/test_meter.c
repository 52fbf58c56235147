#include "transport/meter.h"

#include <string.h>

#include "tests/suite.h"

#define MS INT64_C(1000000)

static struct meter meter;
static struct server_stats report;

static uint64_t
timed(void)
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
	ck_assert_uint_eq(timed(), 3);
	ck_assert_uint_eq(report.latency.sum_us, 3 * 2000);
	meter.turn_read_ns = 9 * MS;
	meter.commands = 4;
	meter_end_turn(&meter, 10 * MS);
	ck_assert_uint_eq(timed(), 4);
	ck_assert_uint_eq(report.latency.sum_us, 3 * 2000 + 1000);
	ck_assert_uint_eq(report.commands, 4);
}
END_TEST

START_TEST(times_no_turn_without_commands)
{
	memset(&meter, 0, sizeof(meter));
	meter_end_turn(&meter, 7 * MS);
	meter.turn_read_ns = 8 * MS;
	meter_end_turn(&meter, 9 * MS);
	ck_assert_uint_eq(timed(), 0);
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
	tcase_add_test(tests, times_no_turn_without_commands);
	tcase_add_test(tests, reads_the_clock_once_in_a_turn);
	tcase_add_test(tests, notes_how_late_ticks_are);
}
