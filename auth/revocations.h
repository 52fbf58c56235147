/* Tokens and users that are revoked: the file auth.revoked. Public. */
#ifndef AUTH_REVOCATIONS_H
#define AUTH_REVOCATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/principal.h"

struct revocations;

/*
 * Reads lines of these forms; a line may be empty, or begin with '#':
 *
 *	jti ID             the token with this id
 *	sub USER           all tokens of a user
 *	before TIME        all tokens issued before this Unix time
 *	before TIME USER   those of a user
 *
 * NULL: `why` explains the problem, with the number of its line.
 */
struct revocations *revocations_read(struct str content, char *why,
    size_t size);

/* Accepts NULL. */
void revocations_destroy(struct revocations *);

/* What principal_mark.token is for a token with this id; never 0. */
uint64_t revocations_token(struct str id);

/* Whether a user, or its token, is revoked. NULL: nothing is. */
bool revocations_match(const struct revocations *,
    const struct principal_mark *);

#endif
