#include "transport/http/http.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"

#define HOST "Host: a\r\n"

static const struct http_limits limits = { .request_bytes = 512,
	.request_headers = 4 };

/* Parses in memory that ends with the head. */
static int
request_parse(const char *data, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct http_request request;
	int status;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, len);
	status = http_parse(copy, len, &limits, &request);
	free(copy);
	return status;
}

static const struct {
	int status;
	const char *head;
	size_t len;
} heads[] = {
#define HEAD(literal) literal, sizeof(literal) - 1
	{ 0, HEAD("GET / HTTP/1.1\r\n" HOST "\r\n") },
	{ 0, HEAD("GET / HTTP/1.1\r\nHOST:a\r\n\r\n") },
	{ 0, HEAD("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n") },
	{ 0, HEAD("GET / HTTP/1.1\r\nHost:\r\n\r\n") },
	{ 0, HEAD("GET / HTTP/1.0\r\n\r\n") },
	{ 0, HEAD("GET / HTTP/1.9\r\n" HOST "\r\n") },
	{ 0, HEAD("OPTIONS /?a|b{}\" HTTP/1.1\r\n" HOST "\r\n") },
	{ 0, HEAD("M-1!#$%&'*+.^_`|~ / HTTP/1.1\r\n" HOST "\r\n") },
	{ 0, HEAD("GET / HTTP/1.1\r\n" HOST "A: b\tc d\xe4\r\n\r\n") },
	{ 0, HEAD("GET / HTTP/1.1\r\n" HOST "A:\r\nB: \r\nC:\t\r\n\r\n") },
	{ 0, HEAD("GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n") },
	/* The request line: RFC 9112 §3. */
	{ 400, HEAD("") },
	{ 400, HEAD("\r\n") },
	{ 400, HEAD("GET\r\n\r\n") },
	{ 400, HEAD("GET /\r\n\r\n") },
	{ 400, HEAD(" / HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD(" GET / HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET  / HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET /  HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET / HTTP/1.1 \r\n" HOST "\r\n") },
	{ 400, HEAD("GET\t/ HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("G(T / HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET /a b HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET /a#b HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET /\xe4 HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET /\0 HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET /\x7f HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET ws HTTP/1.1\r\n" HOST "\r\n") },
	/* The absolute form, as proxies get it: §3.2.2. */
	{ 0, HEAD("GET http://a/ HTTP/1.1\r\n" HOST "\r\n") },
	{ 0, HEAD("GET HTTPS://a:80/b?c HTTP/1.1\r\n" HOST "\r\n") },
	{ 0, HEAD("GET http://[::1]:80 HTTP/1.1\r\n" HOST "\r\n") },
	{ 0, HEAD("GET http://a?b HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET http:///b HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET http://u@a/ HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET http:/a/ HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET http://a/ HTTP/1.1\r\n\r\n") },
	/* One empty line in front: §2.2. */
	{ 0, HEAD("\r\nGET / HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("OPTIONS * HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET / http/1.1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET / HTTP/1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET / HTTP/1.10\r\n" HOST "\r\n") },
	{ 400, HEAD("GET / HTTP/1,1\r\n" HOST "\r\n") },
	{ 400, HEAD("GET / HTTP/1.x\r\n" HOST "\r\n") },
	{ 505, HEAD("GET / HTTP/0.9\r\n" HOST "\r\n") },
	{ 505, HEAD("GET / HTTP/2.0\r\n" HOST "\r\n") },
	{ 505, HEAD("PRI * HTTP/2.0\r\n\r\n") },
	/* Header lines: §5. */
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST) },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "\r\nA") },
	{ 400, HEAD("GET / HTTP/1.1\n" HOST "\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\nHost: a\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A: b\rc: d\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A: b\r\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A\t: b\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A b: c\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc: d\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "\xe4: b\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A: b\0\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A: \x1b\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "A: \x7f\r\n\r\n") },
	/* Host: §3.2. */
	{ 400, HEAD("GET / HTTP/1.1\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST HOST "\r\n") },
	{ 400, HEAD("GET / HTTP/1.0\r\n" HOST HOST "\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") },
	/* Bodies: §6. Nothing that could hide a second request. */
	{ 0, HEAD("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n") },
	{ 0, HEAD("POST / HTTP/1.1\r\n" HOST
		  "Content-Length: 18446744073709551609\r\n\r\n") },
	{ 413, HEAD("POST / HTTP/1.1\r\n" HOST
		    "Content-Length: 18446744073709551620\r\n\r\n") },
	{ 413, HEAD("GET / HTTP/1.1\r\n" HOST "Content-Length: "
		    "99999999999999999999999999999999\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "Content-Length: -0\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "Content-Length: 0x0\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "Content-Length: 0, 0\r\n\r\n") },
	{ 400, HEAD("GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
		    "content-length: 0\r\n\r\n") },
	{ 0, HEAD("POST / HTTP/1.1\r\n" HOST
		  "Transfer-Encoding: Chunked\r\n\r\n") },
	{ 400, HEAD("POST / HTTP/1.0\r\n" HOST
		    "Transfer-Encoding: chunked\r\n\r\n") },
	{ 501, HEAD("POST / HTTP/1.1\r\n" HOST
		    "Transfer-Encoding: gzip, chunked\r\n\r\n") },
	{ 501, HEAD("POST / HTTP/1.1\r\n" HOST
		    "Transfer-Encoding: chunked, chunked\r\n\r\n") },
	{ 501, HEAD("POST / HTTP/1.1\r\n" HOST
		    "Transfer-Encoding: xchunked\r\n\r\n") },
	{ 400, HEAD("POST / HTTP/1.1\r\n" HOST
		    "Transfer-Encoding : chunked\r\n\r\n") },
	{ 501, HEAD("POST / HTTP/1.1\r\n" HOST
		    "transfer-encoding: identity\r\n\r\n") },
	{ 400, HEAD("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n") },
	{ 400, HEAD("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n") },
	/* Expectations: RFC 9110 §10.1.1. */
	{ 0, HEAD("PUT / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n") },
	{ 0, HEAD("PUT / HTTP/1.0\r\nExpect: more\r\n\r\n") },
	{ 417, HEAD("PUT / HTTP/1.1\r\n" HOST "Expect: more\r\n\r\n") },
	{ 417, HEAD("PUT / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
		    "Expect: 100-continue\r\n\r\n") },
	/* Limits. */
	{ 0, HEAD("GET / HTTP/1.1\r\n" HOST "A: 1\r\nB: 2\r\nC: 3\r\n\r\n") },
	{ 431, HEAD("GET / HTTP/1.1\r\n" HOST
		    "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n") },
};
START_TEST(judges_a_head)
{
	ck_assert_int_eq(request_parse(heads[_i].head, heads[_i].len),
	    heads[_i].status);
}
END_TEST

/* No part of a good head is a head. */
START_TEST(refuses_a_head_that_is_cut_off)
{
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		for (size_t len = 0; len < heads[i].len; len++)
			if (heads[i].status == 0)
				ck_assert_int_ne(request_parse(heads[i].head,
						     len),
				    0);
}
END_TEST

static void
check_str(struct str got, const char *wanted)
{
	ck_assert_uint_eq(got.len, strlen(wanted));
	ck_assert_mem_eq(got.data, wanted, got.len);
}

START_TEST(finds_the_parts_of_a_request)
{
	struct str head = STR("GET /ws/a?name=b?c&d HTTP/1.1\r\n"
			      "Host: example.org\r\n"
			      "X-Two: \t a  b \t\r\n"
			      "Empty:\r\n\r\n");
	struct http_request request;

	ck_assert_int_eq(http_parse(head.data, head.len, &limits, &request), 0);
	check_str(request.method, "GET");
	check_str(request.target, "/ws/a?name=b?c&d");
	check_str(request.path, "/ws/a");
	check_str(request.query, "name=b?c&d");
	ck_assert_int_eq(request.minor_version, 1);
	ck_assert_uint_eq(request.header_count, 3);
	check_str(request.headers[0].name, "Host");
	check_str(request.headers[0].value, "example.org");
	check_str(request.headers[1].name, "X-Two");
	check_str(request.headers[1].value, "a  b");
	check_str(request.headers[2].value, "");
}
END_TEST

static void
parse_good(const char *head, struct http_request *request)
{
	ck_assert_int_eq(http_parse(head, strlen(head), &limits, request), 0);
}

START_TEST(takes_the_path_out_of_an_absolute_target)
{
	struct http_request request;

	parse_good("GET http://a:80/b/c?d=e HTTP/1.1\r\nHost: z\r\n\r\n",
	    &request);
	check_str(request.path, "/b/c");
	check_str(request.query, "d=e");
	parse_good("GET http://a HTTP/1.1\r\nHost: z\r\n\r\n", &request);
	check_str(request.path, "/");
	ck_assert_ptr_null(request.query.data);
	parse_good("GET http://a?b HTTP/1.1\r\nHost: z\r\n\r\n", &request);
	check_str(request.path, "/");
	check_str(request.query, "b");
}
END_TEST

START_TEST(finds_what_follows_the_head)
{
	struct http_request request;

	parse_good("GET / HTTP/1.1\r\nHost: a\r\n\r\n", &request);
	ck_assert(request.keeps_alive && !request.is_chunked);
	ck_assert_uint_eq(request.body_length, 0);
	parse_good("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0012\r\n"
		   "Connection: x, CLOSE\r\n\r\n",
	    &request);
	ck_assert(!request.keeps_alive && !request.expects_continue);
	ck_assert_uint_eq(request.body_length, 12);
	parse_good("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
		   "chunked\r\nExpect: 100-continue\r\n\r\n",
	    &request);
	ck_assert(request.is_chunked && request.expects_continue);
	parse_good("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	    &request);
	ck_assert(!request.keeps_alive);
}
END_TEST

START_TEST(distinguishes_no_query_from_an_empty_one)
{
	struct str none = STR("GET /a HTTP/1.0\r\n\r\n");
	struct str empty = STR("GET /a? HTTP/1.0\r\n\r\n");
	struct http_request request;

	ck_assert_int_eq(http_parse(none.data, none.len, &limits, &request), 0);
	check_str(request.path, "/a");
	ck_assert_ptr_null(request.query.data);
	ck_assert_int_eq(request.minor_version, 0);
	ck_assert_int_eq(http_parse(empty.data, empty.len, &limits, &request),
	    0);
	check_str(request.path, "/a");
	ck_assert_ptr_nonnull(request.query.data);
	ck_assert_uint_eq(request.query.len, 0);
}
END_TEST

START_TEST(refuses_a_head_that_is_too_long)
{
	char head[600];
	size_t len = (size_t)snprintf(head, sizeof(head),
	    "GET / HTTP/1.1\r\nHost: a\r\nA: %0*d\r\n\r\n", 512 - 32, 1);

	ck_assert_uint_eq(len, 512);
	ck_assert_int_eq(request_parse(head, 512), 0);
	len = (size_t)snprintf(head, sizeof(head),
	    "GET / HTTP/1.1\r\nHost: a\r\nA: %0*d\r\n\r\n", 513 - 32, 1);
	ck_assert_uint_eq(len, 513);
	ck_assert_int_eq(request_parse(head, 513), 431);
}
END_TEST

/* One byte at a time among 17 others, which are looked at 8 at a time. */
START_TEST(judges_each_byte_of_a_name_and_of_a_value)
{
	static const char good[] = "!#$%&'*+-.^_`|~0123456789"
				   "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char name[] = "GET / HTTP/1.0\r\naaaaaaaaaaaaaaaaa: b\r\n\r\n";
	char value[] = "GET / HTTP/1.0\r\na: bbbbbbbbbbbbbbbbb\r\n\r\n";
	char *at_name = strchr(name, 'a') + _i,
	     *at_value = strchr(value, 'b') + _i;

	for (int c = 0; c < 256; c++) {
		bool is_control = (c < ' ' && c != '\t') || c == 0x7f;
		bool is_token = c != 0 && strchr(good, c) != NULL;

		*at_name = *at_value = (char)c;
		/* A colon ends the name. */
		if (c != ':' || _i == 0)
			ck_assert_int_eq(request_parse(name, sizeof(name) - 1),
			    is_token ? 0 : 400);
		ck_assert_int_eq(request_parse(value, sizeof(value) - 1),
		    is_control ? 400 : 0);
	}
}
END_TEST

SUITE(http_parse)
{
	tcase_add_loop_test(tests, judges_each_byte_of_a_name_and_of_a_value, 0,
	    17);
	tcase_add_loop_test(tests, judges_a_head, 0, COUNT_OF(heads));
	tcase_add_test(tests, refuses_a_head_that_is_cut_off);
	tcase_add_test(tests, finds_the_parts_of_a_request);
	tcase_add_test(tests, takes_the_path_out_of_an_absolute_target);
	tcase_add_test(tests, finds_what_follows_the_head);
	tcase_add_test(tests, distinguishes_no_query_from_an_empty_one);
	tcase_add_test(tests, refuses_a_head_that_is_too_long);
}
