/* From an HTTP request to a WebSocket: checks, negotiation, the 101. */
#ifndef TRANSPORT_WS_UPGRADE_H
#define TRANSPORT_WS_UPGRADE_H

#include <stdbool.h>

#include "transport/ws/ws_conn.h"

struct dialect;
struct http_response;

/*
 * A request for a WebSocket at a path that the endpoint serves. False: it is
 * refused, and the response says why.
 */
bool ws_upgrade(struct ws_service *, struct conn *,
    const struct dialect *listener, const struct http_request *,
    struct http_response *);

#endif
