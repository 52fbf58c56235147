/* Tokens that were logged out before they expire, also across restarts. */
#ifndef AUTH_REVOKED_TOKENS_H
#define AUTH_REVOKED_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* The id of a token: base64url of 16 random bytes. */
#define TOKEN_ID_LEN 22

/* Beyond it, those that would expire first are valid again. */
#define REVOKED_TOKENS_MAX 65536

struct revoked_tokens;

/*
 * Reads the file, if there is one, and writes it again without what has
 * expired. NULL: `why` explains the problem, with the path.
 */
struct revoked_tokens *revoked_tokens_load(const char *path, int64_t now_s,
    char *why, size_t size);

/* Accepts NULL. */
void revoked_tokens_destroy(struct revoked_tokens *);

/* False: no memory; a failure of the disk is logged, and does not count. */
bool revoked_tokens_add(struct revoked_tokens *, struct str id,
    int64_t expires_s, int64_t now_s);

bool revoked_tokens_contain(const struct revoked_tokens *, struct str id);

#endif
