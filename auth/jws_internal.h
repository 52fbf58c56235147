/* What jws.c and jws_keys.c share. */
#ifndef AUTH_JWS_INTERNAL_H
#define AUTH_JWS_INTERNAL_H

#include <openssl/evp.h>

#include "auth/jws.h"

enum jws_algorithm {
	JWS_HS256,
	JWS_RS256,
	JWS_ES256,
	JWS_EDDSA,
	JWS_ALGORITHMS
};

extern const struct str jws_algorithm_names[JWS_ALGORITHMS];

struct jws_key {
	char id[JWS_KEY_ID_MAX];
	size_t id_len; /* 0: it has none */
	enum jws_algorithm algorithm;
	EVP_PKEY *public_key; /* NULL with JWS_HS256 */
	EVP_MAC_CTX *mac;     /* with the secret; NULL with the others */
};

struct jws_keys {
	struct jws_key keys[JWS_KEYS_MAX];
	size_t count;
};

#endif
