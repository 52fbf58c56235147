/* The server's opening handshake: RFC 6455 §4.2. No I/O. Public. */
#ifndef TRANSPORT_WS_HANDSHAKE_H
#define TRANSPORT_WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"
#include "domain/text/base64.h"
#include "transport/http/http.h"

#define WS_KEY_BYTES 16
#define WS_KEY_SIZE BASE64_SIZE(WS_KEY_BYTES)
#define WS_ACCEPT_SIZE 29 /* 28 characters and NUL */

/* Whether the request has Upgrade: websocket. */
bool ws_handshake_is_wanted(const struct http_request *);

/*
 * Validates such a request: GET, HTTP/1.1, Host, Connection: upgrade, one valid
 * Sec-WebSocket-Key, version 13. Returns 101, or the status of the refusal
 * (400, 405, 426) with its reason in *why.
 */
int ws_handshake_check(const struct http_request *, struct str *key,
    const char **why);

/* Sec-WebSocket-Accept for a key: §4.2.2 5.4. */
void ws_handshake_accept(struct str key, char out[WS_ACCEPT_SIZE]);

/* Whether the client offers the subprotocol. */
bool ws_handshake_offers(const struct http_request *, const char *subprotocol);

/*
 * Writes the 101 response; subprotocol, extensions and traceparent may be NULL.
 * Returns its size, or 0 if it does not fit.
 */
size_t ws_handshake_response(struct str key, const char *subprotocol,
    const char *extensions, const char *traceparent, char *out, size_t size);

#endif
