#include "auth/jws_internal.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "domain/text/base64.h"
#include "wire/json/json_reader.h"

#define HEADER_DEPTH 4
#define SIGNATURE_MAX 1024 /* RSA with 8192 bits */
#define MAC_SIZE 32
#define EC_FIELD_SIZE 32 /* of P-256 */

const struct str jws_algorithm_names[JWS_ALGORITHMS] = {
	[JWS_HS256] = { "HS256", 5 },
	[JWS_RS256] = { "RS256", 5 },
	[JWS_ES256] = { "ES256", 5 },
	[JWS_EDDSA] = { "EdDSA", 5 },
};

const char *
jws_result_reason(enum jws_result result)
{
	static const char *const reasons[] = {
#define X(constant, reason) reason "\n",
		JWS_RESULTS(X)
#undef X
	};

	return reasons[result];
}

/* --- the parts of a token ------------------------------------------------- */

struct token_parts {
	struct str header;
	struct str payload;
	struct str signature;
	struct str signed_part; /* header and payload with the dot */
};

static bool
token_split(struct str token, struct token_parts *out)
{
	const char *end = token.data + token.len;
	const char *first, *second;

	if (token.len > JWS_TOKEN_MAX)
		return false;
	first = memchr(token.data, '.', token.len);
	if (first == NULL)
		return false;
	second = memchr(first + 1, '.', (size_t)(end - first - 1));
	if (second == NULL ||
	    memchr(second + 1, '.', (size_t)(end - second - 1)) != NULL)
		return false;
	out->header = str_slice(token.data, (size_t)(first - token.data));
	out->payload = str_slice(first + 1, (size_t)(second - first - 1));
	out->signature = str_slice(second + 1, (size_t)(end - second - 1));
	out->signed_part = str_slice(token.data, (size_t)(second - token.data));
	return true;
}

struct token_header {
	enum jws_algorithm algorithm; /* JWS_ALGORITHMS: not one of ours */
	char key_id[JWS_KEY_ID_MAX];
	size_t key_id_len; /* 0: none */
};

static enum jws_algorithm
algorithm_of(const struct json_value *value)
{
	unsigned i = 0;

	while (i < JWS_ALGORITHMS &&
	       !(value->type == JSON_STRING &&
		   json_string_is(&value->string, jws_algorithm_names[i])))
		i++;
	return (enum jws_algorithm)i;
}

/* `crit` names extensions that must be understood; none is: §4.1.11. */
static enum jws_result
header_read(struct str encoded, struct token_header *out)
{
	uint8_t text[JWS_TOKEN_MAX];
	struct json_reader reader;
	struct json_member member;
	enum jws_result result = JWS_OK;
	size_t len;

	*out = (struct token_header){ .algorithm = JWS_ALGORITHMS };
	if (!base64url_decode(encoded, text, sizeof(text), &len))
		return JWS_MALFORMED;
	json_open(&reader, str_slice((const char *)text, len), HEADER_DEPTH,
	    NULL);
	while (json_next(&reader, &member)) {
		if (json_string_is(&member.key, STR("alg")))
			out->algorithm = algorithm_of(&member.value);
		else if (json_string_is(&member.key, STR("crit")))
			result = JWS_UNSUPPORTED;
		else if (json_string_is(&member.key, STR("kid")) &&
			 (member.value.type != JSON_STRING ||
			     !json_string_copy(&member.value.string,
				 out->key_id, sizeof(out->key_id),
				 &out->key_id_len) ||
			     out->key_id_len == 0))
			result = JWS_UNKNOWN_KEY;
	}
	if (reader.error != JSON_OK)
		return JWS_MALFORMED;
	if (result == JWS_OK && out->algorithm == JWS_ALGORITHMS)
		return JWS_UNSUPPORTED;
	return result;
}

/* --- signatures ----------------------------------------------------------- */

static bool
mac_matches(const struct jws_key *key, struct str text,
    const uint8_t *signature, size_t len)
{
	uint8_t mac[MAC_SIZE];
	unsigned mac_len;

	/* Without a secret it begins again with the one that it has. */
	return len == MAC_SIZE &&
	       HMAC_Init_ex(key->mac, NULL, 0, NULL, NULL) == 1 &&
	       HMAC_Update(key->mac, (const uint8_t *)text.data, text.len) ==
		   1 &&
	       HMAC_Final(key->mac, mac, &mac_len) == 1 &&
	       CRYPTO_memcmp(mac, signature, MAC_SIZE) == 0;
}

static bool
digest_matches(const struct jws_key *key, struct str text,
    const uint8_t *signature, size_t len)
{
	/* Ed25519 hashes by itself. */
	const EVP_MD *digest =
	    key->algorithm == JWS_EDDSA ? NULL : EVP_sha256();
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool matches = context != NULL &&
		       EVP_DigestVerifyInit(context, NULL, digest, NULL,
			   key->public_key) == 1 &&
		       EVP_DigestVerify(context, signature, len,
			   (const uint8_t *)text.data, text.len) == 1;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return matches;
}

/* A token has r and s side by side, OpenSSL wants DER: RFC 7518 §3.4. */
static bool
ecdsa_matches(const struct jws_key *key, struct str text,
    const uint8_t *signature, size_t len)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, EC_FIELD_SIZE, NULL);
	BIGNUM *s = BN_bin2bn(signature + EC_FIELD_SIZE, EC_FIELD_SIZE, NULL);
	uint8_t *der = NULL;
	bool matches = false;
	int der_len;

	if (len != 2 * EC_FIELD_SIZE || pair == NULL || r == NULL ||
	    s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(pair);
		return false;
	}
	der_len = i2d_ECDSA_SIG(pair, &der);
	if (der_len > 0)
		matches = digest_matches(key, text, der, (size_t)der_len);
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
	return matches;
}

/* `signature` has SIGNATURE_MAX bytes, of which len are the token's. */
static bool
signature_matches(const struct jws_key *key, struct str text,
    const uint8_t *signature, size_t len)
{
	switch (key->algorithm) {
	case JWS_HS256:
		return mac_matches(key, text, signature, len);
	case JWS_ES256:
		return ecdsa_matches(key, text, signature, len);
	default:
		return digest_matches(key, text, signature, len);
	}
}

static bool
key_fits(const struct jws_key *key, const struct token_header *header)
{
	return key->algorithm == header->algorithm &&
	       (header->key_id_len == 0 ||
		   str_equal(str_slice(key->id, key->id_len),
		       str_slice(header->key_id, header->key_id_len)));
}

enum jws_result
jws_verify(const struct jws_keys *keys, struct str token,
    char payload[JWS_TOKEN_MAX], size_t *len)
{
	uint8_t signature[SIGNATURE_MAX] = { 0 };
	struct token_parts parts;
	struct token_header header;
	enum jws_result result;
	size_t signature_len;

	assert(keys != NULL && token.data != NULL);
	if (!token_split(token, &parts) ||
	    !base64url_decode(parts.signature, signature, sizeof(signature),
		&signature_len))
		return JWS_MALFORMED;
	result = header_read(parts.header, &header);
	if (result != JWS_OK)
		return result;
	result = JWS_UNKNOWN_KEY;
	for (size_t i = 0; i < keys->count; i++) {
		if (!key_fits(&keys->keys[i], &header))
			continue;
		if (signature_matches(&keys->keys[i], parts.signed_part,
			signature, signature_len))
			return base64url_decode(parts.payload,
				   (uint8_t *)payload, JWS_TOKEN_MAX, len)
				   ? JWS_OK
				   : JWS_MALFORMED;
		result = JWS_BAD_SIGNATURE;
	}
	return result;
}

size_t
jws_sign(struct str secret, struct str payload, char *out, size_t size)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	size_t header_len = BASE64URL_LEN(sizeof(header) - 1);
	size_t signed_len = header_len + 1 + BASE64URL_LEN(payload.len);
	size_t len = signed_len + 1 + BASE64URL_LEN(MAC_SIZE);
	uint8_t mac[MAC_SIZE];
	unsigned mac_len = MAC_SIZE;

	assert(secret.len >= JWS_SECRET_MIN);
	if (len > size || len > JWS_TOKEN_MAX)
		return 0;
	base64url_encode(header, sizeof(header) - 1, out);
	out[header_len] = '.';
	base64url_encode(payload.data, payload.len, out + header_len + 1);
	if (HMAC(EVP_sha256(), secret.data, (int)secret.len,
		(const uint8_t *)out, signed_len, mac, &mac_len) == NULL)
		return 0;
	out[signed_len] = '.';
	base64url_encode(mac, MAC_SIZE, out + signed_len + 1);
	return len;
}
