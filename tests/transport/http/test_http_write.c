#include "transport/http/http.h"

#include "tests/suite.h"

static const struct {
	struct http_response response;
	const char *text;
} responses[] = {
	{ { .status = 200,
	      .content_type = "text/plain; charset=utf-8",
	      .body = { "ok", 2 } },
	    "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: 2\r\n\r\nok" },
	{ { .status = 200,
	      .content_type = "text/plain",
	      .body = { "ok", 2 },
	      .head_only = true },
	    "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain\r\n"
	    "Content-Length: 2\r\n\r\n" },
	{ { .status = 431, .close = true },
	    "HTTP/1.1 431 Request Header Fields Too Large\r\n"
	    "Content-Length: 0\r\n"
	    "Connection: close\r\n\r\n" },
	{ { .status = 426,
	      .headers = "Sec-WebSocket-Version: 13\r\n"
			 "Upgrade: websocket\r\n",
	      .close = true },
	    "HTTP/1.1 426 Upgrade Required\r\n"
	    "Content-Length: 0\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: close\r\n\r\n" },
	{ { .status = 204, .body = { "lost", 4 } },
	    "HTTP/1.1 204 No Content\r\n\r\n" },
};
START_TEST(writes_a_response)
{
	const struct http_response *response = &responses[_i].response;
	const char *text = responses[_i].text;
	struct str body = http_response_body(response);
	char out[512];
	size_t len = http_response_head(response, out, sizeof(out));

	ck_assert_uint_eq(len + body.len, strlen(text));
	ck_assert_mem_eq(out, text, len);
	ck_assert(str_equal(body, str_from(text + len)));
}
END_TEST

START_TEST(returns_0_if_a_response_does_not_fit)
{
	const struct http_response *response = &responses[_i].response;
	size_t whole =
	    strlen(responses[_i].text) - http_response_body(response).len;

	for (size_t size = 1; size <= whole; size++) {
		char out[512];

		out[size] = 'X';
		ck_assert_uint_eq(http_response_head(response, out, size), 0);
		ck_assert_int_eq(out[size], 'X');
	}
}
END_TEST

START_TEST(knows_the_reasons_of_all_it_sends)
{
	static const int sent[] = { 101, 200, 204, 304, 400, 401, 403, 404, 405,
		408, 413, 414, 426, 429, 431, 500, 501, 503, 505 };

	for (size_t i = 0; i < COUNT_OF(sent); i++)
		ck_assert_str_ne(http_reason(sent[i]), "");
	ck_assert_str_eq(http_reason(404), "Not Found");
	ck_assert_str_eq(http_reason(299), "");
}
END_TEST

SUITE(http_write)
{
	tcase_add_loop_test(tests, writes_a_response, 0, COUNT_OF(responses));
	tcase_add_loop_test(tests, returns_0_if_a_response_does_not_fit, 0,
	    COUNT_OF(responses));
	tcase_add_test(tests, knows_the_reasons_of_all_it_sends);
}
