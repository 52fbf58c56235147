/* The tokens that a log-in gives: signed by a secret of the server. */
#ifndef AUTH_SESSION_TOKEN_H
#define AUTH_SESSION_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/jwt.h"
#include "auth/revoked_tokens.h"
#include "auth/users.h"

/* Claims of two names of 128 bytes, whose characters may all be escaped. */
#define SESSION_TOKEN_SIZE 2048

struct session_key;

/*
 * Reads the secret of a file; if there is no such file, makes one, of mode
 * 0600. NULL: `why` explains the problem, with the path.
 */
struct session_key *session_key_load(const char *path, char *why, size_t size);

/* Accepts NULL. */
void session_key_destroy(struct session_key *);

/*
 * Makes a token for a user. Returns its length, or 0: no memory, or no random
 * numbers.
 */
size_t session_token_sign(const struct session_key *, const struct user *,
    int64_t now_s, int64_t expires_s, char out[SESSION_TOKEN_SIZE]);

struct session_claims {
	struct jwt_claims jwt;
	struct str id;     /* TOKEN_ID_LEN characters */
	struct user *user; /* of the users that were given */
};

/*
 * Whether the token is one of ours, its user is not locked, and has the
 * password of that log-in. NULL: it is valid; else the reason, a constant with
 * a newline.
 */
const char *session_token_verify(const struct session_key *,
    const struct users *, struct str token, int64_t now_s,
    struct session_claims *out);

#endif
