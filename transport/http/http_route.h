/* A table of routes: paths, methods, functions. Public. */
#ifndef TRANSPORT_HTTP_ROUTE_H
#define TRANSPORT_HTTP_ROUTE_H

#include <stdbool.h>

struct http_exchange;

enum http_method {
	HTTP_GET = 1 << 0, /* HEAD, too */
	HTTP_POST = 1 << 1,
	HTTP_PUT = 1 << 2,
	HTTP_DELETE = 1 << 3,
	HTTP_ANY = 1 << 4, /* unknown ones, too */
	HTTP_PATCH = 1 << 5,
	HTTP_OPTIONS = 1 << 6 /* else it is answered with the methods */
};

/* What becomes of the body of a request. */
enum http_body_use {
	HTTP_REFUSES_BODY = false, /* a request with a body is refused */
	HTTP_TAKES_BODY = true,    /* of up to limits.body_bytes */
	HTTP_IGNORES_BODY,         /* the path may be one that does not exist */
	HTTP_STREAMS_BODY          /* of any size: it is not kept in memory */
};

struct http_route {
	/*
	 * "/v1/rooms/{room}": what is in braces is one segment of a path, not
	 * empty, see http_param_get(). "*" is every path that no route before
	 * it names. NULL ends a table.
	 */
	const char *path;
	unsigned methods;
	/* Answers, see http_conn.h. False: the table is searched on. */
	bool (*run)(struct http_exchange *);
	enum http_body_use body_use;
};

/*
 * Whether the request has one of these methods; else it is answered with those
 * that are allowed: OPTIONS with 204, others with 405.
 */
bool http_method_is_allowed(struct http_exchange *, unsigned methods);

/*
 * Answers a request as the table says; OPTIONS, and a method that a path does
 * not have (405), with the methods that it has. False: no route has the path.
 */
bool http_routes_run(struct http_exchange *, const struct http_route *table);

#endif
