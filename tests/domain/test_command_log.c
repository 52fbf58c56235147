#include "domain/command_log.h"

#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static struct command_record
record_at(int64_t at_ms, const char *error)
{
	struct command_record record = { .at_ms = at_ms };

	snprintf(record.error, sizeof(record.error), "%s", error);
	return record;
}

START_TEST(keeps_the_newest)
{
	struct command_log log = { .count = 0 };
	struct command_record record;

	ck_assert_uint_eq(command_log_kept(&log), 0);
	for (int64_t i = 1; i <= COMMAND_LOG_RECORDS + 3; i++) {
		record = record_at(i, i % 2 == 0 ? "x" : "");
		command_log_add(&log, &record);
		ck_assert_int_eq(command_log_newest(&log, 0)->at_ms, i);
	}
	ck_assert_uint_eq(command_log_kept(&log), COMMAND_LOG_RECORDS);
	ck_assert_int_eq(command_log_newest(&log, COMMAND_LOG_RECORDS - 1)
			     ->at_ms,
	    4);
	ck_assert_uint_eq(command_log_newest(&log, 1)->number,
	    COMMAND_LOG_RECORDS + 2);
	ck_assert_uint_eq(log.today, COMMAND_LOG_RECORDS + 3);
	ck_assert_uint_eq(log.errors_today, (COMMAND_LOG_RECORDS + 3) / 2);
	command_log_fini(&log);
}
END_TEST

START_TEST(counts_each_day_anew)
{
	struct command_log log = { .count = 0 };
	struct command_record record = record_at(1, "x");

	command_log_add(&log, &record);
	record = record_at(86400000, "");
	command_log_add(&log, &record);
	ck_assert_uint_eq(log.today, 1);
	ck_assert_uint_eq(log.errors_today, 0);
	command_log_fini(&log);
}
END_TEST

START_TEST(without_memory_it_counts_only)
{
	struct command_log log = { .count = 0 };
	struct command_record record = record_at(1, "");

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	command_log_add(&log, &record);
	malloc_fail_at(0);
	ck_assert_uint_eq(command_log_kept(&log), 0);
	ck_assert_uint_eq(log.today, 1);
	command_log_fini(&log);
}
END_TEST

SUITE(command_log)
{
	tcase_add_test(tests, keeps_the_newest);
	tcase_add_test(tests, counts_each_day_anew);
	tcase_add_test(tests, without_memory_it_counts_only);
}
