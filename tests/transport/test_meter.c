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

START_TEST(times_commands_by_kind)
{
	const struct histogram *kinds = report.kinds;

	memset(&meter, 0, sizeof(meter));
	for (int turn = 0; turn < 2; turn++) {
		meter.turn_read_ns = 5 * MS;
		meter.commands += 4;
		meter_count_command(&meter, COMMAND_PING);
		meter_count_command(&meter, COMMAND_BROADCAST);
		meter_count_command(&meter, COMMAND_BROADCAST);
		meter_end_turn(&meter, 7 * MS);
	}
	ck_assert_uint_eq(commands_timed(), 8);
	ck_assert_uint_eq(histogram_count(&kinds[COMMAND_PING]), 2);
	ck_assert_uint_eq(histogram_count(&kinds[COMMAND_BROADCAST]), 4);
	ck_assert_uint_eq(kinds[COMMAND_BROADCAST].sum_us, 4 * 2000);
	ck_assert_uint_eq(histogram_count(&kinds[COMMAND_DM]), 0);
	/* What was not valid. */
	ck_assert_uint_eq(histogram_count(&kinds[COMMAND_KINDS]), 2);
	ck_assert_uint_eq(report.latency.sum_us, 8 * 2000);
}
END_TEST

START_TEST(times_the_sending_of_a_turn)
{
	memset(&meter, 0, sizeof(meter));
	ck_assert(!meter_is_timing(&meter));
	meter_begin_fanout(&meter);
	ck_assert(meter_is_timing(&meter));
	meter.turn_fanout_ns = 5 * MS;
	meter_end_turn(&meter, 8 * MS);
	ck_assert(!meter_is_timing(&meter));
	ck_assert_uint_eq(commands_timed(), 0);
	ck_assert_uint_eq(histogram_count(&report.fanout), 1);
	ck_assert_uint_eq(report.fanout.sum_us, 3000);
}
END_TEST

static uint32_t logged_connection;

static void
connection_note(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
	logged_connection = log_connection();
}

START_TEST(logs_a_close_of_another_connection)
{
	memset(&meter, 0, sizeof(meter));
	log_set_sink(connection_note, LOG_INFO);
	log_set_connection(3);
	meter_count_close(&meter, 7, 4102, "slow_consumer");
	ck_assert_uint_eq(logged_connection, 7);
	ck_assert_uint_eq(log_set_connection(0), 3);
	log_set_sink(NULL, LOG_INFO);
}
END_TEST

START_TEST(counts_closes_refusals_and_answers)
{
	memset(&meter, 0, sizeof(meter));
	meter_count_close(&meter, 7, 4102, "slow_consumer");
	meter_count_close(&meter, 7, 1000, "client");
	meter_count_close(&meter, 7, 4102, "slow_consumer");
	meter_count_refusal(&meter, "limits.connections");
	meter_count_handshake(&meter, 101);
	meter_count_response(&meter, 404);
	meter_fill_stats(&meter, &report);
	ck_assert_uint_eq(report.closes.count, 2);
	ck_assert_uint_eq(report.closes.items[0].code, 4102);
	ck_assert_uint_eq(report.closes.items[0].count, 2);
	ck_assert_uint_eq(report.refusals.count, 1);
	ck_assert_str_eq(report.refusals.items[0].reason, "limits.connections");
	ck_assert_uint_eq(report.handshakes.items[0].code, 101);
	ck_assert_uint_eq(report.responses.items[0].code, 404);
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
	tcase_add_test(tests, times_commands_by_kind);
	tcase_add_test(tests, times_the_sending_of_a_turn);
	tcase_add_test(tests, logs_a_close_of_another_connection);
	tcase_add_test(tests, counts_closes_refusals_and_answers);
	tcase_add_test(tests, times_no_turn_without_commands);
	tcase_add_test(tests, reads_the_clock_once_in_a_turn);
	tcase_add_test(tests, notes_how_late_ticks_are);
}
