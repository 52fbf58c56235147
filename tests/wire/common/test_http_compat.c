/* Answers to plain HTTP on listeners of each dialect. */
#include <stdlib.h>

#include "tests/suite.h"
#include "wire/common/http_compat.h"

#define UPGRADE                                         \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Version: 13\r\n"
#define ORIGIN "Access-Control-Allow-Origin: *\r\n"
#define NOT_FOUND "{\"detail\":\"Not Found\"}"
#define NOT_ALLOWED "{\"detail\":\"Method Not Allowed\"}"
#define FIGURES                                                        \
	",\"timestamp\":905.036,\"connections\":{\"total_clients\":3," \
	"\"total_topics\":2,\"max_topics\":1000,"                      \
	"\"max_connections_per_topic\":100},\"messages\":"             \
	"{\"total_messages\":17,\"expiration_seconds\":30,"            \
	"\"rate_limit_per_minute\":60}}"

static const struct {
	const char *dialect, *method, *path;
	bool is_upgrade, has_origin;
	int status;
	const char *content_type, *headers, *body;
} cases[] = {
	{ "action", "GET", "/", false, false, 426, "text/plain; charset=utf-8",
	    UPGRADE,
	    "This is a WebSocket endpoint; use a WebSocket client.\n" },
	{ "action", "POST", "/x", false, true, 426, "text/plain; charset=utf-8",
	    UPGRADE,
	    "This is a WebSocket endpoint; use a WebSocket client.\n" },
	{ "topic", "GET", "/health", false, false, 200, "application/json", "",
	    "{\"status\":\"healthy\"" FIGURES },
	{ "topic", "GET", "/stats", false, true, 200, "application/json",
	    ORIGIN, "{\"server\":\"Secure WebSocket Chat Server\"" FIGURES },
	{ "topic", "POST", "/health", false, false, 405, "application/json",
	    "Allow: GET\r\n", NOT_ALLOWED },
	{ "topic", "HEAD", "/stats", false, true, 405, "application/json",
	    "Allow: GET\r\n" ORIGIN, NOT_ALLOWED },
	{ "topic", "GET", "/ws", false, false, 404, "application/json", "",
	    NOT_FOUND },
	{ "topic", "GET", "/", false, true, 404, "application/json", ORIGIN,
	    NOT_FOUND },
	{ "topic", "GET", "/old", false, false, 404, "application/json", "",
	    NOT_FOUND },
	{ "topic", "HEAD", "/old", false, false, 404, "application/json", "",
	    NOT_FOUND },
	{ "topic", "POST", "/old", false, false, 405, "application/json",
	    "Allow: GET\r\n", NOT_ALLOWED },
	{ "topic", "GET", "/static/js/app.js", false, false, 404,
	    "application/json", "", NOT_FOUND },
	{ "topic", "GET", "/static", false, false, 404, "application/json", "",
	    NOT_FOUND },
	{ "topic", "OPTIONS", "/health", false, true, 200,
	    "text/plain; charset=utf-8",
	    ORIGIN "Access-Control-Allow-Methods: GET\r\n"
		   "Access-Control-Allow-Headers: *\r\n"
		   "Access-Control-Max-Age: 600\r\n",
	    "OK" },
	{ "topic", "OPTIONS", "/health", false, false, 405, "application/json",
	    "Allow: GET\r\n", NOT_ALLOWED },
	{ "topic", "DELETE", "/healthy", false, false, 404, "application/json",
	    "", NOT_FOUND },
	{ "topic", "GET", "/chat", true, true, 403, "text/plain; charset=utf-8",
	    "", "" },
	{ "topic", "GET", "/health", true, false, 403,
	    "text/plain; charset=utf-8", "", "" },
};

static void
get_stats(struct chat_stats *out, void *arg)
{
	*out = (struct chat_stats){
		.guests = 3, .guest_rooms = 2, .guest_messages = 17
	};
	++*(int *)arg;
}

START_TEST(answers_as_the_original)
{
	const struct dialect *dialect =
	    dialect_find(str_from(cases[_i].dialect));
	int calls = 0;
	const struct http_compat_request request = {
		.method = str_from(cases[_i].method),
		.path = str_from(cases[_i].path),
		.is_upgrade = cases[_i].is_upgrade,
		.has_origin = cases[_i].has_origin,
		.monotonic_ms = 905036,
		.get_stats = get_stats,
		.arg = &calls,
	};
	struct wire_text body;
	struct http_compat_response response = { .body = &body };

	wire_text_init(&body);
	ck_assert(dialect->http_compat(&request, &response));
	ck_assert_int_eq(response.status, cases[_i].status);
	ck_assert_str_eq(response.content_type, cases[_i].content_type);
	ck_assert_str_eq(response.headers, cases[_i].headers);
	ck_assert(str_equal(str_slice(body.data, body.len),
	    str_from(cases[_i].body)));
	/* Counting takes time: only where the answer needs it. */
	ck_assert_int_eq(calls,
	    cases[_i].status == 200 && strcmp(cases[_i].method, "GET") == 0);
	wire_text_fini(&body);
}
END_TEST

static const struct {
	const char *path;
	struct str asset;
} pages[] = {
	{ "/old", STR("/") },
	{ "/static/js/app.js", STR("/js/app.js") },
	{ "/static/", STR("/") },
	{ "/static", STR_ABSENT },
	{ "/statics/a", STR_ABSENT },
	{ "/", STR_ABSENT },
	{ "/health", STR_ABSENT },
};

START_TEST(names_the_file_for_the_pages_of_the_original)
{
	const struct http_compat_request request = {
		.method = STR("GET"),
		.path = str_from(pages[_i].path),
	};
	struct wire_text body;
	struct http_compat_response response = { .body = &body };

	wire_text_init(&body);
	ck_assert(dialect_find(STR("topic"))->http_compat(&request, &response));
	ck_assert(str_equal(response.asset, pages[_i].asset));
	ck_assert_int_eq(response.asset.data == NULL,
	    pages[_i].asset.data == NULL);
	wire_text_fini(&body);
}
END_TEST

START_TEST(the_native_dialect_has_no_http_of_its_own)
{
	ck_assert_ptr_null(dialect_find(STR("command"))->http_compat);
}
END_TEST

SUITE(http_compat)
{
	tcase_add_loop_test(tests, answers_as_the_original, 0, COUNT_OF(cases));
	tcase_add_loop_test(tests, names_the_file_for_the_pages_of_the_original,
	    0, COUNT_OF(pages));
	tcase_add_test(tests, the_native_dialect_has_no_http_of_its_own);
}
