#include "transport/api/http_range.h"

#include <stdlib.h>

#include "tests/suite.h"

static const struct {
	const char *header;
	enum range_end end;
	uint64_t from;
	uint64_t to;
} ranges[] = {
	{ "bytes=0-9", RANGE_PART, 0, 9 },
	{ "bytes=0-0", RANGE_PART, 0, 0 },
	{ "bytes=90-", RANGE_PART, 90, 99 },
	{ "bytes=90-1000", RANGE_PART, 90, 99 },
	{ "bytes=-10", RANGE_PART, 90, 99 },
	{ "bytes=-1000", RANGE_PART, 0, 99 },
	{ "bytes= 5-6 ", RANGE_PART, 5, 6 },
	{ "bytes=100-", RANGE_REFUSED, 0, 0 },
	{ "bytes=100-200", RANGE_REFUSED, 0, 0 },
	{ "bytes=-0", RANGE_REFUSED, 0, 0 },
	{ "bytes=9-1", RANGE_ALL, 0, 0 },
	{ "bytes=0-1,5-6", RANGE_ALL, 0, 0 },
	{ "bytes=", RANGE_ALL, 0, 0 },
	{ "bytes=-", RANGE_ALL, 0, 0 },
	{ "bytes=a-b", RANGE_ALL, 0, 0 },
	{ "bytes=1", RANGE_ALL, 0, 0 },
	{ "bytes=1-2x", RANGE_ALL, 0, 0 },
	{ "bytes=99999999999999999999999-", RANGE_ALL, 0, 0 },
	{ "lines=0-9", RANGE_ALL, 0, 0 },
	{ "", RANGE_ALL, 0, 0 },
};

START_TEST(reads_a_range_of_a_hundred_bytes)
{
	uint64_t from = 0, to = 0;

	ck_assert_int_eq(http_range_read(str_from(ranges[_i].header), 100,
			     &from, &to),
	    ranges[_i].end);
	if (ranges[_i].end != RANGE_PART)
		return;
	ck_assert_uint_eq(from, ranges[_i].from);
	ck_assert_uint_eq(to, ranges[_i].to);
}
END_TEST

START_TEST(an_empty_file_has_no_range)
{
	uint64_t from, to;

	ck_assert_int_eq(http_range_read(STR("bytes=0-"), 0, &from, &to),
	    RANGE_REFUSED);
	ck_assert_int_eq(http_range_read(STR("bytes=-5"), 0, &from, &to),
	    RANGE_REFUSED);
	ck_assert_int_eq(http_range_read(STR_ABSENT, 0, &from, &to), RANGE_ALL);
}
END_TEST

/* No byte behind the header is looked at. */
START_TEST(reads_no_further_than_the_header)
{
	for (size_t i = 0; i < COUNT_OF(ranges); i++)
		for (size_t len = 0; len <= strlen(ranges[i].header); len++) {
			char *copy = malloc(len + 1);
			uint64_t from, to;

			memcpy(copy, ranges[i].header, len);
			http_range_read(str_slice(copy, len), 100, &from, &to);
			free(copy);
		}
}
END_TEST

SUITE(http_range)
{
	tcase_add_loop_test(tests, reads_a_range_of_a_hundred_bytes, 0,
	    COUNT_OF(ranges));
	tcase_add_test(tests, an_empty_file_has_no_range);
	tcase_add_test(tests, reads_no_further_than_the_header);
}
