/* From an HTTP request to a WebSocket: checks, negotiation, the 101. */
#ifndef TRANSPORT_WS_UPGRADE_H
#define TRANSPORT_WS_UPGRADE_H

#include "transport/ws/ws_conn.h"

struct http_exchange;
struct http_response;

/* A request for a WebSocket at a path that the endpoint serves. */
void ws_upgrade(struct ws_service *, struct http_exchange *);

/*
 * Whether there is room for one more connection; else the response says why
 * not.
 */
bool ws_has_room(const struct ws_service *, struct conn *,
    struct http_response *);

#endif
