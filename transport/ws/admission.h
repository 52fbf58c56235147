/*
 * Decides who may open a WebSocket, at once or later: an interface. Public.
 *
 * A handshake whose decision does not come within limits.handshake_timeout is
 * answered with 503.
 */
#ifndef TRANSPORT_ADMISSION_H
#define TRANSPORT_ADMISSION_H

#include "domain/principal.h"

struct admission;
struct http_request;

/* One handshake that waits for its decision. */
struct candidate;

struct admission_ops {
	/*
	 * Decide about a request, which is good for the call only: call
	 * admission_accept() or _refuse() once, before this returns or later.
	 */
	void (*admit)(struct admission *, struct candidate *,
	    const struct http_request *);
	/* The candidate is gone: do not decide about it any more. */
	void (*cancel)(struct admission *, struct candidate *);
};

struct admission {
	const struct admission_ops *ops;
};

/* The candidate is a WebSocket from here on, if there still is room for it. */
void admission_accept(struct candidate *, const struct principal *);

/* It is answered with this status (401, 403, 429, 503); why is a constant. */
void admission_refuse(struct candidate *, int status, const char *why);

#endif
