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

START_TEST(an_answer_without_content_needs_no_length)
{
	struct http_answer answer;

	ck_assert_int_eq(answer_read("HTTP/1.1 204 No Content\r\n\r\n",
			     &answer),
	    HTTP_ANSWER_HEAD);
	ck_assert_uint_eq(answer.status, 204);
	ck_assert_uint_eq(answer.length, 0);
}
END_TEST

START_TEST(headers_are_found_by_their_whole_names)
{
	struct str head =
	    STR("HTTP/1.1 200 OK\r\nX-ETag: a\r\netag:\t \"b\" \r\n"
		"Empty:\r\nUpload-Offset: 77\r\n\r\n");
	uint64_t number;

	ck_assert(str_equal(http_answer_header(head, "ETag"), STR("\"b\"")));
	ck_assert(str_equal(http_answer_header(head, "Empty"), STR("")));
	ck_assert_ptr_null(http_answer_header(head, "Tag").data);
	ck_assert_ptr_null(http_answer_header(head, "Upload").data);
	ck_assert(http_answer_number(http_answer_header(head, "Upload-Offset"),
	    &number));
	ck_assert_uint_eq(number, 77);
	ck_assert(!http_answer_number(STR(""), &number));
	ck_assert(!http_answer_number(STR_ABSENT, &number));
	ck_assert(!http_answer_number(STR("7 7"), &number));
	ck_assert(!http_answer_number(STR("99999999999999999999"), &number));
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
	"HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n",
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
	tcase_add_test(tests, an_answer_without_content_needs_no_length);
	tcase_add_test(tests, headers_are_found_by_their_whole_names);
	tcase_add_test(tests, a_head_that_never_ends_is_refused);
}
