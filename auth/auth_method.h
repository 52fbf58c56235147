/*
 * How clients are authenticated, an interface: one implementation for each
 * auth.kind. The authenticator has checked the Origin before it asks.
 */
#ifndef AUTH_AUTH_METHOD_H
#define AUTH_AUTH_METHOD_H

#include "auth/authenticator.h"
#include "auth/member_id.h"

struct auth_method;
struct http_request;

struct auth_method_ops {
	/* What auth.kind calls it. */
	const char *name;
	/* NULL: `why` explains the problem. The clock is borrowed; texts of
	 * the configuration are copied. */
	struct auth_method *(*create)(const struct authenticator_config *,
	    struct clock *, char *why, size_t size);
	/*
	 * Take over a new configuration, and read its files again. False:
	 * nothing has changed, `why` explains the problem.
	 */
	bool (*configure)(struct auth_method *,
	    const struct authenticator_config *, char *why, size_t size);
	/*
	 * Find out whose token it is. NULL: *out is the user; its texts are
	 * good until the next call. Else the reason of a 401, a constant with
	 * a newline. NULL: the kind has no tokens; without admit() either,
	 * every client is accepted, as an anonymous user.
	 */
	const char *(*verify)(struct auth_method *, struct str token,
	    struct principal *out);
	/* The cookie that may hold the token; NULL: none. */
	const char *cookie;
	/*
	 * Decide about a request, which is good for the call only: call
	 * auth_accept() or auth_refuse() once, before this returns or later.
	 * NULL: the kind has verify(), or accepts every client.
	 */
	void (*admit)(struct auth_method *, struct candidate *,
	    const struct http_request *);
	/* The candidate is gone. NULL: admit() always decides at once. */
	void (*cancel)(struct auth_method *, struct candidate *);
	/* Refuse (503) the candidates that wait, and free everything. */
	void (*destroy)(struct auth_method *);
};

struct auth_method {
	const struct auth_method_ops *ops;
};

extern const struct auth_method_ops auth_open_ops; /* open_method.c */
extern const struct auth_method_ops auth_jwt_ops;  /* jwt_method.c */

/* Copies a text of the configuration; absent texts stay absent. */
struct str auth_text_copy(struct str, char copy[AUTH_TEXT_MAX]);

/*
 * Sets principal->member_id, whose text is in `member_id`; absent for an
 * anonymous client.
 */
void auth_set_member_id(struct principal *,
    char member_id[USER_MEMBER_ID_SIZE]);

/* Accepts a candidate, with the member id of its user. */
void auth_accept(struct candidate *, const struct principal *);

/* Refuses it, and logs it; why is a constant with a newline. */
void auth_refuse(struct candidate *, int status, const char *why);

#endif
