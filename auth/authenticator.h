/* Decides who may connect: by origin, and by auth.kind. Public. */
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

/* The longest text of the configuration. */
#define AUTH_TEXT_MAX 1024

/* Texts are copied. */
struct authenticator_config {
	enum auth_kind kind;
	struct str origins;  /* see origin_is_allowed() */
	struct str key_file; /* what jws_keys_read() reads; with AUTH_JWT */
	struct jwt_policy policy;
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

/*
 * Finds out whose token it is, for a connection that is open. NULL: *out is the
 * user; its texts are good until the next call. Else the reason, a constant
 * with a newline.
 */
const char *authenticator_verify(struct authenticator *, struct str token,
    struct principal *out);

struct admission *authenticator_admission(struct authenticator *);

#endif
