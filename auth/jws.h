/*
 * Signatures over compact tokens: RFC 7515 with HS256, RS256, ES256 (RFC 7518)
 * and EdDSA with Ed25519 (RFC 8037). Public.
 *
 * A key has one algorithm, given by its type. The header of a token must name
 * that algorithm, and "none" is no algorithm, so a token cannot choose how it
 * is verified.
 */
#ifndef AUTH_JWS_H
#define AUTH_JWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

/* The longest token; longer ones are malformed. */
#define JWS_TOKEN_MAX 8192
#define JWS_KEY_ID_MAX 128
#define JWS_KEYS_MAX 64
/* A shorter secret can be guessed: RFC 7518 §3.2. */
#define JWS_SECRET_MIN 32

/* X(constant, the text of a refusal, with a newline) */
#define JWS_RESULTS(X)                                          \
	X(JWS_OK, "Valid")                                      \
	X(JWS_MALFORMED, "Token malformed")                     \
	X(JWS_UNSUPPORTED, "Token with unsupported parameters") \
	X(JWS_UNKNOWN_KEY, "Token signed with an unknown key")  \
	X(JWS_BAD_SIGNATURE, "Token signature invalid")

enum jws_result {
#define X(constant, reason) constant,
	JWS_RESULTS(X)
#undef X
};

const char *jws_result_reason(enum jws_result);

struct jws_keys;

/*
 * Reads the keys of a file: a JSON Web Key Set (RFC 7517), a PEM public key,
 * or a secret of at least JWS_SECRET_MIN bytes, without its final newline.
 * Keys of a set that are not for signatures, or of another type, are skipped.
 * NULL: `why` explains the problem.
 */
struct jws_keys *jws_keys_read(struct str content, char *why, size_t size);

/* Accepts NULL. */
void jws_keys_destroy(struct jws_keys *);

size_t jws_keys_count(const struct jws_keys *);

/*
 * Verifies a token and decodes its payload, of *len bytes, into `payload`.
 * With a key id in the header only the key of that id is tried, else every
 * key of the token's algorithm.
 */
enum jws_result jws_verify(const struct jws_keys *, struct str token,
    char payload[JWS_TOKEN_MAX], size_t *len);

/*
 * Signs a payload with a secret (HS256). Returns the length of the token, or
 * 0: it is longer than size, or no memory.
 */
size_t jws_sign(struct str secret, struct str payload, char *out, size_t size);

#endif
