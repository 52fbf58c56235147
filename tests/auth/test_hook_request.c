#include "auth/hook_request.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "transport/http/forwarded.h"
#include "transport/http/http.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_reader.h"

static const struct {
	const char *names;
	const char *headers; /* of the request */
	const char *written;
} cases[] = {
	{ "Authorization, Cookie", "Authorization: Bearer x\r\nOther: y\r\n",
	    "{\"authorization\":\"Bearer x\"}" },
	{ "cookie authorization",
	    "AUTHORIZATION: a\r\nCookie: b=1\r\nCookie: c=\"2\"\r\n",
	    "{\"cookie\":\"b=1, c=\\\"2\\\"\",\"authorization\":\"a\"}" },
	{ "X-Empty", "X-Empty:\r\n", "{\"x-empty\":\"\"}" },
	{ "X-Latin", "X-Latin: \xe9\xff\r\n", "{\"x-latin\":\"éÿ\"}" },
	{ "X-Utf8", "X-Utf8: é\tx\r\n", "{\"x-utf8\":\"é\\tx\"}" },
	{ "", "Cookie: x\r\n", "{}" },
};

START_TEST(sends_the_chosen_fields_to_the_hook)
{
	struct http_limits limits = { 4096, 64 };
	struct http_client client = { .is_secure = true };
	struct http_request request;
	char text[1024], wanted[1024];
	struct wire_text out;

	wire_text_init(&out);
	snprintf(text, sizeof(text),
	    "GET /ws?token=a%%20b&x=\"1\" HTTP/1.1\r\nHost: h\r\n%s\r\n",
	    cases[_i].headers);
	ck_assert_int_eq(http_parse(text, strlen(text), &limits, &request), 0);
	ck_assert(host_address_parse(STR("2001:db8::1"), &client.address));
	hook_request_write(&out, &request, str_from(cases[_i].names), &client,
	    STR("command"));
	snprintf(wanted, sizeof(wanted),
	    "{\"headers\":%s,\"path\":\"/ws\","
	    "\"query\":\"token=a%%20b&x=\\\"1\\\"\","
	    "\"address\":\"2001:db8::1\",\"secure\":true,"
	    "\"dialect\":\"command\"}",
	    cases[_i].written);
	ck_assert(!out.failed);
	ck_assert_uint_eq(out.len, strlen(wanted));
	ck_assert_mem_eq(out.data, wanted, out.len);
	ck_assert(json_is_value(str_slice(out.data, out.len), 8, NULL));
	wire_text_fini(&out);
}
END_TEST

START_TEST(checks_the_names_of_headers)
{
	ck_assert(hook_headers_are_valid(STR("")));
	ck_assert(hook_headers_are_valid(STR("Authorization, Cookie")));
	ck_assert(!hook_headers_are_valid(STR("Authorization; Cookie")));
	ck_assert(!hook_headers_are_valid(STR("A:")));
	ck_assert(!hook_headers_are_valid(
	    STR("0123456789012345678901234567890123456789012345678901234567890"
		"123456")));
}
END_TEST

SUITE(hook_request)
{
	tcase_add_loop_test(tests, sends_the_chosen_fields_to_the_hook, 0,
	    COUNT_OF(cases));
	tcase_add_test(tests, checks_the_names_of_headers);
}
