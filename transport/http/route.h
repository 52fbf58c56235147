/* What is served over plain HTTP: health checks, a dialect's face, pages. */
#ifndef TRANSPORT_ROUTE_H
#define TRANSPORT_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"
#include "transport/http/http.h"

struct conn;

#define ROUTE_BODY_SIZE 2048 /* headers of an asset fit in, too */

/*
 * Answers a request that does not open a WebSocket: as a probe, as the
 * dialect of the listener wants it, or as the server has it. The response's
 * body is in `body` or good until the next request; its other texts are
 * constants. could_open: with an upgrade, it would.
 */
void routes_answer(const struct conn *, const struct http_request *,
    bool could_open, struct http_response *, char body[ROUTE_BODY_SIZE]);

#endif
