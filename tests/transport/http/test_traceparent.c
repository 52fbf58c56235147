#include "transport/http/traceparent.h"

#include <stdio.h>

#include "tests/suite.h"
#include "transport/http/http.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"
#define NONE16 "0000000000000000"

static const struct {
	const char *header; /* lines of it */
	const char *out;    /* "": it is ignored */
} heads[] = {
	{ "traceparent: 00-" TRACE "-" PARENT "-01\r\n",
	    "00-" TRACE "-" PARENT "-01" },
	{ "Traceparent: 00-" TRACE "-" PARENT "-00\r\n",
	    "00-" TRACE "-" PARENT "-00" },
	/* Later versions, also with more fields. */
	{ "traceparent: cc-" TRACE "-" PARENT "-01\r\n",
	    "00-" TRACE "-" PARENT "-01" },
	{ "traceparent: 01-" TRACE "-" PARENT "-01-more\r\n",
	    "00-" TRACE "-" PARENT "-01" },
	{ "", "" },
	{ "traceparent:\r\n", "" },
	{ "traceparent: 00-" TRACE "-" PARENT "-0\r\n", "" },
	{ "traceparent: 00-" TRACE "-" PARENT "-01-more\r\n", "" },
	{ "traceparent: 01-" TRACE "-" PARENT "-01more\r\n", "" },
	{ "traceparent: ff-" TRACE "-" PARENT "-01\r\n", "" },
	{ "traceparent: 00-" NONE16 NONE16 "-" PARENT "-01\r\n", "" },
	{ "traceparent: 00-" TRACE "-" NONE16 "-01\r\n", "" },
	{ "traceparent: 00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01\r\n",
	    "" },
	{ "traceparent: 00-" TRACE "-" PARENT "-0x\r\n", "" },
	{ "traceparent: 00_" TRACE "-" PARENT "-01\r\n", "" },
	{ "traceparent: 00-" TRACE "_" PARENT "-01\r\n", "" },
	{ "traceparent: 00-" TRACE "-" PARENT "_01\r\n", "" },
	{ "traceparent: 00-" TRACE "-" PARENT "-01\r\n"
	  "traceparent: 00-" TRACE "-" PARENT "-01\r\n",
	    "" },
};

START_TEST(reads_a_header_or_ignores_it)
{
	const struct http_limits limits = { 4096, 16 };
	char head[512], out[TRACEPARENT_SIZE];
	struct http_request request;
	int len = snprintf(head, sizeof(head),
	    "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n", heads[_i].header);

	ck_assert_int_eq(http_parse(head, (size_t)len, &limits, &request), 0);
	ck_assert_int_eq(traceparent_read(&request, out),
	    heads[_i].out[0] != '\0');
	ck_assert_str_eq(out, heads[_i].out);
	if (out[0] != '\0')
		ck_assert(str_equal(traceparent_trace(out), STR(TRACE)));
}
END_TEST

/* Every character counts. */
START_TEST(no_character_may_be_another)
{
	static const char good[] = "00-" TRACE "-" PARENT "-01";
	struct http_request request = { .header_count = 1 };
	char text[TRACEPARENT_SIZE], out[TRACEPARENT_SIZE];

	request.headers[0].name = STR("traceparent");
	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		memcpy(text, good, sizeof(good));
		text[at] = 'g';
		request.headers[0].value = str_from(text);
		ck_assert(!traceparent_read(&request, out));
		request.headers[0].value = str_slice(good, at);
		ck_assert(!traceparent_read(&request, out));
	}
}
END_TEST

SUITE(traceparent)
{
	tcase_add_loop_test(tests, reads_a_header_or_ignores_it, 0,
	    COUNT_OF(heads));
	tcase_add_test(tests, no_character_may_be_another);
}
