#include "cmd/parley/http_answer.h"

#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

#define HEAD "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length:  12\r\n\r\n"

static enum http_answer_result
answer_read(const char *text, struct http_answer *out)
{
	return http_answer_read(str_from(text), out);
}

/* Each beginning is copied, so that a byte too much is noticed. */
START_TEST(a_head_is_read_when_it_is_whole)
{
	struct http_answer answer;

	for (size_t len = 0; len < sizeof(HEAD) - 1; len++) {
		char *part = malloc(len + 1);

		ck_assert_ptr_nonnull(part);
		memcpy(part, HEAD, len);
		ck_assert_int_eq(http_answer_read(str_slice(part, len),
				     &answer),
		    HTTP_ANSWER_SHORT);
		free(part);
	}
	ck_assert_int_eq(answer_read(HEAD "body", &answer), HTTP_ANSWER_HEAD);
	ck_assert_uint_eq(answer.status, 200);
	ck_assert_uint_eq(answer.length, 12);
	ck_assert_uint_eq(answer.head_len, sizeof(HEAD) - 1);
}
END_TEST

static const char *const bad[] = {
	"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n",
	"SSH-2.0",
	"HTTP/1.1 20 OK\r\nContent-Length: 1\r\n\r\n",
	"HTTP/1.1 2000\r\nContent-Length: 1\r\n\r\n",
	"HTTP/1.1 OK\r\nContent-Length: 1\r\n\r\n",
	"HTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
	"HTTP/1.1 200 OK\r\nX-Content-Length: 1\r\n\r\n",
};

START_TEST(what_is_no_answer_is_refused)
{
	struct http_answer answer;

	ck_assert_int_eq(answer_read(bad[_i], &answer), HTTP_ANSWER_BAD);
}
END_TEST

START_TEST(a_head_that_never_ends_is_refused)
{
	static char text[HTTP_ANSWER_HEAD_MAX + 2];
	struct http_answer answer;

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "HTTP/1.1 200 ", 13);
	ck_assert_int_eq(answer_read(text, &answer), HTTP_ANSWER_BAD);
}
END_TEST

SUITE(http_answer)
{
	tcase_add_test(tests, a_head_is_read_when_it_is_whole);
	tcase_add_loop_test(tests, what_is_no_answer_is_refused, 0,
	    COUNT_OF(bad));
	tcase_add_test(tests, a_head_that_never_ends_is_refused);
}
