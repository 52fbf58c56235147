#include "transport/http/route.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/event.h"
#include "transport/http/assets.h"
#include "transport/http/monitor.h"
#include "transport/net/conn.h"
#include "transport/worker.h"
#include "transport/ws/ws_handshake.h"
#include "wire/common/http_compat.h"

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

struct answer {
	struct worker *service;
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
	vsnprintf(answer->body + len, ROUTE_BODY_SIZE - len, format, args);
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
ask_everybody(const struct worker *service, struct readiness *readiness)
{
	const struct transport_limits *limits = service->limits;

	readiness->ready = true;
	add_check(readiness, "drain", !service->draining, "draining");
	add_check(readiness, "connections",
	    limits->connections == 0 ||
		service->open_count < limits->connections,
	    "too many connections");
	add_check(readiness, "memory",
	    limits->memory == 0 ||
		worker_memory(service) <= limits->memory / 5 * 4,
	    "out of memory");
	if (service->trouble != NULL) {
		const char *trouble = service->trouble(service->arg);

		add_check(readiness, "store", trouble == NULL, trouble);
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

	ask_everybody(answer->service, &readiness);
	append(answer, "{\"status\":\"%s\"",
	    readiness.ready ? "ok" : "unavailable");
	if (!readiness.ready)
		append(answer, ",\"reason\":\"%s\"", readiness.reason);
	if (is_verbose(answer->request))
		append(answer,
		    ",\"checks\":{%s},\"connections\":%zu,\"memory\":%zu",
		    readiness.checks, answer->service->open_count,
		    worker_memory(answer->service));
	append(answer, "}\n");
	say(answer, readiness.ready ? 200 : 503, JSON, answer->body);
	if (!readiness.ready)
		answer->response->headers = "Retry-After: 5\r\n";
}

static void
answer_version(struct answer *answer)
{
	const struct profile *profile = answer->service->profile;

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
	    assets_find(answer->service->assets, answer->request->path);

	asset_answer(asset, answer->request, answer->response, answer->body);
}

static void
answer_stats(struct answer *answer)
{
	monitor_answer(answer->service, &monitor_json, answer->response);
}

static void
answer_metrics(struct answer *answer)
{
	monitor_answer(answer->service, &monitor_metrics, answer->response);
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
	return answer->service->tell_report != NULL &&
	       run_one_of(answer, table);
}

static bool
run_asset(struct answer *answer)
{
	const struct assets *assets = answer->service->assets;

	if (assets == NULL ||
	    assets_find(assets, answer->request->path) == NULL)
		return false;
	run(answer, &asset_route);
	return true;
}

/* What a browser asks for that shows our page, before any face. */
static bool
run_for_page(struct answer *answer, const struct dialect *dialect)
{
	const struct assets *assets = answer->service->assets;
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

/* --- the dialect's face --------------------------------------------------- */

static bool
show_face(struct answer *answer, const struct dialect *dialect)
{
	struct worker *service = answer->service;
	struct http_compat_request request = {
		.method = answer->request->method,
		.path = answer->request->path,
		.is_upgrade = ws_handshake_is_wanted(answer->request),
		.has_origin =
		    http_header_find(answer->request, "Origin", NULL).data !=
		    NULL,
		.monotonic_ms = clock_monotonic_ms(service->clock),
		.get_stats = service->figures,
		.arg = service->arg,
	};
	struct http_compat_response face = { .body = &service->face };

	if (dialect == NULL || dialect->http_compat == NULL)
		return false;
	wire_text_reset(face.body);
	if (!dialect->http_compat(&request, &face))
		return false;
	say(answer, face.status, face.content_type, "");
	answer->response->body = str_slice(face.body->data, face.body->len);
	answer->response->headers = face.headers;
	if (face.body->failed)
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

void
routes_answer(const struct conn *conn, const struct http_request *request,
    bool could_open, struct http_response *response, char body[ROUTE_BODY_SIZE])
{
	struct answer answer = { conn->service, request, response, body };
	const struct dialect *dialect = conn_dialect(conn);
	bool found = false;

	body[0] = '\0';
	response->head_only = str_equal(request->method, STR("HEAD"));
	if (conn->service->has_routes)
		found = run_one_of(&answer, probes) ||
			run_for_page(&answer, dialect) ||
			show_face(&answer, dialect) ||
			run_one_of(&answer, others) ||
			run_monitor(&answer, monitors) || run_asset(&answer);
	if (!found)
		turn_away(&answer, could_open);
}
