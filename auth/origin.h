/*
 * Which pages of browsers may connect: the Origin header, RFC 6454 §7. Public.
 *
 * Browsers send it with every WebSocket handshake, also across sites, and
 * send the cookies of this server with it. Other programs have no Origin.
 */
#ifndef AUTH_ORIGIN_H
#define AUTH_ORIGIN_H

#include <stdbool.h>

#include "domain/base/str.h"

/*
 * Whether a page of this origin may connect to a server that was addressed as
 * `host` (the Host header), over TLS if it is secure: if host and port are the
 * same, and with TLS the scheme is https, or if one of the allowed origins
 * matches. These are separated by commas or spaces:
 *
 *	https://app.example.org		exactly this origin
 *	app.example.org			with any scheme
 *	*.example.org			any host below example.org
 *	*				every origin
 *
 * An absent origin is allowed.
 */
bool origin_is_allowed(struct str origin, struct str host, bool is_secure,
    struct str allowed);

/* Whether a list of allowed origins is well-formed. */
bool origin_list_is_valid(struct str allowed);

#endif
