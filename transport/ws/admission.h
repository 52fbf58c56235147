/*
 * Decides who may open a WebSocket, or read a room over HTTP, at once or later:
 * an interface. Public.
 *
 * A request whose decision does not come within limits.handshake_timeout is
 * answered with 503.
 */
#ifndef TRANSPORT_ADMISSION_H
#define TRANSPORT_ADMISSION_H

#include <stdbool.h>

#include "domain/principal.h"

struct admission;
struct candidate;
struct http_exchange;
struct http_request;
struct loop;
struct ws_service;

struct candidate_ops {
	/* The decision. The principal is good for the call. */
	void (*accept)(struct candidate *, const struct principal *);
	void (*refuse)(struct candidate *, int status, const char *why);
};

/* One request that waits for its decision; a part of who asks. */
struct candidate {
	const struct candidate_ops *ops;
	struct http_exchange *exchange; /* begun */
	/* What the client gets instead of the reason of a refusal; NULL:
	 * the reason. Good until the refusal. */
	const char *answer;
};

struct admission_ops {
	/*
	 * Decide about a request, which is good for the call only: call
	 * admission_accept() or _refuse() once, before this returns or later.
	 */
	void (*admit)(struct admission *, struct candidate *,
	    const struct http_request *);
	/* The candidate is gone: do not decide about it any more. */
	void (*cancel)(struct admission *, struct candidate *);
	/*
	 * Find out whose token it is, for a connection that is open. NULL: *out
	 * is the user; its texts are good until the next call. Else the reason,
	 * a constant. May be NULL: tokens are not in use.
	 */
	const char *(*verify)(struct admission *, struct str token,
	    struct principal *out);
	/* Whether a user, or its token, was revoked meanwhile. May be NULL:
	 * nothing is. */
	bool (*is_revoked)(struct admission *, const struct principal_mark *);
	/*
	 * Revoke what a line names: "sub USER", see auth/revocations.h. It is
	 * stored and in effect when this returns. False: it is not; *why is a
	 * constant, or NULL: what failed is logged. May be NULL.
	 */
	bool (*revoke)(struct admission *, struct str line, const char **why);
	/*
	 * Answer a request for /v1/login, /v1/logout, /v1/session, of any
	 * method; see http_conn.h. False: it is not served. May be NULL.
	 */
	bool (*login)(struct admission *, struct http_exchange *);
	bool (*logout)(struct admission *, struct http_exchange *);
	bool (*session)(struct admission *, struct http_exchange *);
	/* ready_fd is readable. NULL: there is none. */
	void (*on_ready)(struct admission *);
	/* About once a second. May be NULL. */
	void (*tick)(struct admission *);
};

/*
 * What an implementation asks before it accepts a candidate: it accepts or
 * refuses it then, at once or later.
 */
struct connect_question;

struct connect_question_ops {
	void (*ask)(struct connect_question *, struct candidate *,
	    const struct principal *);
	/* The candidate is gone. False: it is not being asked about. */
	bool (*cancel)(struct connect_question *, struct candidate *);
};

struct connect_question {
	const struct connect_question_ops *ops;
};

struct admission {
	const struct admission_ops *ops;
	int ready_fd;                      /* read only with on_ready */
	struct ws_service *service;        /* set by the server */
	struct loop *loop;                 /* the same; for http_call_post() */
	struct connect_question *question; /* NULL: none */
};

/*
 * It may do what it asked for: from here on it is a WebSocket, if there still
 * is room for it.
 */
static inline void
admission_accept(struct candidate *candidate, const struct principal *principal)
{
	candidate->ops->accept(candidate, principal);
}

/* It is answered with this status (401, 403, 429, 503); why is a constant. */
void admission_refuse(struct candidate *, int status, const char *why);

/* Whether a connection of this user, with this token, ends. */
typedef bool admission_ends(const struct principal_mark *, const void *arg);

/* Ends connections of users, as admission_end_user() does. */
void admission_end_if(struct admission *, admission_ends *, const void *arg,
    unsigned code, const char *reason);

/*
 * Ends all connections of a user, after `bye`, with this close code. The
 * reason is a constant: "forbidden".
 */
void admission_end_user(struct admission *, struct str member_id, unsigned code,
    const char *reason);

#endif
