/* What is served over HTTP: health checks, a dialect's own, pages. Public. */
#ifndef TRANSPORT_ROUTES_H
#define TRANSPORT_ROUTES_H

#include "domain/base/str.h"
#include "transport/http/http_route.h"

struct http_exchange;

/* The routes of a chat server. */
extern const struct http_route server_routes[];

/*
 * Answers a request of a worker's connection: opens a WebSocket where the
 * endpoint serves it, or does what the routes of the server's config say.
 */
void routes_handle(struct http_exchange *);

/* Whether a request that begins so is a health check's. */
bool routes_is_probe(struct str request);

#endif
