#include "auth/request_token.h"

#include <stdio.h>

#include "tests/suite.h"
#include "transport/http/http.h"

static const struct {
	const char *head; /* the target and the headers */
	const char *cookie;
	const char *token; /* NULL: none */
} cases[] = {
	{ "/ws HTTP/1.1\r\n", "session", NULL },
	{ "/ws HTTP/1.1\r\nAuthorization: Bearer abc\r\n", NULL, "abc" },
	{ "/ws HTTP/1.1\r\nAuthorization: bearer abc\r\n", NULL, "abc" },
	{ "/ws HTTP/1.1\r\nAuthorization: Basic abc\r\n", NULL, NULL },
	{ "/ws HTTP/1.1\r\nAuthorization: Bearer\r\n", NULL, NULL },
	{ "/ws HTTP/1.1\r\nSec-WebSocket-Protocol: x, bearer.abc\r\n", NULL,
	    "abc" },
	{ "/ws?token=a%2Ec HTTP/1.1\r\n", NULL, "a.c" },
	{ "/ws?token= HTTP/1.1\r\n", NULL, NULL },
	{ "/ws?token=b HTTP/1.1\r\nAuthorization: Bearer a\r\n", NULL, "a" },
	{ "/ws HTTP/1.1\r\nCookie: session=abc\r\n", "session", "abc" },
	{ "/ws HTTP/1.1\r\nCookie: a=1; session=a=b; c=2\r\n", "session",
	    "a=b" },
	{ "/ws HTTP/1.1\r\nCookie: a=1\r\nCookie: session=abc\r\n", "session",
	    "abc" },
	{ "/ws HTTP/1.1\r\nCookie: session=abc\r\n", NULL, NULL },
	{ "/ws HTTP/1.1\r\nCookie: session=\r\n", "session", NULL },
	{ "/ws HTTP/1.1\r\nCookie: ;; session ; xsession=1\r\n", "session",
	    NULL },
	{ "/ws?token=b HTTP/1.1\r\nCookie: session=a\r\n", "session", "b" },
};

START_TEST(finds_the_token_of_a_request)
{
	static const struct http_limits limits = { 8192, 64 };
	char head[512], scratch[REQUEST_TOKEN_SIZE];
	struct http_request request;
	struct str token;
	int len = snprintf(head, sizeof(head), "GET %sHost: x\r\n\r\n",
	    cases[_i].head);

	ck_assert_int_eq(http_parse(head, (size_t)len, &limits, &request), 0);
	token = request_token_find(&request, cases[_i].cookie, scratch);
	if (cases[_i].token == NULL) {
		ck_assert_ptr_null(token.data);
		return;
	}
	ck_assert_ptr_nonnull(token.data);
	ck_assert(str_equal(token, str_from(cases[_i].token)));
}
END_TEST

SUITE(request_token)
{
	tcase_add_loop_test(tests, finds_the_token_of_a_request, 0,
	    COUNT_OF(cases));
}
