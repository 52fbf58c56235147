#include "wire/common/timestamps.h"

#include "tests/suite.h"

static const struct {
	int64_t at_ms;
	const char *seconds, *exactly, *date;
} moments[] = {
	{ 0, "0", "0.000", "\"1970-01-01T00:00:00.000000\"" },
	{ 7, "0", "0.007", "\"1970-01-01T00:00:00.007000\"" },
	{ 1795241301123, "1795241301", "1795241301.123",
	    "\"2026-11-21T06:08:21.123000\"" },
	{ 951782400000, "951782400", "951782400.000",
	    "\"2000-02-29T00:00:00.000000\"" },
	{ 951868799999, "951868799", "951868799.999",
	    "\"2000-02-29T23:59:59.999000\"" },
	{ 951868800000, "951868800", "951868800.000",
	    "\"2000-03-01T00:00:00.000000\"" },
	{ 1735689599000, "1735689599", "1735689599.000",
	    "\"2024-12-31T23:59:59.000000\"" },
	{ 1735689600000, "1735689600", "1735689600.000",
	    "\"2025-01-01T00:00:00.000000\"" },
	{ 4107542400000, "4107542400", "4107542400.000",
	    "\"2100-03-01T00:00:00.000000\"" },
	{ 253402300799999, "253402300799", "253402300799.999",
	    "\"9999-12-31T23:59:59.999000\"" },
	{ 253402300800000, "253402300800", "253402300800.000",
	    "\"9999-12-31T23:59:59.999000\"" },
};

typedef void put_moment(struct wire_text *, struct str head, int64_t at_ms);

static void
check_is(put_moment *put, int64_t at_ms, const char *text)
{
	struct wire_text out;

	wire_text_init(&out);
	put(&out, STR(":"), at_ms);
	ck_assert(str_equal(str_slice(out.data, 1), STR(":")));
	ck_assert_uint_eq(out.len - 1, strlen(text));
	ck_assert_mem_eq(out.data + 1, text, strlen(text));
	wire_text_fini(&out);
}

START_TEST(writes_timestamps_in_three_formats)
{
	check_is(timestamp_put_seconds, moments[_i].at_ms, moments[_i].seconds);
	check_is(timestamp_put_fractional, moments[_i].at_ms,
	    moments[_i].exactly);
	check_is(timestamp_put_iso8601, moments[_i].at_ms, moments[_i].date);
}
END_TEST

static const struct {
	int64_t at_ms;
	const char *text;
} utc[] = {
	{ 0, "\"1970-01-01T00:00:00Z\"" },
	{ 7, "\"1970-01-01T00:00:00.007Z\"" },
	{ 1795241301120, "\"2026-11-21T06:08:21.12Z\"" },
	{ 1795241301100, "\"2026-11-21T06:08:21.1Z\"" },
	{ 1795241310000, "\"2026-11-21T06:08:30Z\"" },
	{ INT64_MAX, "\"9999-12-31T23:59:59.999Z\"" },
	{ INT64_MIN, "\"1970-01-01T00:00:00Z\"" },
};

START_TEST(drops_zeros_of_a_second)
{
	check_is(timestamp_put_utc, utc[_i].at_ms, utc[_i].text);
}
END_TEST

static const struct {
	const char *text;
	int64_t at_ms; /* -1: it is no date */
} dates[] = {
	{ "1970-01-01", 0 },
	{ "2026-11-21", 1795219200000 },
	{ "2026-11-21T06:08:21", 1795241301000 },
	{ "2026-11-21T06:08:21.123Z", 1795241301000 },
	{ "2000-02-29T23:59:59Z", 951868799000 },
	{ "2000-03-01", 951868800000 },
	{ "", -1 },
	{ "2026", -1 },
	{ "2026-11-2", -1 },
	{ "2026-13-01", -1 },
	{ "2026-00-01", -1 },
	{ "2026-01-00", -1 },
	{ "1969-12-31", -1 },
	{ "2026-11-21 06:08:21", -1 },
	{ "2026-11-21T06:08", -1 },
	{ "x026-11-21", -1 },
};

START_TEST(reads_dates)
{
	int64_t at_ms = -1;

	ck_assert_int_eq(timestamp_read(str_from(dates[_i].text), &at_ms),
	    dates[_i].at_ms >= 0);
	ck_assert_int_eq(at_ms, dates[_i].at_ms);
}
END_TEST

SUITE(timestamps)
{
	tcase_add_loop_test(tests, writes_timestamps_in_three_formats, 0,
	    COUNT_OF(moments));
	tcase_add_loop_test(tests, reads_dates, 0, COUNT_OF(dates));
	tcase_add_loop_test(tests, drops_zeros_of_a_second, 0, COUNT_OF(utc));
}
