/* JSON Web Tokens: the claims of a verified token, RFC 7519. Public. */
#ifndef AUTH_JWT_H
#define AUTH_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/jws.h"

/* What a token must fulfil. Absent texts and false are not required. */
struct jwt_policy {
	bool expiry_optional;
	int64_t leeway_s; /* for clocks that differ */
	struct str issuer;
	struct str audience;
};

/* X(constant, the text of a refusal, with a newline); signatures have
 * jws_result. */
#define JWT_RESULTS(X)                                 \
	X(JWT_OK, "Valid")                             \
	X(JWT_MALFORMED, "Token claims malformed")     \
	X(JWT_NO_SUBJECT, "Token without a sub claim") \
	X(JWT_NO_EXPIRY, "Token without an exp claim") \
	X(JWT_EXPIRED, "Token expired")                \
	X(JWT_NOT_YET_VALID, "Token not valid yet")    \
	X(JWT_WRONG_ISSUER, "Token of another issuer") \
	X(JWT_WRONG_AUDIENCE, "Token for another audience")

enum jwt_result {
#define X(constant, reason) constant,
	JWT_RESULTS(X)
#undef X
};

const char *jwt_result_reason(enum jwt_result);

/* Texts point into the claims' own memory. Times are seconds since 1970. */
struct jwt_claims {
	struct str subject;
	struct str name;   /* display name; absent: none */
	struct str id;     /* jti; absent: none */
	struct str parley; /* our own claim, a JSON object; absent: none */
	int64_t expires_s; /* 0: never */
	int64_t issued_s;  /* 0: unknown */
	char payload[JWS_TOKEN_MAX];
	char texts[JWS_TOKEN_MAX];
	size_t texts_len;
};

/*
 * Reads the claims of a payload, which is copied, and checks them. Claims of
 * the wrong type and duplicate claims are malformed.
 */
enum jwt_result jwt_claims_read(struct jwt_claims *, struct str payload,
    const struct jwt_policy *, int64_t now_s);

/*
 * Verifies the signature of a token, and its claims. NULL: it is valid; else
 * the reason, a constant with a newline.
 */
const char *jwt_verify(struct jwt_claims *, const struct jws_keys *,
    struct str token, const struct jwt_policy *, int64_t now_s);

#endif
