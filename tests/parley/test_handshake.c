#include "cmd/parley/handshake.h"

#include "tests/suite.h"

/* RFC 6455 §1.3 */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define STATUS "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"

START_TEST(encodes_the_key)
{
	char key[HANDSHAKE_KEY_SIZE];

	handshake_key((const uint8_t *)"the sample nonce", key);
	ck_assert_str_eq(key, KEY);
}
END_TEST

static const struct {
	const char *url;
	const char *host;
} hosts[] = {
	{ "ws://chat.example/ws?a=b", "Host: chat.example\r\n" },
	{ "ws://chat.example:8080/ws?a=b", "Host: chat.example:8080\r\n" },
	{ "wss://chat.example/ws?a=b", "Host: chat.example\r\n" },
	{ "wss://chat.example:80/ws?a=b", "Host: chat.example:80\r\n" },
	{ "ws://[::1]:8080/ws?a=b", "Host: [::1]:8080\r\n" },
};

START_TEST(writes_the_request_for_a_url)
{
	char request[HANDSHAKE_REQUEST_SIZE];
	struct url url;
	size_t len;

	ck_assert(url_parse(&url, str_from(hosts[_i].url)));
	len = handshake_request(&url, KEY, NULL, request);
	ck_assert_uint_eq(len, strlen(request));
	ck_assert(strncmp(request, "GET /ws?a=b HTTP/1.1\r\n", 22) == 0);
	ck_assert(strstr(request, hosts[_i].host) != NULL);
	ck_assert(strstr(request, "Sec-WebSocket-Key: " KEY "\r\n") != NULL);
	ck_assert_str_eq(request + len - 4, "\r\n\r\n");
}
END_TEST

START_TEST(sends_a_token)
{
	char request[HANDSHAKE_REQUEST_SIZE], token[HANDSHAKE_TOKEN_SIZE + 1];
	struct url url;
	size_t len;

	ck_assert(url_parse(&url, STR("ws://h/ws")));
	len = handshake_request(&url, KEY, "abc.def", request);
	ck_assert_uint_eq(len, strlen(request));
	ck_assert_str_eq(request + len - 35,
	    "\r\nAuthorization: Bearer abc.def\r\n\r\n");
	memset(token, 'x', sizeof(token));
	token[HANDSHAKE_TOKEN_SIZE] = '\0';
	ck_assert(!handshake_token_is_valid(token));
	token[HANDSHAKE_TOKEN_SIZE - 1] = '\0';
	ck_assert(handshake_token_is_valid(token));
	len = handshake_request(&url, KEY, token, request);
	ck_assert_uint_eq(len, strlen(request));
	ck_assert(len < sizeof(request));
	ck_assert(!handshake_token_is_valid(""));
	ck_assert(!handshake_token_is_valid("a b"));
	ck_assert(!handshake_token_is_valid("a\r\nb"));
	ck_assert(!handshake_token_is_valid("\xc3\xa9"));
}
END_TEST

static const struct {
	const char *response;
	enum handshake_result result;
	unsigned status;
} responses[] = {
	{ STATUS UPGRADE ACCEPT "\r\n", HANDSHAKE_DONE, 101 },
	{ STATUS "upgrade:WebSocket\r\nCONNECTION: \tupgrade \r\n" ACCEPT
		 "Server: x\r\n\r\n",
	    HANDSHAKE_DONE, 101 },
	{ "HTTP/1.1 101\r\n" UPGRADE ACCEPT "\r\n", HANDSHAKE_DONE, 101 },
	{ "HTTP/1.1 404 Not Found\r\n\r\n", HANDSHAKE_REFUSED, 404 },
	{ "HTTP/1.1 503 \r\nRetry-After: 1\r\n\r\n", HANDSHAKE_REFUSED, 503 },
	/* A header is missing, duplicate or wrong. */
	{ STATUS UPGRADE "\r\n", HANDSHAKE_BAD, 101 },
	{ STATUS ACCEPT "Upgrade: websocket\r\n\r\n", HANDSHAKE_BAD, 101 },
	{ STATUS ACCEPT "Connection: Upgrade\r\n\r\n", HANDSHAKE_BAD, 101 },
	{ STATUS UPGRADE ACCEPT ACCEPT "\r\n", HANDSHAKE_BAD, 101 },
	{ STATUS UPGRADE "Sec-WebSocket-Accept: "
			 "s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n\r\n",
	    HANDSHAKE_BAD, 101 },
	{ STATUS UPGRADE ACCEPT
	    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
	    HANDSHAKE_BAD, 101 },
	{ STATUS UPGRADE ACCEPT "Sec-WebSocket-Protocol: x\r\n\r\n",
	    HANDSHAKE_BAD, 101 },
	/* Not HTTP. */
	{ "SSH-2.0-OpenSSH_9.2\r\n\r\n", HANDSHAKE_BAD, 0 },
	{ "HTTP/1.1 1x1 A\r\n\r\n", HANDSHAKE_BAD, 0 },
	{ "HTTP/1.1 1010\r\n\r\n", HANDSHAKE_BAD, 0 },
	{ "\r\n\r\n", HANDSHAKE_BAD, 0 },
};

START_TEST(checks_every_header)
{
	struct str response = str_from(responses[_i].response);
	size_t used = 0;
	unsigned status;

	ck_assert_int_eq(handshake_read(response, KEY, &used, &status),
	    responses[_i].result);
	ck_assert_uint_eq(status, responses[_i].status);
	ck_assert_uint_eq(used, response.len);
}
END_TEST

START_TEST(needs_the_complete_head_and_no_more)
{
	static const char bytes[] = STATUS UPGRADE ACCEPT "\r\n\x81\x02hi";
	size_t head = sizeof(bytes) - 5, used;
	unsigned status;

	for (size_t len = 0; len < head; len++)
		ck_assert_int_eq(handshake_read(str_slice(bytes, len), KEY,
				     &used, &status),
		    HANDSHAKE_SHORT);
	ck_assert_int_eq(handshake_read(str_slice(bytes, head + 4), KEY, &used,
			     &status),
	    HANDSHAKE_DONE);
	ck_assert_uint_eq(used, head);
}
END_TEST

START_TEST(limits_the_length_of_a_response)
{
	static char bytes[HANDSHAKE_RESPONSE_MAX];
	size_t used;
	unsigned status;

	memset(bytes, 'a', sizeof(bytes));
	ck_assert_int_eq(handshake_read(str_slice(bytes, sizeof(bytes)), KEY,
			     &used, &status),
	    HANDSHAKE_BAD);
}
END_TEST

SUITE(handshake)
{
	tcase_add_test(tests, encodes_the_key);
	tcase_add_loop_test(tests, writes_the_request_for_a_url, 0,
	    COUNT_OF(hosts));
	tcase_add_test(tests, sends_a_token);
	tcase_add_loop_test(tests, checks_every_header, 0, COUNT_OF(responses));
	tcase_add_test(tests, needs_the_complete_head_and_no_more);
	tcase_add_test(tests, limits_the_length_of_a_response);
}
