#include "auth/jws.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/text/base64.h"
#include "tests/suite.h"

/* RFC 7515, appendix A.1 to A.3, and RFC 8037, appendix A.4. */
#define RFC_PAYLOAD                                                      \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leG" \
	"FtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define RFC_SECRET                                                     \
	"{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-" \
	"EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}"
#define RFC_RSA                                                           \
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiu" \
	"Sfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP"  \
	"1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZ"  \
	"o9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7"  \
	"WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7a"  \
	"GhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4"  \
	"FRWyuXpoQ\"}"
#define RFC_P256                                                 \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1B" \
	"g8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36H" \
	"LN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define RFC_ED25519                                   \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":" \
	"\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static const struct {
	const char *key;
	const char *token;
	const char *payload;
} vectors[] = {
	{ RFC_SECRET,
	    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." RFC_PAYLOAD
	    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
	    "\"http://example.com/is_root\":true}" },
	{ RFC_RSA,
	    "eyJhbGciOiJSUzI1NiJ9." RFC_PAYLOAD
	    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZ"
	    "mh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbK"
	    "BYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1"
	    "L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6B"
	    "fI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhW"
	    "kWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
	    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
	    "\"http://example.com/is_root\":true}" },
	{ RFC_P256,
	    "eyJhbGciOiJFUzI1NiJ9." RFC_PAYLOAD
	    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8IS"
	    "lSApmWQxfKTUJqPP3-Kg6NU1Q",
	    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
	    "\"http://example.com/is_root\":true}" },
	{ RFC_ED25519,
	    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
	    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg"
	    "5BhVsPt9g7sVvpAr_MuM0KAg",
	    "Example of Ed25519 signing" },
};

#define SECRET "0123456789abcdef0123456789abcdef"

/* A set of these keys. */
static struct jws_keys *
key_set(const char *keys)
{
	char content[4096], why[128] = "";
	struct jws_keys *set;

	snprintf(content, sizeof(content), "{\"keys\":[%s]}", keys);
	set = jws_keys_read(str_from(content), why, sizeof(why));
	ck_assert_msg(set != NULL, "%s", why);
	return set;
}

static enum jws_result
jws_verify_token(const struct jws_keys *keys, struct str token)
{
	char payload[JWS_TOKEN_MAX];
	size_t len;

	return jws_verify(keys, token, payload, &len);
}

START_TEST(verifies_the_examples_of_the_standards)
{
	struct jws_keys *keys = key_set(vectors[_i].key);
	char payload[JWS_TOKEN_MAX];
	size_t len;

	ck_assert_int_eq(jws_verify(keys, str_from(vectors[_i].token), payload,
			     &len),
	    JWS_OK);
	ck_assert_uint_eq(len, strlen(vectors[_i].payload));
	ck_assert_mem_eq(payload, vectors[_i].payload, len);
	jws_keys_destroy(keys);
}
END_TEST

START_TEST(refuses_every_changed_character)
{
	struct jws_keys *keys = key_set(vectors[_i].key);
	char token[2048];
	size_t len = strlen(vectors[_i].token);

	for (size_t at = 0; at < len; at++) {
		memcpy(token, vectors[_i].token, len);
		token[at] = token[at] == 'A' ? 'B' : 'A';
		ck_assert_msg(jws_verify_token(keys, str_slice(token, len)) !=
				  JWS_OK,
		    "changed at %zu", at);
	}
	/* The key is as it was. */
	ck_assert_int_eq(jws_verify_token(keys, str_from(vectors[_i].token)),
	    JWS_OK);
	jws_keys_destroy(keys);
}
END_TEST

START_TEST(refuses_every_shorter_token)
{
	struct jws_keys *keys = key_set(vectors[_i].key);
	size_t len = strlen(vectors[_i].token);

	for (size_t cut = 0; cut < len; cut++)
		ck_assert(jws_verify_token(keys,
			      str_slice(vectors[_i].token, cut)) != JWS_OK);
	jws_keys_destroy(keys);
}
END_TEST

START_TEST(refuses_the_keys_of_others)
{
	struct jws_keys *keys = key_set(vectors[_i].key);

	for (size_t other = 0; other < COUNT_OF(vectors); other++)
		if (other != (size_t)_i)
			ck_assert_int_eq(jws_verify_token(keys,
					     str_from(vectors[other].token)),
			    JWS_UNKNOWN_KEY);
	jws_keys_destroy(keys);
}
END_TEST

/* A token with this header, signed with HMAC and this secret. */
static struct str
token_with_header(const char *header, const char *secret, char out[2048])
{
	uint8_t mac[32];
	unsigned mac_len = sizeof(mac);
	size_t len = BASE64URL_LEN(strlen(header));

	base64url_encode((const uint8_t *)header, strlen(header), out);
	memcpy(out + len, ".e30", 4);
	len += 4;
	HMAC(EVP_sha256(), secret, (int)strlen(secret), (uint8_t *)out, len,
	    mac, &mac_len);
	out[len++] = '.';
	base64url_encode(mac, sizeof(mac), out + len);
	return str_slice(out, len + BASE64URL_LEN(sizeof(mac)));
}

static const struct {
	const char *header;
	enum jws_result result;
} headers[] = {
	{ "{\"alg\":\"HS256\"}", JWS_OK },
	{ "{\"typ\":\"JWT\",\"alg\":\"\\u0048S256\"}", JWS_OK },
	{ "{\"alg\":\"HS256\",\"kid\":\"one\"}", JWS_OK },
	{ "{\"alg\":\"HS256\",\"kid\":\"two\"}", JWS_UNKNOWN_KEY },
	{ "{\"alg\":\"HS256\",\"kid\":\"\"}", JWS_UNKNOWN_KEY },
	{ "{\"alg\":\"HS256\",\"kid\":7}", JWS_UNKNOWN_KEY },
	{ "{\"alg\":\"none\"}", JWS_UNSUPPORTED },
	{ "{\"alg\":\"None\"}", JWS_UNSUPPORTED },
	{ "{\"alg\":\"hs256\"}", JWS_UNSUPPORTED },
	{ "{\"alg\":\"HS512\"}", JWS_UNSUPPORTED },
	{ "{\"alg\":null}", JWS_UNSUPPORTED },
	{ "{\"alg\":[\"HS256\"]}", JWS_UNSUPPORTED },
	{ "{}", JWS_UNSUPPORTED },
	{ "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", JWS_UNSUPPORTED },
	{ "{\"alg\":\"none\",\"alg\":\"HS256\"}", JWS_MALFORMED },
	{ "{\"alg\":\"HS256\"", JWS_MALFORMED },
	{ "[]", JWS_MALFORMED },
	{ "", JWS_MALFORMED },
	{ "{\"alg\":\"HS256\",\"x\":[[[[1]]]]}", JWS_MALFORMED },
};

START_TEST(judges_headers)
{
	struct jws_keys *keys =
	    key_set("{\"kty\":\"oct\",\"kid\":\"one\",\"k\":"
		    "\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"}");
	char out[2048];

	ck_assert_int_eq(jws_verify_token(keys,
			     token_with_header(headers[_i].header, SECRET,
				 out)),
	    headers[_i].result);
	jws_keys_destroy(keys);
}
END_TEST

static const char *const malformed_tokens[] = { "", ".", "..", "a.b", "a.b.c.d",
	"e30.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.*" };

START_TEST(refuses_what_is_no_token)
{
	struct jws_keys *keys = key_set(RFC_SECRET);

	ck_assert_int_ne(jws_verify_token(keys, str_from(malformed_tokens[_i])),
	    JWS_OK);
	jws_keys_destroy(keys);
}
END_TEST

START_TEST(refuses_long_tokens)
{
	static char token[JWS_TOKEN_MAX + 1];
	struct jws_keys *keys = key_set(RFC_SECRET);

	memset(token, 'A', sizeof(token));
	token[10] = token[20] = '.';
	ck_assert_int_eq(jws_verify_token(keys,
			     str_slice(token, sizeof(token))),
	    JWS_MALFORMED);
	jws_keys_destroy(keys);
}
END_TEST

#define PEM_P256                                                         \
	"-----BEGIN PUBLIC KEY-----\n"                                   \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMz" \
	"V7\n6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ" \
	"==\n-----END PUBLIC KEY-----\n"

START_TEST(reads_a_public_key_in_pem)
{
	char why[128] = "", out[2048];
	struct jws_keys *keys = jws_keys_read(STR(PEM_P256), why, sizeof(why));

	ck_assert_msg(keys != NULL, "%s", why);
	ck_assert_int_eq(jws_verify_token(keys, str_from(vectors[2].token)),
	    JWS_OK);
	/* The text of a public key is no secret. */
	ck_assert_int_eq(jws_verify_token(keys,
			     token_with_header("{\"alg\":\"HS256\"}", PEM_P256,
				 out)),
	    JWS_UNKNOWN_KEY);
	jws_keys_destroy(keys);
}
END_TEST

START_TEST(tries_all_keys_without_an_id)
{
	struct jws_keys *keys = key_set(RFC_ED25519
	    ",{\"kty\":\"oct\",\"k\":"
	    "\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYw\"}," RFC_SECRET
	    "," RFC_P256);

	ck_assert_uint_eq(jws_keys_count(keys), 4);
	ck_assert_int_eq(jws_verify_token(keys, str_from(vectors[0].token)),
	    JWS_OK);
	ck_assert_int_eq(jws_verify_token(keys, str_from(vectors[2].token)),
	    JWS_OK);
	jws_keys_destroy(keys);
}
END_TEST

static const char *const bad_key_files[] = {
	"",
	"0123456789abcdef0123456789abcde",
	"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
	"{}",
	"{\"keys\":{}}",
	"{\"keys\":[]}",
	"{\"keys\":[1]}",
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-521\"}]}",
	"{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2hvcnQ\"}]}",
	"{\"keys\":[{\"kty\":\"oct\",\"k\":\"not base64\"}]}",
	"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}]}",
	"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"ES256\","
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
	"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\","
	"\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
};

START_TEST(explains_bad_key_files)
{
	char why[128] = "";

	ck_assert_ptr_null(jws_keys_read(str_from(bad_key_files[_i]), why,
	    sizeof(why)));
	ck_assert_str_ne(why, "");
}
END_TEST

START_TEST(verifies_what_it_signs)
{
	char why[128], token[2048];
	struct jws_keys *keys =
	    jws_keys_read(STR(SECRET "\n"), why, sizeof(why));
	size_t len =
	    jws_sign(STR(SECRET), STR("{\"sub\":\"a\"}"), token, sizeof(token));

	ck_assert_int_eq(jws_verify_token(keys, str_slice(token, len)), JWS_OK);
	ck_assert_uint_eq(jws_sign(STR(SECRET), STR("{}"), token, 40), 0);
	jws_keys_destroy(keys);
	keys = jws_keys_read(STR("X" SECRET), why, sizeof(why));
	ck_assert_int_eq(jws_verify_token(keys, str_slice(token, len)),
	    JWS_BAD_SIGNATURE);
	jws_keys_destroy(keys);
}
END_TEST

/* Changes a few characters, lengths and dots of a valid token. */
static size_t
token_damage(char *token, size_t len, unsigned *random)
{
	static const char characters[] = "ABCabc019-_.= \xff\n";
	unsigned changes = 1 + (unsigned)rand_r(random) % 8;

	while (changes-- > 0) {
		size_t at = (size_t)rand_r(random) % len;
		char c = characters[(size_t)rand_r(random) %
				    (sizeof(characters) - 1)];

		if (rand_r(random) % 8 == 0)
			len = at + 1;
		token[at] = c;
	}
	return len;
}

START_TEST(refuses_ten_thousand_damaged_tokens)
{
	struct jws_keys *keys =
	    key_set(RFC_SECRET "," RFC_RSA "," RFC_P256 "," RFC_ED25519);
	unsigned random = 1;
	char token[2048];

	for (int i = 0; i < 10000; i++) {
		const char *valid =
		    vectors[(size_t)i % COUNT_OF(vectors)].token;
		size_t len = strlen(valid);

		memcpy(token, valid, len);
		len = token_damage(token, len, &random);
		if (len != strlen(valid) || memcmp(token, valid, len) != 0)
			ck_assert(jws_verify_token(keys,
				      str_slice(token, len)) != JWS_OK);
	}
	jws_keys_destroy(keys);
}
END_TEST

SUITE(jws)
{
	int count = COUNT_OF(vectors);

	tcase_add_loop_test(tests, verifies_the_examples_of_the_standards, 0,
	    count);
	tcase_add_loop_test(tests, refuses_every_changed_character, 0, count);
	tcase_add_loop_test(tests, refuses_every_shorter_token, 0, count);
	tcase_add_loop_test(tests, refuses_the_keys_of_others, 0, count);
	tcase_add_loop_test(tests, judges_headers, 0, COUNT_OF(headers));
	tcase_add_loop_test(tests, refuses_what_is_no_token, 0,
	    COUNT_OF(malformed_tokens));
	tcase_add_test(tests, refuses_ten_thousand_damaged_tokens);
	tcase_add_test(tests, refuses_long_tokens);
	tcase_add_test(tests, reads_a_public_key_in_pem);
	tcase_add_test(tests, tries_all_keys_without_an_id);
	tcase_add_loop_test(tests, explains_bad_key_files, 0,
	    COUNT_OF(bad_key_files));
	tcase_add_test(tests, verifies_what_it_signs);
}
