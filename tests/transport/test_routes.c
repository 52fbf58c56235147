#include "transport/routes.h"

#include <string.h>

#include "domain/server_stats.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"
#include "transport/http/assets.h"
#include "transport/ws/admission.h"
#include "wire/common/http_compat.h"

static struct recorder recorder;
static struct http_response response;
static char text[HTTP_TEXT_SIZE];

static void
route_answer(struct http_request *request, const char *dialect, bool could_open)
{
	struct conn conn = { .loop = &recorder.rig.worker.loop };
	struct http_exchange exchange = {
		.conn = &conn,
		.listener = dialect_find(str_from(dialect)),
		.request = request,
		.text = text,
	};

	recorder.serves_any_path = could_open;
	text[0] = '\0';
	routes_handle(&exchange);
	response = exchange.response;
}

static void
route_request(const char *method, const char *path, const char *query)
{
	struct http_request request = {
		.method = str_from(method),
		.path = str_from(path),
	};

	if (query != NULL)
		request.query = str_from(query);
	route_answer(&request, "command", false);
}

static void
response_check_body(const char *expected)
{
	ck_assert_uint_eq(response.body.len, strlen(expected));
	ck_assert_mem_eq(response.body.data, expected, strlen(expected));
}

static void
check_part(const char *part)
{
	ck_assert_ptr_nonnull(memmem(response.body.data, response.body.len,
	    part, strlen(part)));
}

static const struct {
	const char *method;
	const char *path;
	int status;
	const char *body;
} answers[] = {
	{ "GET", "/health", 200, "ok" },
	{ "POST", "/health", 200, "ok" },
	{ "GET", "/livez", 200, "ok" },
	{ "HEAD", "/livez", 200, "ok" },
	{ "POST", "/livez", 405, "405 method not allowed\n" },
	{ "GET", "/readyz", 200, "{\"status\":\"ok\"}\n" },
	{ "DELETE", "/readyz", 405, "405 method not allowed\n" },
	{ "GET", "/version", 200, "{\"version\":\"" PARLEY_VERSION "\"}\n" },
	{ "GET", "/readyz/", 404, "404 page not found\n" },
	{ "GET", "/", 404, "404 page not found\n" },
	{ "GET", "*", 404, "404 page not found\n" },
};

START_TEST(answers_what_is_asked_over_http)
{
	recorder_init(&recorder);
	route_request(answers[_i].method, answers[_i].path, NULL);
	ck_assert_int_eq(response.status, answers[_i].status);
	response_check_body(answers[_i].body);
	if (response.status == 405)
		ck_assert_str_eq(response.headers,
		    "Allow: GET, HEAD, OPTIONS\r\n");
	recorder_fini(&recorder);
}
END_TEST

/* --- plain HTTP of a dialect -------------------------------------------------
 */

static const struct {
	const char *dialect;
	const char *method;
	const char *path;
	int status;
} faces[] = {
	{ "action", "GET", "/", 426 },
	{ "action", "GET", "/health", 426 },
	{ "action", "HEAD", "/nowhere", 426 },
	{ "action", "DELETE", "/", 426 },
	{ "action", "GET", "/livez", 200 },
	{ "action", "HEAD", "/readyz", 200 },
	{ "action", "POST", "/livez", 405 },
	{ "topic", "GET", "/health", 200 },
	{ "topic", "POST", "/health", 405 },
	{ "topic", "GET", "/nowhere", 404 },
	{ "topic", "GET", "/readyz", 200 },
};

START_TEST(a_dialect_answers_plain_http_behind_the_probes)
{
	struct http_request request = {
		.method = str_from(faces[_i].method),
		.path = str_from(faces[_i].path),
	};

	recorder_init(&recorder);
	route_answer(&request, faces[_i].dialect, true);
	ck_assert_int_eq(response.status, faces[_i].status);
	ck_assert_uint_gt(response.body.len, 0);
	recorder_fini(&recorder);
}
END_TEST

static void
count_guests(struct chat_stats *out, void *arg)
{
	(void)arg;
	*out = (struct chat_stats){ .guests = 3, .guest_rooms = 2 };
}

/* A dialect decides by these; it cannot know them itself. */
START_TEST(a_dialect_gets_the_statistics)
{
	struct http_request request = {
		.method = STR("GET"),
		.path = STR("/stats"),
	};

	recorder_init(&recorder);
	recorder.rig.host_ops.chat_stats = count_guests;
	recorder.rig.now_ms = 5250;
	route_answer(&request, "topic", false);
	check_part("\"timestamp\":5.25");
	check_part("\"total_clients\":3,\"total_topics\":2");
	ck_assert_ptr_null(strstr(response.headers, "Access-Control"));
	request.headers[0].name = STR("Origin");
	request.headers[0].value = STR("http://localhost");
	request.header_count = 1;
	route_answer(&request, "topic", false);
	ck_assert_ptr_nonnull(strstr(response.headers, "Access-Control"));
	request.path = STR("/other");
	route_answer(&request, "topic", false);
	ck_assert_int_eq(response.status, 404);
	request.headers[0].name = STR("Upgrade");
	request.headers[0].value = STR("websocket");
	route_answer(&request, "topic", false);
	ck_assert_int_eq(response.status, 403);
	recorder_fini(&recorder);
}
END_TEST

START_TEST(an_answer_of_a_dialect_needs_memory)
{
	struct http_request request = {
		.method = STR("GET"),
		.path = STR("/"),
	};

	if (!malloc_can_fail())
		return;
	recorder_init(&recorder);
	malloc_fail_at(1);
	route_answer(&request, "action", true);
	malloc_fail_at(0);
	ck_assert_int_eq(response.status, 503);
	response_check_body("Out of memory\n");
	recorder_fini(&recorder);
}
END_TEST

START_TEST(without_plain_http_a_websocket_is_asked_for)
{
	struct http_request request = {
		.method = STR("GET"),
		.path = STR("/ws"),
	};

	recorder_init(&recorder);
	route_answer(&request, "command", true);
	ck_assert_int_eq(response.status, 400);
	response_check_body("Bad Request\n");
	ck_assert_str_eq(response.headers, "Sec-WebSocket-Version: 13\r\n");
	recorder_fini(&recorder);
}
END_TEST

START_TEST(has_no_routes_where_none_are_wanted)
{
	recorder_init(&recorder);
	recorder.rig.worker.http.routes = NULL;
	route_request("GET", "/health", NULL);
	ck_assert_int_eq(response.status, 404);
	recorder_fini(&recorder);
}
END_TEST

START_TEST(serves_assets_behind_the_health_checks)
{
	static const struct asset list[] = {
		{ "/livez", "text/html", "W/\"1\"", "", { "no", 2 },
		    { "", 0 } },
		{ "/", "text/html", "W/\"2\"", "", { "yes", 3 }, { "", 0 } },
	};
	static const struct assets assets = { list, 2 };

	recorder_init(&recorder);
	recorder.rig.worker.assets = &assets;
	route_request("GET", "/", NULL);
	ck_assert_int_eq(response.status, 200);
	response_check_body("yes");
	route_request("GET", "/livez", NULL);
	response_check_body("ok");
	route_request("POST", "/", NULL);
	ck_assert_int_eq(response.status, 405);
	recorder.rig.worker.http.routes = NULL;
	route_request("GET", "/", NULL);
	ck_assert_int_eq(response.status, 404);
	recorder_fini(&recorder);
}
END_TEST

static void
report_empty(struct server_stats *out, void *arg)
{
	(void)arg;
	out->server = STR("s");
}

static const struct {
	const char *dialect;
	const char *path;
	const char *accept;
	const char *body; /* its beginning */
} beside[] = {
	{ "action", "/", "text/html", "This is a WebSocket endpoint" },
	{ "action", "/a.js", "*/*", "This is a WebSocket endpoint" },
	{ "action", "/monitor/stats", "*/*", "This is a WebSocket endpoint" },
	{ "command", "/", "*/*", "page" },
	{ "command", "/a.js", "*/*", "script" },
	{ "command", "/stats", "*/*", "{\"server\":\"s\"," },
	{ "command", "/monitor/stats", "*/*", "{\"server\":\"s\"," },
	{ "command", "/metrics", "*/*", "# HELP parley_build_info " },
	{ "topic", "/", "text/html, */*;q=0.8", "page" },
	{ "topic", "/", "*/*", "{\"detail\":\"Not Found\"}" },
	{ "topic", "/a.js", "*/*", "script" },
	{ "topic", "/old", "*/*", "page" },
	{ "topic", "/static/a.js", "*/*", "script" },
	{ "topic", "/static/b.js", "*/*", "{\"detail\":\"Not Found\"}" },
	{ "topic", "/stats", "text/html", "{\"server\":\"Secure" },
	{ "topic", "/monitor/stats", "*/*", "{\"server\":\"s\"," },
};

START_TEST(a_page_is_where_a_dialect_leaves_room_for_it)
{
	static const struct asset list[] = {
		{ "/", "text/html", "W/\"1\"", "p", { "page", 4 }, { "", 0 } },
		{ "/a.js", "text/javascript", "W/\"2\"", "", { "script", 6 },
		    { "", 0 } },
	};
	static const struct assets assets = { list, 2 };
	struct http_request request = {
		.method = STR("GET"),
		.path = str_from(beside[_i].path),
		.header_count = 1,
		.headers = { { STR("Accept"), str_from(beside[_i].accept) } },
	};
	const char *expected = beside[_i].body;

	recorder_init(&recorder);
	recorder.rig.worker.assets = &assets;
	recorder.rig.host_ops.server_stats = report_empty;
	route_answer(&request, beside[_i].dialect, true);
	ck_assert_uint_ge(response.body.len, strlen(expected));
	ck_assert_mem_eq(response.body.data, expected, strlen(expected));
	recorder_fini(&recorder);
}
END_TEST

START_TEST(statistics_can_be_switched_off)
{
	recorder_init(&recorder);
	route_request("GET", "/stats", NULL);
	ck_assert_int_eq(response.status, 404);
	route_request("GET", "/metrics", NULL);
	ck_assert_int_eq(response.status, 404);
	route_request("GET", "/monitor/stats", NULL);
	ck_assert_int_eq(response.status, 404);
	recorder_fini(&recorder);
}
END_TEST

static void
server_drain(void)
{
	recorder.rig.worker.ws.draining = true;
}

static void
server_fill_connections(void)
{
	recorder.rig.limits.connections = 3;
	recorder.rig.worker.ws.open_count = 3;
}

static size_t
bytes_held_much(void *arg)
{
	(void)arg;
	return 801;
}

static void
server_fill_memory(void)
{
	recorder.rig.limits.memory = 1000;
	recorder.rig.host_ops.bytes_held = bytes_held_much;
}

static const char *
store_error_full(void *arg)
{
	(void)arg;
	return "disk full";
}

static void
server_fill_disk(void)
{
	recorder.rig.host_ops.store_error = store_error_full;
}

static const struct {
	void (*prepare)(void);
	const char *body;
	const char *check;
} troubles[] = {
	{ server_drain,
	    "{\"status\":\"unavailable\",\"reason\":\"draining\"}\n",
	    "\"drain\":\"draining\"" },
	{ server_fill_connections,
	    "{\"status\":\"unavailable\",\"reason\":"
	    "\"too many connections\"}\n",
	    "\"connections\":\"too many connections\"" },
	{ server_fill_memory,
	    "{\"status\":\"unavailable\",\"reason\":\"out of memory\"}\n",
	    "\"memory\":\"out of memory\"" },
	{ server_fill_disk,
	    "{\"status\":\"unavailable\",\"reason\":\"disk full\"}\n",
	    "\"store\":\"disk full\"" },
};

START_TEST(reports_why_it_is_not_ready)
{
	recorder_init(&recorder);
	troubles[_i].prepare();
	route_request("GET", "/readyz", NULL);
	ck_assert_int_eq(response.status, 503);
	response_check_body(troubles[_i].body);
	ck_assert_str_eq(response.headers, "Retry-After: 5\r\n");
	route_request("GET", "/readyz", "verbose");
	ck_assert_ptr_nonnull(strstr(text, troubles[_i].check));
	/* /livez is ok all the same. */
	route_request("GET", "/livez", NULL);
	ck_assert_int_eq(response.status, 200);
	recorder.rig.worker.ws.open_count = 0;
	recorder_fini(&recorder);
}
END_TEST

START_TEST(has_the_durability_in_the_version)
{
	const struct profile profile = { .durability = STR("interval") };

	recorder_init(&recorder);
	recorder.rig.worker.profile = &profile;
	route_request("GET", "/version", NULL);
	response_check_body("{\"version\":\"" PARLEY_VERSION
			    "\",\"durability\":\"interval\"}\n");
	recorder_fini(&recorder);
}
END_TEST

START_TEST(gives_the_first_reason_of_several)
{
	recorder_init(&recorder);
	server_drain();
	server_fill_memory();
	route_request("GET", "/readyz", "verbose=1");
	response_check_body(
	    "{\"status\":\"unavailable\",\"reason\":\"draining\","
	    "\"checks\":{\"drain\":\"draining\",\"connections\":\"ok\","
	    "\"memory\":\"out of memory\"},"
	    "\"connections\":0,\"memory\":801}\n");
	recorder_fini(&recorder);
}
END_TEST

static const char *
warning_open(void *arg)
{
	(void)arg;
	return "open to all";
}

START_TEST(a_verbose_probe_shows_a_warning)
{
	recorder_init(&recorder);
	recorder.rig.host_ops.warning = warning_open;
	route_request("GET", "/readyz", NULL);
	response_check_body("{\"status\":\"ok\"}\n");
	route_request("GET", "/readyz", "verbose");
	check_part("\"memory\":0,\"warning\":\"open to all\"}");
	recorder_fini(&recorder);
}
END_TEST

/* --- accounts ------------------------------------------------------------- */

static bool
admission_answer(struct admission *admission, struct http_exchange *exchange)
{
	(void)admission;
	exchange->response.status = 200;
	exchange->response.content_type = "text/plain";
	exchange->response.body = exchange->request->path;
	return true;
}

static bool
admission_declines(struct admission *admission, struct http_exchange *exchange)
{
	(void)admission;
	(void)exchange;
	return false;
}

static const struct admission_ops admission_kinds[] = {
	{ .login = admission_answer,
	    .logout = admission_answer,
	    .session = admission_answer },
	{ .login = admission_declines,
	    .logout = admission_declines,
	    .session = admission_answer },
	{ .login = NULL },
};

static const struct {
	int kind; /* of admission_kinds; -1: there is no admission */
	const char *dialect;
	const char *path;
	int status;
} accounts[] = {
	{ 0, "command", "/v1/login", 200 },
	{ 0, "command", "/v1/logout", 200 },
	{ 0, "command", "/v1/session", 200 },
	{ 0, "topic", "/v1/login", 200 },
	{ 0, "action", "/v1/login", 200 },
	{ 0, "action", "/v1/session", 426 },
	{ 1, "command", "/v1/login", 404 },
	{ 1, "command", "/v1/logout", 404 },
	{ 1, "command", "/v1/session", 200 },
	{ 1, "action", "/v1/login", 426 },
	{ 2, "command", "/v1/session", 404 },
	{ -1, "command", "/v1/login", 404 },
	{ -1, "topic", "/v1/session", 404 },
};

START_TEST(an_admission_answers_for_accounts)
{
	struct admission admission = { .ops = NULL };
	struct http_request request = {
		.method = STR("POST"),
		.path = str_from(accounts[_i].path),
	};

	recorder_init(&recorder);
	if (accounts[_i].kind >= 0) {
		admission.ops = &admission_kinds[accounts[_i].kind];
		recorder.rig.worker.ws.admission = &admission;
	}
	route_answer(&request, accounts[_i].dialect, false);
	ck_assert_int_eq(response.status, accounts[_i].status);
	recorder_fini(&recorder);
}
END_TEST

SUITE(routes)
{
	tcase_add_test(tests, a_verbose_probe_shows_a_warning);
	tcase_add_loop_test(tests, an_admission_answers_for_accounts, 0,
	    COUNT_OF(accounts));
	tcase_add_loop_test(tests, answers_what_is_asked_over_http, 0,
	    COUNT_OF(answers));
	tcase_add_loop_test(tests,
	    a_dialect_answers_plain_http_behind_the_probes, 0, COUNT_OF(faces));
	tcase_add_test(tests, a_dialect_gets_the_statistics);
	tcase_add_test(tests, an_answer_of_a_dialect_needs_memory);
	tcase_add_test(tests, without_plain_http_a_websocket_is_asked_for);
	tcase_add_test(tests, has_no_routes_where_none_are_wanted);
	tcase_add_test(tests, serves_assets_behind_the_health_checks);
	tcase_add_loop_test(tests, a_page_is_where_a_dialect_leaves_room_for_it,
	    0, COUNT_OF(beside));
	tcase_add_test(tests, statistics_can_be_switched_off);
	tcase_add_loop_test(tests, reports_why_it_is_not_ready, 0,
	    COUNT_OF(troubles));
	tcase_add_test(tests, has_the_durability_in_the_version);
	tcase_add_test(tests, gives_the_first_reason_of_several);
}
