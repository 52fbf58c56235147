#include "transport/routes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/event.h"
#include "transport/api/api.h"
#include "transport/http/assets.h"
#include "transport/monitor.h"
#include "transport/worker.h"
#include "transport/ws/admission.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_handshake.h"
#include "transport/ws/ws_upgrade.h"
#include "wire/common/http_compat.h"

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

static struct worker *
exchange_worker(const struct http_exchange *exchange)
{
	return worker_of(exchange->conn);
}

static void
set_answer(struct http_exchange *exchange, int status, const char *type,
    const char *text)
{
	exchange->response.status = status;
	exchange->response.content_type = type;
	exchange->response.body = str_from(text);
}

static void __attribute__((format(printf, 2, 3)))
append_text(struct http_exchange *exchange, const char *format, ...)
{
	size_t len = strlen(exchange->text);
	va_list args;

	va_start(args, format);
	vsnprintf(exchange->text + len, HTTP_TEXT_SIZE - len, format, args);
	va_end(args);
}

/* --- health --------------------------------------------------------------- */

static bool
answer_health(struct http_exchange *exchange)
{
	set_answer(exchange, 200, TEXT, "ok");
	return true;
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
check_readiness(const struct worker *worker, struct readiness *readiness)
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
append_details(struct http_exchange *exchange,
    const struct readiness *readiness)
{
	const struct worker *worker = exchange_worker(exchange);
	const char *warning = host_warning(worker->loop.host);

	append_text(exchange,
	    ",\"checks\":{%s},\"connections\":%zu,\"memory\":%zu",
	    readiness->checks, worker->ws.open_count,
	    loop_memory(&worker->loop));
	if (warning != NULL)
		append_text(exchange, ",\"warning\":\"%s\"", warning);
}

static bool
answer_readyz(struct http_exchange *exchange)
{
	const struct worker *worker = exchange_worker(exchange);
	struct readiness readiness = { 0 };

	check_readiness(worker, &readiness);
	append_text(exchange, "{\"status\":\"%s\"",
	    readiness.ready ? "ok" : "unavailable");
	if (!readiness.ready)
		append_text(exchange, ",\"reason\":\"%s\"", readiness.reason);
	if (is_verbose(exchange->request))
		append_details(exchange, &readiness);
	append_text(exchange, "}\n");
	set_answer(exchange, readiness.ready ? 200 : 503, JSON, exchange->text);
	if (!readiness.ready)
		exchange->response.headers = "Retry-After: 5\r\n";
	return true;
}

static bool
answer_version(struct http_exchange *exchange)
{
	const struct profile *profile = exchange_worker(exchange)->profile;

	append_text(exchange, "{\"version\":\"" PARLEY_VERSION "\"");
	if (profile != NULL)
		append_text(exchange, ",\"durability\":\"%.*s\"",
		    (int)profile->durability.len, profile->durability.data);
	append_text(exchange, "}\n");
	set_answer(exchange, 200, JSON, exchange->text);
	return true;
}

/* --- statistics ----------------------------------------------------------- */

static bool
answer_monitor(struct http_exchange *exchange,
    const struct monitor_format *format)
{
	struct worker *worker = exchange_worker(exchange);

	if (worker->loop.host->ops->server_stats == NULL)
		return false;
	monitor_answer(worker, format, &exchange->response);
	return true;
}

static bool
answer_stats(struct http_exchange *exchange)
{
	return answer_monitor(exchange, &monitor_json);
}

static bool
answer_metrics(struct http_exchange *exchange)
{
	return answer_monitor(exchange, &monitor_metrics);
}

/* --- pages ---------------------------------------------------------------- */

/* Whether the dialect of the listener wants every path for itself. */
static bool
has_no_pages(const struct http_exchange *exchange)
{
	return exchange->listener != NULL && exchange->listener->every_path;
}

/* Statistics for our page, also if a dialect answers /stats itself. */
static bool
answer_page_stats(struct http_exchange *exchange)
{
	return !has_no_pages(exchange) && answer_stats(exchange);
}

static bool
answer_page_history(struct http_exchange *exchange)
{
	struct worker *worker = exchange_worker(exchange);

	if (has_no_pages(exchange) ||
	    worker->loop.host->ops->server_stats == NULL)
		return false;
	monitor_answer_history(worker, &exchange->response);
	return true;
}

static const struct asset *
find_asset(const struct http_exchange *exchange)
{
	const struct assets *assets = exchange_worker(exchange)->assets;

	return assets == NULL ? NULL
			      : assets_find(assets, exchange->request->path);
}

static bool
answer_asset(struct http_exchange *exchange)
{
	const struct asset *asset = find_asset(exchange);

	if (asset == NULL)
		return false;
	if (http_method_is_allowed(exchange, HTTP_GET))
		asset_answer(asset, exchange->request, &exchange->response,
		    exchange->text);
	return true;
}

/* Our page, for requests of a browser: before the answers of the dialect. */
static bool
answer_page(struct http_exchange *exchange)
{
	const struct asset *asset = find_asset(exchange);

	if (asset == NULL || has_no_pages(exchange) ||
	    (asset->policy[0] != '\0' &&
		!http_header_has_token(exchange->request, STR("Accept"),
		    STR("text/html"))))
		return false;
	return answer_asset(exchange);
}

/* --- accounts ------------------------------------------------------------- */

static const struct admission_ops *
exchange_admission(struct http_exchange *exchange, struct admission **out)
{
	static const struct admission_ops none;

	*out = exchange_worker(exchange)->ws.admission;
	return *out == NULL ? &none : (*out)->ops;
}

/* The dialect of the listener may answer instead. */
static bool
answer_no_account(struct http_exchange *exchange)
{
	if (exchange->listener == NULL ||
	    exchange->listener->http_compat != NULL)
		return false;
	set_answer(exchange, 404, TEXT, "404 page not found\n");
	return true;
}

static bool
answer_login(struct http_exchange *exchange)
{
	struct admission *admission;
	const struct admission_ops *ops =
	    exchange_admission(exchange, &admission);

	return (ops->login != NULL && ops->login(admission, exchange)) ||
	       answer_no_account(exchange);
}

static bool
answer_logout(struct http_exchange *exchange)
{
	struct admission *admission;
	const struct admission_ops *ops =
	    exchange_admission(exchange, &admission);

	return (ops->logout != NULL && ops->logout(admission, exchange)) ||
	       answer_no_account(exchange);
}

static bool
answer_session(struct http_exchange *exchange)
{
	struct admission *admission;
	const struct admission_ops *ops =
	    exchange_admission(exchange, &admission);

	return ops->session != NULL && !has_no_pages(exchange) &&
	       ops->session(admission, exchange);
}

/* --- what a dialect answers ----------------------------------------------- */

static bool
get_parameter(const char *name, char *out, size_t size, const void *arg)
{
	const struct http_request *request = arg;

	return http_query_get(request->query, name, out, size) >= 0;
}

/* Only clients of this machine see it: it names members and what they do. */
static bool
monitored_fill(const struct http_exchange *exchange, struct monitored *out)
{
	const struct worker *worker = exchange_worker(exchange);
	const struct host_ops *ops = worker->loop.host->ops;

	if (ops->each_room == NULL ||
	    !host_address_is_local(&exchange->client.address))
		return false;
	*out = (struct monitored){
		.log = &worker->commands,
		.now_ms = clock_wall_ms(worker->loop.clock),
		.connections = worker->ws.open_count,
		.get_name = ops->member_name,
		.get_room = ops->room,
		.each_room = ops->each_room,
		.each_member = ops->each_room_member,
		.arg = worker->loop.host->arg,
		.get_parameter = get_parameter,
		.request = exchange->request,
	};
	return true;
}

static bool
answer_as_dialect(struct http_exchange *exchange)
{
	struct worker *worker = exchange_worker(exchange);
	const struct host *host = worker->loop.host;
	struct monitored monitored;
	const struct http_request *request = exchange->request;
	const struct dialect *dialect = exchange->listener;
	struct http_compat_request compat = {
		.method = request->method,
		.path = request->path,
		.is_upgrade = ws_handshake_is_wanted(request),
		.has_origin =
		    http_header_find(request, STR("Origin"), NULL).data != NULL,
		.monotonic_ms = clock_monotonic_ms(worker->loop.clock),
		.get_stats = host->ops->chat_stats,
		.arg = host->arg,
		.monitored =
		    monitored_fill(exchange, &monitored) ? &monitored : NULL,
	};
	struct http_compat_response response = { .body = &worker->body };
	const struct asset *asset = NULL;

	if (dialect == NULL || dialect->http_compat == NULL)
		return false;
	wire_text_reset(response.body);
	if (!dialect->http_compat(&compat, &response))
		return false;
	if (worker->assets != NULL && response.asset.data != NULL)
		asset = assets_find(worker->assets, response.asset);
	if (asset != NULL) {
		asset_answer(asset, request, &exchange->response,
		    exchange->text);
		return true;
	}
	set_answer(exchange, response.status, response.content_type, "");
	exchange->response.body =
	    str_slice(response.body->data, response.body->len);
	exchange->response.headers = response.headers;
	if (response.body->failed)
		set_answer(exchange, 503, TEXT, "Out of memory\n");
	return true;
}

/* --- the table ------------------------------------------------------------ */

/* The first routes: they are the same on every listener. */
#define PROBES 2

const struct http_route server_routes[] = {
	{ "/livez", HTTP_GET, answer_health, false },
	{ "/readyz", HTTP_GET, answer_readyz, false },
	/* Methods are checked if there are accounts. */
	{ "/v1/login", HTTP_ANY, answer_login, true },
	{ "/v1/logout", HTTP_ANY, answer_logout, false },
	{ "/v1/session", HTTP_ANY, answer_session, false },
	{ "/monitor/stats", HTTP_GET, answer_page_stats, false },
	{ "/monitor/history", HTTP_GET, answer_page_history, false },
	{ "*", HTTP_ANY, answer_page, HTTP_IGNORES_BODY },
	{ "*", HTTP_ANY, answer_as_dialect, HTTP_IGNORES_BODY },
	/* Where the dialect has no answer. */
	{ "/health", HTTP_ANY, answer_health, false },
	{ "/version", HTTP_GET, answer_version, false },
	{ "/stats", HTTP_GET, answer_stats, false },
	{ "/metrics", HTTP_GET, answer_metrics, false },
	{ "*", HTTP_ANY, answer_asset, HTTP_IGNORES_BODY },
	{ NULL, 0, NULL, false },
};

bool
routes_is_probe(struct str request)
{
	struct str get = STR("GET ");

	if (request.len < get.len ||
	    memcmp(request.data, get.data, get.len) != 0)
		return false;
	request = str_slice(request.data + get.len, request.len - get.len);
	for (size_t i = 0; i < PROBES; i++) {
		size_t len = strlen(server_routes[i].path);

		if (request.len >= len &&
		    memcmp(request.data, server_routes[i].path, len) == 0)
			return true;
	}
	return false;
}

void
routes_handle(struct http_exchange *exchange)
{
	struct worker *worker = exchange_worker(exchange);
	struct endpoint *endpoint = worker->ws.endpoint;
	bool could_open = endpoint->ops->serves(endpoint, exchange->listener,
	    exchange->request->path);

	if (could_open && ws_handshake_is_wanted(exchange->request)) {
		ws_upgrade(&worker->ws, exchange);
		return;
	}
	if (worker->api != NULL && api_handle(worker->api, exchange))
		return;
	if (worker->http.routes != NULL &&
	    http_routes_run(exchange, worker->http.routes))
		return;
	/* No route, or one that needs an upgrade. */
	if (could_open) {
		set_answer(exchange, 400, TEXT, "Bad Request\n");
		exchange->response.headers = "Sec-WebSocket-Version: 13\r\n";
		exchange->response.close = true;
	} else
		set_answer(exchange, 404, TEXT, "404 page not found\n");
}
