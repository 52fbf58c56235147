#include "transport/http/http_route.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "transport/http/http_conn.h"

static const struct {
	const char *name;
	unsigned method;
} methods[] = {
	{ "GET", HTTP_GET },
	{ "HEAD", HTTP_GET },
	{ "POST", HTTP_POST },
	{ "PUT", HTTP_PUT },
	{ "DELETE", HTTP_DELETE },
	{ "PATCH", HTTP_PATCH },
	{ "OPTIONS", HTTP_OPTIONS },
};

static unsigned
method_of(const struct http_request *request)
{
	for (size_t i = 0; i < COUNT_OF(methods); i++)
		if (str_equal(request->method, str_from(methods[i].name)))
			return methods[i].method;
	return 0;
}

/* Takes the next segment off a path, with the slash in front of it. */
static bool
path_next_segment(struct str *path, struct str *segment)
{
	size_t len = 1;

	if (path->len == 0 || path->data[0] != '/')
		return false;
	while (len < path->len && path->data[len] != '/')
		len++;
	*segment = str_slice(path->data + 1, len - 1);
	*path = str_slice(path->data + len, path->len - len);
	return true;
}

/* Sets the parameters of the request as it goes. */
static bool
route_matches(const struct http_route *route, struct http_request *request)
{
	struct str pattern = str_from(route->path), path = request->path;
	struct str wanted, segment;

	request->param_count = 0;
	while (path_next_segment(&pattern, &wanted)) {
		if (!path_next_segment(&path, &segment))
			return false;
		if (wanted.len > 0 && wanted.data[0] == '{') {
			assert(request->param_count < HTTP_PARAMS_MAX);
			if (segment.len == 0)
				return false;
			request->params[request->param_count++] =
			    (struct http_header){
				    str_slice(wanted.data + 1, wanted.len - 2),
				    segment,
			    };
		} else if (!str_equal(wanted, segment))
			return false;
	}
	return path.len == 0;
}

/* "Allow: GET, HEAD, OPTIONS" into the exchange's text. */
static void
write_allowed(struct http_exchange *exchange, unsigned allowed)
{
	char *text = exchange->text;
	size_t len = (size_t)snprintf(text, HTTP_TEXT_SIZE, "Allow: ");

	for (size_t i = 0; i < COUNT_OF(methods); i++)
		if (allowed & methods[i].method & ~(unsigned)HTTP_OPTIONS)
			len += (size_t)snprintf(text + len,
			    HTTP_TEXT_SIZE - len, "%s, ", methods[i].name);
	snprintf(text + len, HTTP_TEXT_SIZE - len, "OPTIONS\r\n");
	exchange->response.headers = text;
}

bool
http_method_is_allowed(struct http_exchange *exchange, unsigned allowed)
{
	struct http_response *response = &exchange->response;

	if (allowed & (method_of(exchange->request) | HTTP_ANY))
		return true;
	write_allowed(exchange, allowed);
	if (str_equal(exchange->request->method, STR("OPTIONS"))) {
		response->status = 204;
		return false;
	}
	response->status = 405;
	response->content_type = "text/plain; charset=utf-8";
	response->body = STR("405 method not allowed\n");
	return false;
}

bool
http_routes_run(struct http_exchange *exchange, const struct http_route *table)
{
	struct http_request *request = exchange->request;
	unsigned method = method_of(request), allowed = 0;

	for (const struct http_route *route = table; route->path; route++) {
		bool is_any_path = strcmp(route->path, "*") == 0;

		if (is_any_path ? allowed != 0 : !route_matches(route, request))
			continue;
		if (!(route->methods & (method | HTTP_ANY))) {
			if (!is_any_path)
				allowed |= route->methods;
			continue;
		}
		if (!http_exchange_admits_body(exchange, route->body_use) ||
		    route->run(exchange))
			return true;
	}
	return allowed != 0 && !http_method_is_allowed(exchange, allowed);
}
