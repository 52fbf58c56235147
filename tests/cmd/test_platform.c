#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/parleyd/platform.h"
#include "domain/server_stats.h"
#include "tests/suite.h"

START_TEST(time_goes_forward)
{
	struct clock *clock = system_clock();
	int64_t before = clock_monotonic_ms(clock);

	ck_assert_int_ge(clock_monotonic_ms(clock), before);
	/* Later than the day this was written, earlier than 2200. */
	ck_assert_int_gt(clock_wall_ms(clock), 1700000000000);
	ck_assert_int_lt(clock_wall_ms(clock), 7258118400000);
}
END_TEST

static const struct {
	enum id_style style;
	const char *shape; /* x: a hex digit */
} shapes[] = {
	{ ID_HEX8, "xxxxxxxx" },
	{ ID_HEX16, "xxxxxxxxxxxxxxxx" },
	{ ID_UUID, "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx" },
};

START_TEST(an_id_has_the_shape_of_its_style)
{
	const char *shape = shapes[_i].shape;
	char id[ID_SIZE];

	id_source_next(random_ids(), shapes[_i].style, id);
	ck_assert_uint_eq(strlen(id), strlen(shape));
	for (size_t i = 0; shape[i] != '\0'; i++) {
		if (shape[i] == 'x')
			ck_assert(isxdigit((unsigned char)id[i]) &&
				  !isupper((unsigned char)id[i]));
		else
			ck_assert_int_eq(id[i], shape[i]);
	}
	if (shapes[_i].style == ID_UUID)
		ck_assert_ptr_nonnull(strchr("89ab", id[19]));
}
END_TEST

START_TEST(no_two_ids_are_alike)
{
	char ids[64][ID_SIZE];

	for (size_t i = 0; i < 64; i++) {
		id_source_next(random_ids(), ID_HEX16, ids[i]);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(ids[k], ids[i]);
	}
}
END_TEST

/* What stderr_log() writes for a line. */
static size_t
stderr_log_line(enum log_format format, enum log_level level, const char *line,
    char *out, size_t size)
{
	int saved = dup(STDERR_FILENO);
	int ends[2];
	ssize_t got;

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	stderr_log_set_format(format);
	stderr_log(level, line);
	dup2(saved, STDERR_FILENO);
	got = read(ends[0], out, size - 1);
	ck_assert_int_gt(got, 0);
	out[got] = '\0';
	close(saved);
	close(ends[0]);
	close(ends[1]);
	return (size_t)got;
}

START_TEST(a_log_line_has_time_and_level)
{
	char line[2048];

	stderr_log_line(LOG_FORMAT_TEXT, LOG_WARN, "the disk is full", line,
	    sizeof(line));
	ck_assert_int_eq(line[10], 'T');
	ck_assert_str_eq(line + strlen("2026-11-21T09:00:00.123"),
	    "Z warn the disk is full\n");
}
END_TEST

START_TEST(a_log_line_has_the_number_of_its_connection)
{
	char line[2048];

	log_set_connection(12);
	stderr_log_line(LOG_FORMAT_TEXT, LOG_INFO, "opened", line,
	    sizeof(line));
	ck_assert_str_eq(line + strlen("2026-11-21T09:00:00.123"),
	    "Z info opened connection=12\n");
	stderr_log_line(LOG_FORMAT_JSON, LOG_INFO, "opened", line,
	    sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, ",\"connection\":12,"));
	log_set_connection(0);
}
END_TEST

/* Not a terminal: JSON. */
START_TEST(a_log_line_is_json_elsewhere)
{
	char line[2048];

	unsetenv("JOURNAL_STREAM");
	stderr_log_line(LOG_FORMAT_AUTO, LOG_ERROR, "a \"b\" \\c\n", line,
	    sizeof(line));
	ck_assert_int_eq(strncmp(line, "{\"time\":\"20", 11), 0);
	ck_assert_str_eq(line + strlen("{\"time\":\"2026-11-21T09:00:00.123"),
	    "Z\",\"level\":\"error\",\"message\":"
	    "\"a \\\"b\\\" \\\\c\\u000a\"}\n");
}
END_TEST

START_TEST(a_log_line_has_a_priority_in_the_journal)
{
	static const struct {
		enum log_level level;
		const char *line;
	} lines[] = {
		{ LOG_DEBUG, "<7>hi\n" },
		{ LOG_INFO, "<6>hi\n" },
		{ LOG_WARN, "<4>hi\n" },
		{ LOG_ERROR, "<3>hi\n" },
	};
	int saved = dup(STDERR_FILENO), ends[2];
	char stream[64], line[2048];
	struct stat status;
	ssize_t got;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fstat(ends[1], &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
	    (uintmax_t)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	dup2(ends[1], STDERR_FILENO);
	stderr_log_set_format(LOG_FORMAT_AUTO);
	stderr_log(lines[_i].level, "hi");
	dup2(saved, STDERR_FILENO);
	got = read(ends[0], line, sizeof(line) - 1);
	ck_assert_int_gt(got, 0);
	line[got] = '\0';
	ck_assert_str_eq(line, lines[_i].line);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	unsetenv("JOURNAL_STREAM");
}
END_TEST

START_TEST(a_log_line_cannot_be_forged)
{
	static const char forged[] =
	    "name\n2026 error \x1b[31m \x7f \xc2\x9b \xff \xc3\xa4";
	static const char escaped[] = "name\\u000a2026 error \\u001b[31m "
				      "\\u007f \\u009b \\ufffd \xc3\xa4";
	char line[2048];

	stderr_log_line(LOG_FORMAT_TEXT, LOG_INFO, forged, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, escaped));
	stderr_log_line(LOG_FORMAT_JSON, LOG_INFO, forged, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, escaped));
}
END_TEST

START_TEST(a_long_log_line_is_cut)
{
	char text[16384], line[16384];
	size_t len;

	memset(text, '\n', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	len = stderr_log_line(_i == 0 ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON,
	    LOG_DEBUG, text, line, sizeof(line));
	ck_assert_uint_lt(len, 9000);
	ck_assert_str_eq(line + len - (_i == 0 ? 7 : 9),
	    _i == 0 ? "\\u000a\n" : "\\u000a\"}\n");
}
END_TEST

START_TEST(descriptors_are_raised_as_far_as_allowed)
{
	struct rlimit before, after;

	getrlimit(RLIMIT_NOFILE, &before);
	after = before;
	after.rlim_cur = 256;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &after), 0);
	ck_assert_uint_eq(rlimits_raise_files(), before.rlim_max);
	getrlimit(RLIMIT_NOFILE, &after);
	ck_assert_uint_eq(after.rlim_cur, before.rlim_max);
	setrlimit(RLIMIT_NOFILE, &before);
}
END_TEST

START_TEST(connections_leave_descriptors_for_the_rest)
{
	ck_assert_uint_eq(rlimits_fit_connections(100, 1024, 2), 100);
	ck_assert_uint_eq(rlimits_fit_connections(10000, 1024, 6), 954);
	ck_assert_uint_eq(rlimits_fit_connections(0, 1024, 6), 954);
	ck_assert_uint_eq(rlimits_fit_connections(10000, 64, 6), 1);
	ck_assert_uint_eq(rlimits_fit_sockets(1024, 6), 986);
	ck_assert_uint_eq(rlimits_fit_sockets(32, 6), 1);
}
END_TEST

START_TEST(a_process_uses_memory_time_and_files)
{
	struct process_stats before, now;
	int file = dup(STDERR_FILENO);

	resource_usage(&before);
	close(file);
	ck_assert_uint_gt(before.resident_bytes, 100000);
	ck_assert_uint_gt(before.virtual_bytes, before.resident_bytes);
	ck_assert_uint_eq(before.threads, 1);
	ck_assert_uint_lt(before.open_files, before.max_files);
	ck_assert_uint_gt(before.started_ms, 1700000000000);
	ck_assert_uint_le(before.started_ms,
	    (uint64_t)clock_wall_ms(system_clock()) + 1000);
	do
		resource_usage(&now);
	while (now.cpu_us < before.cpu_us + 2000);
	ck_assert_uint_eq(now.open_files, before.open_files - 1);
	ck_assert_uint_eq(now.started_ms, before.started_ms);
}
END_TEST

SUITE(platform)
{
	tcase_add_test(tests, time_goes_forward);
	tcase_add_loop_test(tests, an_id_has_the_shape_of_its_style, 0,
	    COUNT_OF(shapes));
	tcase_add_test(tests, no_two_ids_are_alike);
	tcase_add_test(tests, a_log_line_has_time_and_level);
	tcase_add_test(tests, a_log_line_has_the_number_of_its_connection);
	tcase_add_test(tests, a_log_line_is_json_elsewhere);
	tcase_add_loop_test(tests, a_log_line_has_a_priority_in_the_journal, 0,
	    4);
	tcase_add_test(tests, a_log_line_cannot_be_forged);
	tcase_add_loop_test(tests, a_long_log_line_is_cut, 0, 2);
	tcase_add_test(tests, descriptors_are_raised_as_far_as_allowed);
	tcase_add_test(tests, connections_leave_descriptors_for_the_rest);
	tcase_add_test(tests, a_process_uses_memory_time_and_files);
}
