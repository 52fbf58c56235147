/* What is served over plain HTTP: health checks, pages. */
#ifndef TRANSPORT_ROUTE_H
#define TRANSPORT_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/str.h"
#include "transport/http.h"

struct service;

#define ROUTE_BODY_SIZE 2048 /* headers of an asset fit in, too */

/*
 * Answers a request that does not open a WebSocket. The response's body is
 * in `body`; its other texts are constants.
 */
void routes_answer(const struct service *, const struct http_request *,
    struct http_response *, char body[ROUTE_BODY_SIZE]);

#endif
