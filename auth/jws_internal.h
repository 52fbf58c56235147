/*
 * What jws.c and jws_keys.c share.
 *
 * MACs are computed with the functions of OpenSSL 1.1. Of those of OpenSSL 3,
 * one does not begin again with the same secret before 3.0.3, and the others
 * look the algorithm up for each MAC, which takes five times as long.
 */
#ifndef AUTH_JWS_INTERNAL_H
#define AUTH_JWS_INTERNAL_H

#define OPENSSL_API_COMPAT 0x10101000L

#include <openssl/evp.h>
#include <openssl/hmac.h>

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
	HMAC_CTX *mac;        /* with the secret; NULL with the others */
};

struct jws_keys {
	struct jws_key keys[JWS_KEYS_MAX];
	size_t count;
};

#endif
