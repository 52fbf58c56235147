/* Decides who may connect: by origin, and by auth.kind. Public. */
#ifndef AUTH_AUTHENTICATOR_H
#define AUTH_AUTHENTICATOR_H

#include <stdbool.h>

#include "auth/jwt.h"
#include "domain/clock.h"
#include "transport/ws/admission.h"

struct authenticator;

enum auth_kind {
	AUTH_OPEN,     /* every client is admitted, as an anonymous user */
	AUTH_JWT,      /* clients need a signed token */
	AUTH_PASSWORD, /* or one that the server gives them for a password */
	AUTH_PROXY,    /* a trusted proxy names the users */
	AUTH_HOOK      /* another program is asked */
};

/* The longest text of the configuration. */
#define AUTH_TEXT_MAX 1024

/* Texts are copied. */
struct authenticator_config {
	enum auth_kind kind;
	struct str origins;  /* see origin_is_allowed() */
	struct str key_file; /* what jws_keys_read() reads; with AUTH_JWT */
	struct jwt_policy policy;
	struct str revoked_file; /* see revocations_read(); absent: none */
	/* With AUTH_PROXY: names of headers; absent: none. */
	struct str proxy_user_header;
	struct str proxy_name_header;
	struct str proxy_rights_header;
	/* With AUTH_HOOK: */
	struct str hook_url;
	const char *hook_ca; /* of an https URL; NULL: those of the system */
	struct str hook_headers; /* names of those that it gets */
	int64_t hook_timeout_ms;
	size_t hook_max;            /* requests at the same time; not 0 */
	bool hook_admits_when_down; /* guests; else no client */
	/* With AUTH_PASSWORD: */
	struct str users_file;
	int64_t session_s;          /* how long a log-in is good */
	uint32_t logins_per_minute; /* of an address, of a user; 0: any */
	/*
	 * With other nodes: two numbers that all have, and what is called for
	 * each failed log-in, with the keys of its address and its user. NULL:
	 * there are none.
	 */
	const uint64_t *login_seed;
	void (*on_failed_login)(void *arg, const uint64_t keys[2]);
	void *arg;
	/* Clients without a token are guests, unless AUTH_OPEN. */
	bool guests;
	/* Clients of the native dialect may send the token later. */
	bool in_band;
};

/*
 * Reads the files. NULL: `why` explains the problem. The clock is borrowed.
 */
struct authenticator *authenticator_create(const struct authenticator_config *,
    struct clock *, char *why, size_t size);

/* Accepts NULL. */
void authenticator_destroy(struct authenticator *);

/*
 * Replaces the configuration and reads the files again. False: nothing has
 * changed, `why` explains the problem.
 */
bool authenticator_configure(struct authenticator *,
    const struct authenticator_config *, char *why, size_t size);

/* A log-in has failed at another node. */
void authenticator_note_failed_login(struct authenticator *,
    const uint64_t keys[2]);

struct admission *authenticator_admission(struct authenticator *);

#endif
