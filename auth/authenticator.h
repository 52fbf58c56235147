/* Decides who may connect: by origin, and by signed tokens. Public. */
#ifndef AUTH_AUTHENTICATOR_H
#define AUTH_AUTHENTICATOR_H

#include <stdbool.h>

#include "auth/jwt.h"
#include "domain/clock.h"
#include "transport/ws/admission.h"

struct authenticator;

enum auth_kind {
	AUTH_OPEN, /* every client is admitted, as an anonymous user */
	AUTH_JWT   /* clients need a signed token */
};

/* Texts are copied; they have at most 1024 bytes. */
struct authenticator_config {
	enum auth_kind kind;
	struct str origins;  /* see origin_is_allowed() */
	struct str key_file; /* what jws_keys_read() reads; with AUTH_JWT */
	struct jwt_policy policy;
};

/*
 * Reads the keys. NULL: `why` explains the problem. The clock is borrowed.
 */
struct authenticator *authenticator_create(const struct authenticator_config *,
    struct clock *, char *why, size_t size);

/* Accepts NULL. */
void authenticator_destroy(struct authenticator *);

/*
 * Replaces the configuration and reads the keys again. False: nothing has
 * changed, `why` explains the problem.
 */
bool authenticator_configure(struct authenticator *,
    const struct authenticator_config *, char *why, size_t size);

struct admission *authenticator_admission(struct authenticator *);

#endif
