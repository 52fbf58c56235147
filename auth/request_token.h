/* The token that a request comes with. */
#ifndef AUTH_REQUEST_TOKEN_H
#define AUTH_REQUEST_TOKEN_H

#include "auth/jws.h"

struct http_request;

/* For tokens that are encoded in the request. */
#define REQUEST_TOKEN_SIZE (JWS_TOKEN_MAX + 1)

/*
 * From Authorization: Bearer, a subprotocol "bearer.<token>" (a browser cannot
 * set headers, but it can offer a subprotocol), ?token=, or the cookie of that
 * name, unless NULL. Absent: there is none. It points into the request or into
 * the scratch memory.
 */
struct str request_token_find(const struct http_request *, const char *cookie,
    char scratch[REQUEST_TOKEN_SIZE]);

#endif
