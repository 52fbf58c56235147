#include "transport/ws/ws_handshake.h"

#include "tests/suite.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ==" /* RFC 6455 §1.3 */

#define GET "GET /chat HTTP/1.1\r\n"
#define HOST "Host: server.example.com\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define WITH_KEY "Sec-WebSocket-Key: " KEY "\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define END "\r\n"

static const struct http_limits limits = { .request_bytes = 1024,
	.request_headers = 16 };

static const struct {
	int status;
	const char *head;
} requests[] = {
	{ 101, GET HOST UPGRADE CONNECTION WITH_KEY VERSION END },
	/* §1.2, all of it. */
	{ 101, GET HOST UPGRADE CONNECTION WITH_KEY
	    "Origin: http://example.com\r\n"
	    "Sec-WebSocket-Protocol: chat, superchat\r\n" VERSION END },
	/* Firefox, and letters of any case. */
	{ 101, GET HOST UPGRADE
	    "Connection: keep-alive, Upgrade\r\n" WITH_KEY VERSION END },
	{ 101, GET HOST
	    "upgrade: h2c, WebSocket\r\nCONNECTION: uPGRADE\r\n" WITH_KEY
		VERSION END },
	{ 101, GET HOST UPGRADE
	    "Connection: a\r\n" CONNECTION WITH_KEY VERSION END },
	{ 405, "POST /chat HTTP/1.1\r\n" HOST UPGRADE CONNECTION WITH_KEY
		   VERSION END },
	{ 405, "get /chat HTTP/1.1\r\n" HOST UPGRADE CONNECTION WITH_KEY VERSION
		   END },
	{ 400, "GET /chat HTTP/1.0\r\n" HOST UPGRADE CONNECTION WITH_KEY VERSION
		   END },
	{ 400, GET HOST CONNECTION WITH_KEY VERSION END },
	{ 400, GET HOST "Upgrade: h2c\r\n" CONNECTION WITH_KEY VERSION END },
	{ 400, GET HOST UPGRADE WITH_KEY VERSION END },
	{ 400, GET HOST UPGRADE "Connection: close\r\n" WITH_KEY VERSION END },
	{ 400, GET HOST UPGRADE CONNECTION VERSION END },
	{ 400, GET HOST UPGRADE CONNECTION WITH_KEY WITH_KEY VERSION END },
	{ 400,
	    GET HOST UPGRADE CONNECTION VERSION "Sec-WebSocket-Key:\r\n" END },
	{ 400, GET HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n" END },
	{ 400, GET HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n" END },
	{ 400, GET HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n" END },
	{ 400, GET HOST UPGRADE CONNECTION VERSION
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==dGhl\r\n" END },
	{ 400, GET HOST UPGRADE CONNECTION WITH_KEY END },
	{ 400, GET HOST UPGRADE CONNECTION WITH_KEY VERSION VERSION END },
	{ 426, GET HOST UPGRADE CONNECTION WITH_KEY
	    "Sec-WebSocket-Version: 8\r\n" END },
	{ 426, GET HOST UPGRADE CONNECTION WITH_KEY
	    "Sec-WebSocket-Version: 013\r\n" END },
	{ 426, GET HOST UPGRADE CONNECTION WITH_KEY
	    "Sec-WebSocket-Version: 13, 8\r\n" END },
};
static void
handshake_parse(const char *head, struct http_request *out)
{
	ck_assert_int_eq(http_parse(head, strlen(head), &limits, out), 0);
}

START_TEST(validates_handshakes)
{
	struct http_request request;
	const char *why = NULL;
	struct str key;

	handshake_parse(requests[_i].head, &request);
	ck_assert_int_eq(ws_handshake_check(&request, &key, &why),
	    requests[_i].status);
	if (requests[_i].status == 101)
		ck_assert(str_equal(key, STR(KEY)));
	else
		ck_assert_str_ne(why, "");
}
END_TEST

START_TEST(refuses_a_request_without_host)
{
	struct http_request request;
	const char *why;
	struct str key;

	handshake_parse(requests[0].head, &request);
	request.headers[0].name = STR("Other");
	ck_assert_int_eq(ws_handshake_check(&request, &key, &why), 400);
}
END_TEST

START_TEST(recognizes_upgrade_requests)
{
	struct http_request request;

	handshake_parse(GET HOST UPGRADE END, &request);
	ck_assert(ws_handshake_is_wanted(&request));
	handshake_parse(GET HOST "Upgrade: h2c\r\n" END, &request);
	ck_assert(!ws_handshake_is_wanted(&request));
	handshake_parse(GET HOST END, &request);
	ck_assert(!ws_handshake_is_wanted(&request));
}
END_TEST

START_TEST(accepts_the_key_of_the_rfc)
{
	char accept[WS_ACCEPT_SIZE];

	ws_handshake_accept(STR(KEY), accept);
	ck_assert_str_eq(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
END_TEST

START_TEST(finds_an_offered_subprotocol)
{
	struct http_request request;

	handshake_parse(GET HOST "Sec-WebSocket-Protocol: chat, parley.v1\r\n"
				 "sec-websocket-protocol: other\r\n" END,
	    &request);
	ck_assert(ws_handshake_offers(&request, "chat"));
	ck_assert(ws_handshake_offers(&request, "parley.v1"));
	ck_assert(ws_handshake_offers(&request, "other"));
	ck_assert(!ws_handshake_offers(&request, "Chat"));
	ck_assert(!ws_handshake_offers(&request, "parley"));
	handshake_parse(GET HOST "Other: chat\r\n" END, &request);
	ck_assert(!ws_handshake_offers(&request, "chat"));
}
END_TEST

#define ANSWER                                 \
	"HTTP/1.1 101 Switching Protocols\r\n" \
	"Upgrade: websocket\r\n"               \
	"Connection: Upgrade\r\n"              \
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static const struct {
	const char *subprotocol, *extensions, *traceparent, *text;
} answers[] = {
	{ NULL, NULL, NULL, ANSWER END },
	{ "chat", NULL, NULL, ANSWER "Sec-WebSocket-Protocol: chat\r\n" END },
	{ NULL, "a; b", NULL, ANSWER "Sec-WebSocket-Extensions: a; b\r\n" END },
	{ NULL, NULL, "00-1-2-3", ANSWER "traceparent: 00-1-2-3\r\n" END },
	{ "chat", "a", NULL,
	    ANSWER "Sec-WebSocket-Protocol: chat\r\n"
		   "Sec-WebSocket-Extensions: a\r\n" END },
};
START_TEST(answers_with_101)
{
	size_t whole = strlen(answers[_i].text);
	char out[512];

	for (size_t size = 0; size <= whole; size++)
		ck_assert_uint_eq(ws_handshake_response(STR(KEY),
				      answers[_i].subprotocol,
				      answers[_i].extensions,
				      answers[_i].traceparent, out, size),
		    0);
	ck_assert_uint_eq(ws_handshake_response(STR(KEY),
			      answers[_i].subprotocol, answers[_i].extensions,
			      answers[_i].traceparent, out, whole + 1),
	    whole);
	ck_assert_str_eq(out, answers[_i].text);
}
END_TEST

SUITE(ws_handshake)
{
	tcase_add_test(tests, accepts_the_key_of_the_rfc);
	tcase_add_loop_test(tests, validates_handshakes, 0, COUNT_OF(requests));
	tcase_add_test(tests, refuses_a_request_without_host);
	tcase_add_test(tests, recognizes_upgrade_requests);
	tcase_add_test(tests, finds_an_offered_subprotocol);
	tcase_add_loop_test(tests, answers_with_101, 0, COUNT_OF(answers));
}
