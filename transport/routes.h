/* What is served over HTTP: WebSockets, health checks, a dialect's own, pages.
 */
#ifndef TRANSPORT_ROUTE_H
#define TRANSPORT_ROUTE_H

#include "transport/http/http_conn.h"

/*
 * Answers a request of a worker's connections: opens a WebSocket, or answers
 * as a probe, as the dialect of the listener wants it, or as the server has
 * it.
 */
http_handler routes_handle;

/* Whether a request that begins so is a health check's. */
bool routes_is_probe(struct str request);

#endif
