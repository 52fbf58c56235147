#include "transport/route.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "transport/assets.h"
#include "transport/service.h"

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

struct answer {
	const struct service *service;
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
ask_everybody(const struct service *service, struct readiness *readiness)
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
		service_memory(service) <= limits->memory / 5 * 4,
	    "out of memory");
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
		    service_memory(answer->service));
	append(answer, "}\n");
	say(answer, readiness.ready ? 200 : 503, JSON, answer->body);
	if (!readiness.ready)
		answer->response->headers = "Retry-After: 5\r\n";
}

static void
answer_asset(struct answer *answer)
{
	const struct asset *asset =
	    assets_find(answer->service->assets, answer->request->path);

	asset_answer(asset, answer->request, answer->response, answer->body);
}

/* --- the table ------------------------------------------------------------ */

struct route {
	const char *path;
	bool any_method;
	void (*run)(struct answer *);
};

static const struct route table[] = {
	{ "/health", true, answer_health }, /* as the first servers had it */
	{ "/livez", false, answer_health },
	{ "/readyz", false, answer_readyz },
};

static const struct route asset_route = { .run = answer_asset };

static const struct route *
find_route(const struct service *service, struct str path)
{
	if (!service->has_routes)
		return NULL;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_equal(path, str_from(table[i].path)))
			return &table[i];
	if (service->assets != NULL &&
	    assets_find(service->assets, path) != NULL)
		return &asset_route;
	return NULL;
}

void
routes_answer(const struct service *service, const struct http_request *request,
    struct http_response *response, char body[ROUTE_BODY_SIZE])
{
	struct answer answer = { service, request, response, body };
	const struct route *route = find_route(service, request->path);

	body[0] = '\0';
	response->head_only = str_equal(request->method, STR("HEAD"));
	if (route == NULL)
		say(&answer, 404, TEXT, "404 page not found\n");
	else if (route->any_method || response->head_only ||
		 str_equal(request->method, STR("GET")))
		route->run(&answer);
	else {
		say(&answer, 405, TEXT, "405 method not allowed\n");
		response->headers = "Allow: GET, HEAD\r\n";
	}
}
