#include "transport/http/http.h"

#include <stdlib.h>

#include "tests/suite.h"

#define REQUEST "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n" /* 9 bytes */

static const struct http_limits limits = { .request_bytes = 64,
	.request_headers = 3 };

/* A head, and the byte that settles it: 0 if none does. */
static const struct {
	const char *data;
	size_t len;
	size_t settled;
	int status; /* 0: it is whole */
} heads[] = {
#define HEAD(literal) literal, sizeof(literal) - 1
	{ HEAD(REQUEST "\r\n"), 18, 0 },
	{ HEAD(REQUEST HOST "\r\n"), 27, 0 },
	{ HEAD(REQUEST HOST "\r\n\x81\x85\x00\n\n"), 27, 0 },
	{ HEAD(REQUEST "A: \t\xff\r\n\r\n"), 25, 0 },
	{ HEAD(REQUEST HOST HOST HOST "\r\n"), 45, 0 },
	{ HEAD(REQUEST "A: 34567890123456789012345678901234567890123\r\n\r\n"),
	    64, 0 },
	{ HEAD(REQUEST "A: 345678901234567890123456789012345678901234\r\n\r\n"),
	    64, 431 },
	{ HEAD(""), 0, 0 },
	{ HEAD(REQUEST), 0, 0 },
	{ HEAD(REQUEST HOST "\r"), 0, 0 },
	{ HEAD(REQUEST HOST HOST HOST HOST "\r\n"), 52, 431 },
	{ HEAD("GET /345678901234567890123456789012345678901234567890123456789"
	       "012345678"),
	    64, 414 },
	/* One empty line in front is skipped: §2.2. */
	{ HEAD("\r\n" REQUEST HOST "\r\n"), 29, 0 },
	{ HEAD("\r\n"), 0, 0 },
	{ HEAD("\r\n\r\n"), 3, 400 },
	{ HEAD("\r\n GET"), 3, 400 },
	{ HEAD("\n"), 1, 400 },
	{ HEAD("GET / HTTP/1.1\n\n"), 15, 400 },
	{ HEAD(REQUEST "Host: a\n\r\n"), 24, 400 },
	{ HEAD(REQUEST HOST "\n"), 26, 400 },
	{ HEAD("GET /\rHTTP"), 7, 400 },
	{ HEAD("GET /\r\r\n"), 7, 400 },
	{ HEAD(REQUEST "\rA"), 18, 400 },
	{ HEAD("GET /\0 "), 6, 400 },
	{ HEAD(REQUEST "A: \x01\r\n"), 20, 400 },
	{ HEAD(REQUEST "A: \x7f\r\n"), 20, 400 },
	{ HEAD(REQUEST HOST " folded"), 26, 400 },
	{ HEAD(REQUEST HOST "\tfolded"), 26, 400 },
	{ HEAD(" GET"), 1, 400 },
	/* A TLS handshake. */
	{ HEAD("\x16\x03\x01\x02"), 1, 400 },
};
/* Looks at the first `len` bytes, in memory that ends there. */
static void
scan_and_check(int head, struct http_scanner *scanner, size_t len)
{
	bool is_settled = heads[head].settled > 0 && len >= heads[head].settled;
	char *data = malloc(len > 0 ? len : 1);
	size_t head_len = 0;
	int status = 0;

	ck_assert_ptr_nonnull(data);
	memcpy(data, heads[head].data, len);
	switch (http_scan(scanner, &limits, data, len, &head_len, &status)) {
	case HTTP_SCAN_MORE:
		ck_assert(!is_settled);
		break;
	case HTTP_SCAN_DONE:
		ck_assert(is_settled);
		ck_assert_int_eq(heads[head].status, 0);
		ck_assert_uint_eq(head_len, heads[head].settled);
		break;
	case HTTP_SCAN_BAD:
		ck_assert(is_settled);
		ck_assert_int_eq(status, heads[head].status);
		break;
	}
	free(data);
}

START_TEST(settles_a_head_at_its_byte_and_not_before)
{
	struct http_scanner scanner = { .scanned = 0 };
	size_t last = heads[_i].settled > 0 ? heads[_i].settled : heads[_i].len;

	for (size_t len = 0; len <= last; len++)
		scan_and_check(_i, &scanner, len);
	/* The same in two pieces. */
	for (size_t len = 0; len < last; len++) {
		scanner = (struct http_scanner){ .scanned = 0 };
		scan_and_check(_i, &scanner, len);
		scan_and_check(_i, &scanner, heads[_i].len);
	}
}
END_TEST

/* What it has seen may change behind its back: it does not look again. */
START_TEST(looks_at_no_byte_twice)
{
	struct http_scanner scanner = { .scanned = 0 };
	char data[] = REQUEST HOST "\r\n";
	size_t head_len, len = sizeof(data) - 1;
	int status;

	ck_assert_int_eq(http_scan(&scanner, &limits, data, 20, &head_len,
			     &status),
	    HTTP_SCAN_MORE);
	memset(data, 0, 19);
	ck_assert_int_eq(http_scan(&scanner, &limits, data, len, &head_len,
			     &status),
	    HTTP_SCAN_DONE);
	ck_assert_uint_eq(head_len, len);
}
END_TEST

SUITE(http_scan)
{
	tcase_add_loop_test(tests, settles_a_head_at_its_byte_and_not_before, 0,
	    COUNT_OF(heads));
	tcase_add_test(tests, looks_at_no_byte_twice);
}
