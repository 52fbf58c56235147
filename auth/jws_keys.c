/* Reads keys: JSON Web Key Sets (RFC 7517, RFC 7518 §6, RFC 8037), PEM. */
#include <assert.h>

#include "auth/jws_internal.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/text/base64.h"
#include "wire/json/json_reader.h"

#define KEY_SET_DEPTH 8
#define RSA_BITS_MIN 2048 /* RFC 7518 §3.3 */
#define NUMBER_MAX 1024   /* bytes of an RSA modulus */
#define POINT_SIZE 32     /* of a coordinate of P-256, and of Ed25519 */

/* --- keys of OpenSSL ------------------------------------------------------ */

static EVP_PKEY *
key_from_params(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params =
	    build != NULL ? OSSL_PARAM_BLD_to_param(build) : NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (params == NULL || context == NULL ||
	    EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *
key_from_rsa(const uint8_t *n, size_t n_len, const uint8_t *e, size_t e_len)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *modulus = BN_bin2bn(n, (int)n_len, NULL);
	BIGNUM *exponent = BN_bin2bn(e, (int)e_len, NULL);
	EVP_PKEY *key = NULL;

	if (build != NULL && modulus != NULL && exponent != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
		key = key_from_params("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

static EVP_PKEY *
key_from_p256(const uint8_t x[POINT_SIZE], const uint8_t y[POINT_SIZE])
{
	uint8_t point[1 + 2 * POINT_SIZE] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	memcpy(point + 1, x, POINT_SIZE);
	memcpy(point + 1 + POINT_SIZE, y, POINT_SIZE);
	if (build != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
		"prime256v1", 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
		point, sizeof(point)))
		key = key_from_params("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* The algorithm of a public key; JWS_ALGORITHMS: none that we support. */
static enum jws_algorithm
algorithm_of_key(EVP_PKEY *key)
{
	char group[32];
	size_t len;

	if (EVP_PKEY_is_a(key, "RSA"))
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN ? JWS_RS256
							      : JWS_ALGORITHMS;
	if (EVP_PKEY_is_a(key, "ED25519"))
		return JWS_EDDSA;
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	    strcmp(group, "prime256v1") == 0)
		return JWS_ES256;
	return JWS_ALGORITHMS;
}

/* --- the set -------------------------------------------------------------- */

static struct jws_key *
keys_add(struct jws_keys *keys, enum jws_algorithm algorithm)
{
	struct jws_key *key = &keys->keys[keys->count];

	assert(keys->count <= JWS_KEYS_MAX);
	if (keys->count == JWS_KEYS_MAX)
		return NULL;
	keys->count++;
	key->algorithm = algorithm;
	return key;
}

/* NULL: no memory. */
static HMAC_CTX *
mac_create(const uint8_t *secret, size_t len)
{
	HMAC_CTX *mac = HMAC_CTX_new();

	if (mac != NULL &&
	    HMAC_Init_ex(mac, secret, (int)len, EVP_sha256(), NULL) == 1)
		return mac;
	HMAC_CTX_free(mac);
	return NULL;
}

static const char *
keys_add_secret(struct jws_keys *keys, const uint8_t *secret, size_t len,
    struct jws_key **out)
{
	struct jws_key *key;

	if (len < JWS_SECRET_MIN)
		return "a secret needs at least 32 bytes";
	key = keys_add(keys, JWS_HS256);
	if (key == NULL)
		return "more than 64 keys";
	key->mac = mac_create(secret, len);
	if (key->mac == NULL)
		return "no memory";
	*out = key;
	return NULL;
}

/* Takes ownership of the key. */
static const char *
keys_add_public(struct jws_keys *keys, EVP_PKEY *public_key,
    struct jws_key **out)
{
	enum jws_algorithm algorithm;
	struct jws_key *key = NULL;

	if (public_key == NULL)
		return "not a valid public key";
	algorithm = algorithm_of_key(public_key);
	if (algorithm != JWS_ALGORITHMS)
		key = keys_add(keys, algorithm);
	if (key == NULL) {
		EVP_PKEY_free(public_key);
		return algorithm == JWS_ALGORITHMS
			   ? "a key is neither RSA with at least 2048 bits, "
			     "nor P-256, nor Ed25519"
			   : "more than 64 keys";
	}
	key->public_key = public_key;
	*out = key;
	return NULL;
}

/* --- JSON Web Keys -------------------------------------------------------- */

/* The members of a key, as they stand in the set. */
struct web_key {
	struct json_value kty, crv, use, alg, kid, k, n, e, x, y;
};

static bool
web_key_read(struct str text, struct web_key *out)
{
	static const struct {
		struct str name;
		size_t offset;
	} members[] = {
#define MEMBER(name) \
	{ { #name, sizeof(#name) - 1 }, offsetof(struct web_key, name) }
		MEMBER(kty), MEMBER(crv), MEMBER(use), MEMBER(alg), MEMBER(kid),
		MEMBER(k), MEMBER(n), MEMBER(e), MEMBER(x), MEMBER(y)
#undef MEMBER
	};
	struct json_reader reader;
	struct json_member member;

	memset(out, 0, sizeof(*out));
	json_open(&reader, text, KEY_SET_DEPTH, NULL);
	while (json_next(&reader, &member))
		for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
			if (json_string_is(&member.key, members[i].name))
				memcpy((char *)out + members[i].offset,
				    &member.value, sizeof(member.value));
	return reader.error == JSON_OK;
}

static bool
web_key_is(const struct json_value *value, const char *text)
{
	return value->type == JSON_STRING &&
	       json_string_is(&value->string, str_from(text));
}

static bool
web_key_bytes(const struct json_value *value, uint8_t *out, size_t size,
    size_t *len)
{
	return value->type == JSON_STRING && !value->string.escaped &&
	       base64url_decode(value->string.body, out, size, len) && *len > 0;
}

static EVP_PKEY *
web_key_rsa(const struct web_key *web_key)
{
	uint8_t n[NUMBER_MAX], e[NUMBER_MAX];
	size_t n_len, e_len;

	if (!web_key_bytes(&web_key->n, n, sizeof(n), &n_len) ||
	    !web_key_bytes(&web_key->e, e, sizeof(e), &e_len))
		return NULL;
	return key_from_rsa(n, n_len, e, e_len);
}

static EVP_PKEY *
web_key_p256(const struct web_key *web_key)
{
	uint8_t x[POINT_SIZE], y[POINT_SIZE];
	size_t x_len, y_len;

	if (!web_key_bytes(&web_key->x, x, sizeof(x), &x_len) ||
	    !web_key_bytes(&web_key->y, y, sizeof(y), &y_len) ||
	    x_len != POINT_SIZE || y_len != POINT_SIZE)
		return NULL;
	return key_from_p256(x, y);
}

static EVP_PKEY *
web_key_ed25519(const struct web_key *web_key)
{
	uint8_t x[POINT_SIZE];
	size_t len;

	if (!web_key_bytes(&web_key->x, x, sizeof(x), &len) ||
	    len != POINT_SIZE)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, len);
}

static const char *
web_key_add_secret(struct jws_keys *keys, const struct web_key *web_key,
    struct jws_key **out)
{
	uint8_t secret[NUMBER_MAX];
	size_t len;

	if (!web_key_bytes(&web_key->k, secret, sizeof(secret), &len))
		return "a secret of the set is not base64url";
	return keys_add_secret(keys, secret, len, out);
}

/* Other types and uses are skipped: RFC 7517 §5. */
static const char *
web_key_add(struct jws_keys *keys, const struct web_key *web_key)
{
	struct jws_key *key = NULL;
	const char *why;

	if (web_key->use.type == JSON_STRING &&
	    !web_key_is(&web_key->use, "sig"))
		return NULL;
	if (web_key_is(&web_key->kty, "oct"))
		why = web_key_add_secret(keys, web_key, &key);
	else if (web_key_is(&web_key->kty, "RSA"))
		why = keys_add_public(keys, web_key_rsa(web_key), &key);
	else if (web_key_is(&web_key->kty, "EC") &&
		 web_key_is(&web_key->crv, "P-256"))
		why = keys_add_public(keys, web_key_p256(web_key), &key);
	else if (web_key_is(&web_key->kty, "OKP") &&
		 web_key_is(&web_key->crv, "Ed25519"))
		why = keys_add_public(keys, web_key_ed25519(web_key), &key);
	else
		return NULL;
	if (why != NULL)
		return why;
	if (web_key->alg.type == JSON_STRING &&
	    !json_string_is(&web_key->alg.string,
		jws_algorithm_names[key->algorithm]))
		return "the alg of a key does not fit its type";
	if (web_key->kid.type == JSON_STRING &&
	    !json_string_copy(&web_key->kid.string, key->id, sizeof(key->id),
		&key->id_len))
		return "the kid of a key is longer than 128 bytes";
	return NULL;
}

static const char *
keys_read_set(struct jws_keys *keys, struct str content)
{
	struct str list = STR_ABSENT;
	struct json_reader reader;
	struct json_member member;
	struct json_value item;
	struct web_key web_key;
	const char *why = NULL;

	json_open(&reader, content, KEY_SET_DEPTH, NULL);
	while (json_next(&reader, &member))
		if (json_string_is(&member.key, STR("keys")) &&
		    member.value.type == JSON_ARRAY)
			list = member.value.text;
	if (reader.error != JSON_OK || list.data == NULL)
		return "not a JSON Web Key Set";
	json_open_array(&reader, list, KEY_SET_DEPTH);
	while (why == NULL && json_next_item(&reader, &item))
		why = item.type == JSON_OBJECT &&
			      web_key_read(item.text, &web_key)
			  ? web_key_add(keys, &web_key)
			  : "a key of the set is not an object";
	return why;
}

/* --- files ---------------------------------------------------------------- */

static const char *
keys_read_pem(struct jws_keys *keys, struct str content)
{
	BIO *input = BIO_new_mem_buf(content.data, (int)content.len);
	struct jws_key *key = NULL;
	const char *why;

	if (input == NULL)
		return "no memory";
	why = keys_add_public(keys,
	    PEM_read_bio_PUBKEY(input, NULL, NULL, NULL), &key);
	BIO_free(input);
	return why;
}

static bool
begins_with(struct str text, struct str prefix)
{
	return text.len >= prefix.len &&
	       memcmp(text.data, prefix.data, prefix.len) == 0;
}

static const char *
keys_read_content(struct jws_keys *keys, struct str content)
{
	struct jws_key *key = NULL;

	if (begins_with(content, STR("{")))
		return keys_read_set(keys, content);
	if (begins_with(content, STR("-----BEGIN ")))
		return keys_read_pem(keys, content);
	if (content.len > 0 && content.data[content.len - 1] == '\n')
		content.len--;
	return keys_add_secret(keys, (const uint8_t *)content.data, content.len,
	    &key);
}

struct jws_keys *
jws_keys_read(struct str content, char *why, size_t size)
{
	struct jws_keys *keys = calloc(1, sizeof(*keys));
	const char *problem;

	if (keys == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	problem = keys_read_content(keys, content);
	if (problem == NULL && keys->count == 0)
		problem = "no key for signatures in it";
	ERR_clear_error();
	if (problem == NULL)
		return keys;
	snprintf(why, size, "%s", problem);
	jws_keys_destroy(keys);
	return NULL;
}

void
jws_keys_destroy(struct jws_keys *keys)
{
	if (keys == NULL)
		return;
	for (size_t i = 0; i < keys->count; i++) {
		struct jws_key *key = &keys->keys[i];

		EVP_PKEY_free(key->public_key);
		HMAC_CTX_free(key->mac);
	}
	free(keys);
}

size_t
jws_keys_count(const struct jws_keys *keys)
{
	return keys->count;
}
