#include "transport/routes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/event.h"
#include "transport/http/assets.h"
#include "transport/monitor.h"
#include "transport/worker.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_handshake.h"
#include "transport/ws/ws_upgrade.h"
#include "wire/common/http_compat.h"

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

struct answer {
	struct worker *worker;
	const struct http_request *request;
	struct http_response *response;
	char *body;
};

/* --- what can be asked ---------------------------------------------------- */

static void
say(struct answer *answer, int status, const char *type, const char *text)
{
	answer->response->status = status;
	answer->response->content_type = type;
	answer->response->body = str_from(text);
}

static void
answer_health(struct answer *answer)
{
	say(answer, 200, TEXT, "ok");
}

static void __attribute__((format(printf, 2, 3)))
append(struct answer *answer, const char *format, ...)
{
	size_t len = strlen(answer->body);
	va_list args;

	va_start(args, format);
	vsnprintf(answer->body + len, HTTP_BODY_SIZE - len, format, args);
	va_end(args);
}

struct readiness {
	bool ready;
	char reason[128];  /* the first one */
	char checks[1024]; /* "name":"ok", … */
};

static void
add_check(struct readiness *readiness, const char *name, bool ok,
    const char *reason)
{
	size_t len = strlen(readiness->checks);

	snprintf(readiness->checks + len, sizeof(readiness->checks) - len,
	    "%s\"%s\":\"%s\"", len > 0 ? "," : "", name, ok ? "ok" : reason);
	if (ok)
		return;
	if (readiness->ready)
		snprintf(readiness->reason, sizeof(readiness->reason), "%s",
		    reason);
	readiness->ready = false;
}

static void
ask_everybody(const struct worker *worker, struct readiness *readiness)
{
	const struct transport_limits *limits = worker->loop.limits;
	const struct host *host = worker->loop.host;

	readiness->ready = true;
	add_check(readiness, "drain", !worker->ws.draining, "draining");
	add_check(readiness, "connections",
	    limits->connections == 0 ||
		worker->ws.open_count < limits->connections,
	    "too many connections");
	add_check(readiness, "memory",
	    limits->memory == 0 ||
		loop_memory(&worker->loop) <= limits->memory / 5 * 4,
	    "out of memory");
	if (host->ops->store_error != NULL) {
		const char *error = host->ops->store_error(host->arg);

		add_check(readiness, "store", error == NULL, error);
	}
}

static bool
is_verbose(const struct http_request *request)
{
	char value[8];

	return http_query_get(request->query, "verbose", value,
		   sizeof(value)) >= 0;
}

static void
answer_readyz(struct answer *answer)
{
	struct readiness readiness = { 0 };

	ask_everybody(answer->worker, &readiness);
	append(answer, "{\"status\":\"%s\"",
	    readiness.ready ? "ok" : "unavailable");
	if (!readiness.ready)
		append(answer, ",\"reason\":\"%s\"", readiness.reason);
	if (is_verbose(answer->request))
		append(answer,
		    ",\"checks\":{%s},\"connections\":%zu,\"memory\":%zu",
		    readiness.checks, answer->worker->ws.open_count,
		    loop_memory(&answer->worker->loop));
	append(answer, "}\n");
	say(answer, readiness.ready ? 200 : 503, JSON, answer->body);
	if (!readiness.ready)
		answer->response->headers = "Retry-After: 5\r\n";
}

static void
answer_version(struct answer *answer)
{
	const struct profile *profile = answer->worker->profile;

	append(answer, "{\"version\":\"" PARLEY_VERSION "\"");
	if (profile != NULL)
		append(answer, ",\"durability\":\"%.*s\"",
		    (int)profile->durability.len, profile->durability.data);
	append(answer, "}\n");
	say(answer, 200, JSON, answer->body);
}

static void
answer_asset(struct answer *answer)
{
	const struct asset *asset =
	    assets_find(answer->worker->assets, answer->request->path);

	asset_answer(asset, answer->request, answer->response, answer->body);
}

static void
answer_stats(struct answer *answer)
{
	monitor_answer(answer->worker, &monitor_json, answer->response);
}

static void
answer_metrics(struct answer *answer)
{
	monitor_answer(answer->worker, &monitor_metrics, answer->response);
}

/* --- the tables ----------------------------------------------------------- */

struct route {
	const char *path;
	bool any_method;
	void (*run)(struct answer *);
};

/* Whoever watches over servers finds these on every listener … */
static const struct route probes[] = {
	{ "/livez", false, answer_health },
	{ "/readyz", false, answer_readyz },
	{ NULL, false, NULL },
};

bool
routes_is_probe(struct str request)
{
	struct str get = STR("GET ");

	if (request.len < get.len || memcmp(request.data, get.data, get.len))
		return false;
	request = str_slice(request.data + get.len, request.len - get.len);
	for (const struct route *route = probes; route->path != NULL; route++) {
		size_t len = strlen(route->path);

		if (request.len >= len &&
		    memcmp(request.data, route->path, len) == 0)
			return true;
	}
	return false;
}

/* … and these where the dialect has nothing else to say. */
static const struct route others[] = {
	{ "/health", true, answer_health }, /* as the first servers had it */
	{ "/version", false, answer_version },
	{ NULL, false, NULL },
};

static const struct route monitors[] = {
	{ "/stats", false, answer_stats },
	{ "/metrics", false, answer_metrics },
	{ NULL, false, NULL },
};

/* For our page, whatever a dialect says at /stats. */
static const struct route page_monitors[] = {
	{ "/monitor/stats", false, answer_stats },
	{ NULL, false, NULL },
};

static const struct route asset_route = { .run = answer_asset };

static void
run(struct answer *answer, const struct route *route)
{
	if (route->any_method || answer->response->head_only ||
	    str_equal(answer->request->method, STR("GET"))) {
		route->run(answer);
		return;
	}
	say(answer, 405, TEXT, "405 method not allowed\n");
	answer->response->headers = "Allow: GET, HEAD\r\n";
}

static bool
run_one_of(struct answer *answer, const struct route *table)
{
	for (const struct route *route = table; route->path != NULL; route++)
		if (str_equal(answer->request->path, str_from(route->path))) {
			run(answer, route);
			return true;
		}
	return false;
}

static bool
run_monitor(struct answer *answer, const struct route *table)
{
	return answer->worker->loop.host->ops->server_stats != NULL &&
	       run_one_of(answer, table);
}

static bool
run_asset(struct answer *answer)
{
	const struct assets *assets = answer->worker->assets;

	if (assets == NULL ||
	    assets_find(assets, answer->request->path) == NULL)
		return false;
	run(answer, &asset_route);
	return true;
}

/* Requests of a browser that shows our page, before any dialect's answer. */
static bool
run_for_page(struct answer *answer, const struct dialect *dialect)
{
	const struct assets *assets = answer->worker->assets;
	const struct asset *asset =
	    assets == NULL ? NULL : assets_find(assets, answer->request->path);

	if (dialect != NULL && dialect->every_path)
		return false;
	if (run_monitor(answer, page_monitors))
		return true;
	if (asset == NULL ||
	    (asset->policy[0] != '\0' &&
		!http_header_has_token(answer->request, "Accept", "text/html")))
		return false;
	return run_asset(answer);
}

/* --- the dialect's answer ------------------------------------------------- */

static bool
answer_http_compat(struct answer *answer, const struct dialect *dialect)
{
	struct worker *worker = answer->worker;
	const struct host *host = worker->loop.host;
	struct http_compat_request request = {
		.method = answer->request->method,
		.path = answer->request->path,
		.is_upgrade = ws_handshake_is_wanted(answer->request),
		.has_origin =
		    http_header_find(answer->request, "Origin", NULL).data !=
		    NULL,
		.monotonic_ms = clock_monotonic_ms(worker->loop.clock),
		.get_stats = host->ops->chat_stats,
		.arg = host->arg,
	};
	struct http_compat_response compat = { .body = &worker->body };
	const struct asset *asset = NULL;

	if (dialect == NULL || dialect->http_compat == NULL)
		return false;
	wire_text_reset(compat.body);
	if (!dialect->http_compat(&request, &compat))
		return false;
	if (worker->assets != NULL && compat.asset.data != NULL)
		asset = assets_find(worker->assets, compat.asset);
	if (asset != NULL) {
		asset_answer(asset, answer->request, answer->response,
		    answer->body);
		return true;
	}
	say(answer, compat.status, compat.content_type, "");
	answer->response->body = str_slice(compat.body->data, compat.body->len);
	answer->response->headers = compat.headers;
	if (compat.body->failed)
		say(answer, 503, TEXT, "Out of memory\n");
	return true;
}

/* There is nothing here, or nothing without an upgrade. */
static void
turn_away(struct answer *answer, bool could_open)
{
	if (!could_open) {
		say(answer, 404, TEXT, "404 page not found\n");
		return;
	}
	say(answer, 400, TEXT, "Bad Request\n");
	answer->response->headers = "Sec-WebSocket-Version: 13\r\n";
}

bool
routes_handle(struct http_service *service, struct conn *conn,
    const struct dialect *listener, const struct http_request *request,
    struct http_response *response, char body[HTTP_BODY_SIZE])
{
	struct worker *worker = worker_of(conn);
	struct endpoint *endpoint = worker->ws.endpoint;
	struct answer answer = { worker, request, response, body };
	bool could_open =
	    endpoint->ops->serves(endpoint, listener, request->path);
	bool found = false;

	(void)service;
	if (could_open && ws_handshake_is_wanted(request))
		return !ws_upgrade(&worker->ws, conn, listener, request,
		    response);
	body[0] = '\0';
	response->head_only = str_equal(request->method, STR("HEAD"));
	if (worker->has_routes)
		found = run_one_of(&answer, probes) ||
			run_for_page(&answer, listener) ||
			answer_http_compat(&answer, listener) ||
			run_one_of(&answer, others) ||
			run_monitor(&answer, monitors) || run_asset(&answer);
	if (!found)
		turn_away(&answer, could_open);
	return true;
}
