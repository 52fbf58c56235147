/*
 * How clients are authenticated, an interface: one implementation for each
 * auth.kind. The authenticator has checked the Origin before it asks.
 */
#ifndef AUTH_AUTH_METHOD_H
#define AUTH_AUTH_METHOD_H

#include "auth/authenticator.h"
#include "auth/member_id.h"
#include "auth/revocations.h"

struct auth_method;
struct http_exchange;
struct http_request;

/* What methods use; everything is borrowed. */
struct auth_context {
	struct clock *clock;
	struct admission *admission;           /* for admission_end_user() */
	const struct revocations *revocations; /* NULL: none; may change */
	int event_fd; /* an eventfd: on_ready() is called after a write */
};

struct auth_method_ops {
	/* What auth.kind calls it. */
	const char *name;
	/*
	 * NULL: `why` explains the problem. The context outlives the method;
	 * texts of the configuration are copied.
	 */
	struct auth_method *(*create)(const struct authenticator_config *,
	    const struct auth_context *, char *why, size_t size);
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
	/*
	 * Answer a request for a log-in or log-out, see http_conn.h; its
	 * method and its Origin were checked. NULL: the kind has none.
	 */
	void (*login)(struct auth_method *, struct http_exchange *);
	void (*logout)(struct auth_method *, struct http_exchange *);
	/* A log-in has failed at another node. NULL: the kind has none. */
	void (*note_failed_login)(struct auth_method *, const uint64_t keys[2]);
	/* Something was written to the context's eventfd. May be NULL. */
	void (*on_ready)(struct auth_method *);
	/* About once a second. May be NULL. */
	void (*tick)(struct auth_method *);
	/* Refuse (503) what waits, and free everything. */
	void (*destroy)(struct auth_method *);
};

struct auth_method {
	const struct auth_method_ops *ops;
};

extern const struct auth_method_ops auth_open_ops;     /* open_method.c */
extern const struct auth_method_ops auth_jwt_ops;      /* jwt_method.c */
extern const struct auth_method_ops auth_password_ops; /* password_method.c */
extern const struct auth_method_ops auth_proxy_ops;    /* proxy_method.c */
extern const struct auth_method_ops auth_hook_ops;     /* hook_method.c */

/* Headers of answers about accounts. */
#define AUTH_COOKIE "parley_session"
#define AUTH_NOT_CACHED "Cache-Control: no-store\r\n"
#define AUTH_COOKIE_CLEARED                                         \
	AUTH_NOT_CACHED                                             \
	"Set-Cookie: " AUTH_COOKIE "=; HttpOnly; SameSite=Strict; " \
	"Path=/; Max-Age=0\r\n"

/* Copies a text of the configuration; absent texts stay absent. */
struct str auth_text_copy(struct str, char copy[AUTH_TEXT_MAX]);

/*
 * Sets principal->member_id, whose text is in `member_id`; absent for an
 * anonymous client.
 */
void auth_set_member_id(struct principal *,
    char member_id[USER_MEMBER_ID_SIZE]);

/* A client of which nothing is known: it may read and post. */
struct principal auth_guest(void);

/* Sets principal->token for the id of its token, which may be absent. */
void auth_set_token(struct principal *, struct str id);

/* Whether the user, whose member id is set, or its token is revoked. */
bool auth_is_revoked(const struct auth_context *, const struct principal *);

/* The reason of a 401. */
#define AUTH_REVOKED "Token revoked\n"

/*
 * Accepts a candidate, with the member id of its user, unless it is revoked:
 * then it is refused.
 */
void auth_accept(const struct auth_context *, struct candidate *,
    const struct principal *);

/* Refuses it, and logs it; why is a constant with a newline. */
void auth_refuse(struct candidate *, int status, const char *why);

/* The same; the client gets another text, which the log does not have. */
void auth_refuse_telling(struct candidate *, int status, const char *why,
    const char *answer);

#endif
