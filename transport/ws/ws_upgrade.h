/* From an HTTP request to a WebSocket: checks, negotiation, the 101. */
#ifndef TRANSPORT_WS_UPGRADE_H
#define TRANSPORT_WS_UPGRADE_H

#include "transport/ws/ws_conn.h"

struct http_exchange;

/* A request for a WebSocket at a path that the endpoint serves. */
void ws_upgrade(struct ws_service *, struct http_exchange *);

#endif
