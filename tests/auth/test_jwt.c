#include "auth/jwt.h"

#include "tests/suite.h"

#define NOW 1800000000

static struct jwt_claims claims;

static enum jwt_result
read_claims(const char *payload, const struct jwt_policy *policy)
{
	return jwt_claims_read(&claims, str_from(payload), policy, NOW);
}

static void
assert_text(struct str text, const char *expected)
{
	ck_assert_uint_eq(text.len, strlen(expected));
	ck_assert_mem_eq(text.data, expected, text.len);
}

START_TEST(reads_claims)
{
	struct jwt_policy policy = { 0 };

	ck_assert_int_eq(
	    read_claims("{\"sub\":\"a\\u00e9\",\"name\":\"Al\\\"ice\","
			"\"jti\":\"7\",\"exp\":1800000001.5,\"iat\":1799999999,"
			"\"nbf\":1800000000,\"iss\":\"other\",\"x\":[1],"
			"\"parley\":{\"can\":[\"join\"]}}",
		&policy),
	    JWT_OK);
	assert_text(claims.subject, "a\xc3\xa9");
	assert_text(claims.name, "Al\"ice");
	assert_text(claims.id, "7");
	assert_text(claims.parley, "{\"can\":[\"join\"]}");
	ck_assert_int_eq(claims.expires_s, 1800000001);
	ck_assert_int_eq(claims.issued_s, 1799999999);
	ck_assert_int_eq(read_claims("{\"sub\":\"b\",\"exp\":1800000001}",
			     &policy),
	    JWT_OK);
	ck_assert_ptr_null(claims.name.data);
	ck_assert_ptr_null(claims.id.data);
	ck_assert_ptr_null(claims.parley.data);
	ck_assert_int_eq(claims.issued_s, 0);
}
END_TEST

#define LASTING "\"sub\":\"a\",\"exp\":1900000000"

static const struct {
	const char *payload;
	enum jwt_result result;
	struct jwt_policy policy;
} cases[] = {
	{ "{\"exp\":1900000000}", JWT_NO_SUBJECT, { 0 } },
	{ "{\"sub\":\"\",\"exp\":1900000000}", JWT_NO_SUBJECT, { 0 } },
	{ "{\"sub\":\"a\"}", JWT_NO_EXPIRY, { 0 } },
	{ "{\"sub\":\"a\"}", JWT_OK, { .expiry_optional = true } },
	{ "{\"sub\":\"a\",\"exp\":1800000000}", JWT_EXPIRED, { 0 } },
	{ "{\"sub\":\"a\",\"exp\":1800000000}", JWT_EXPIRED,
	    { .expiry_optional = true } },
	{ "{\"sub\":\"a\",\"exp\":1799999990}", JWT_EXPIRED,
	    { .leeway_s = 10 } },
	{ "{\"sub\":\"a\",\"exp\":1799999991}", JWT_OK, { .leeway_s = 10 } },
	{ "{" LASTING ",\"nbf\":1800000001}", JWT_NOT_YET_VALID, { 0 } },
	{ "{" LASTING ",\"nbf\":1800000010}", JWT_OK, { .leeway_s = 10 } },
	{ "{" LASTING ",\"iat\":1800000001}", JWT_NOT_YET_VALID, { 0 } },
	{ "{" LASTING "}", JWT_WRONG_ISSUER, { .issuer = { "me", 2 } } },
	{ "{" LASTING ",\"iss\":\"you\"}", JWT_WRONG_ISSUER,
	    { .issuer = { "me", 2 } } },
	{ "{" LASTING ",\"iss\":[\"me\"]}", JWT_WRONG_ISSUER,
	    { .issuer = { "me", 2 } } },
	{ "{" LASTING ",\"iss\":\"me\"}", JWT_OK, { .issuer = { "me", 2 } } },
	{ "{" LASTING "}", JWT_WRONG_AUDIENCE, { .audience = { "us", 2 } } },
	{ "{" LASTING ",\"aud\":\"u\"}", JWT_WRONG_AUDIENCE,
	    { .audience = { "us", 2 } } },
	{ "{" LASTING ",\"aud\":\"us\"}", JWT_OK, { .audience = { "us", 2 } } },
	{ "{" LASTING ",\"aud\":[\"them\",7,\"us\"]}", JWT_OK,
	    { .audience = { "us", 2 } } },
	{ "{" LASTING ",\"aud\":[]}", JWT_WRONG_AUDIENCE,
	    { .audience = { "us", 2 } } },
	{ "", JWT_MALFORMED, { 0 } },
	{ "[]", JWT_MALFORMED, { 0 } },
	{ "{" LASTING "", JWT_MALFORMED, { 0 } },
	{ "{" LASTING ",\"sub\":\"b\"}", JWT_MALFORMED, { 0 } },
	{ "{\"sub\":7,\"exp\":1900000000}", JWT_MALFORMED, { 0 } },
	{ "{\"sub\":\"a\",\"exp\":\"1900000000\"}", JWT_MALFORMED, { 0 } },
	{ "{\"sub\":\"a\",\"exp\":-1}", JWT_MALFORMED, { 0 } },
	{ "{\"sub\":\"a\",\"exp\":1900000000000}", JWT_MALFORMED, { 0 } },
	{ "{\"sub\":\"a\",\"exp\":1.9e9}", JWT_MALFORMED, { 0 } },
	{ "{" LASTING ",\"parley\":\"admin\"}", JWT_MALFORMED, { 0 } },
	{ "{" LASTING ",\"x\":[[[[[[[[1]]]]]]]]}", JWT_MALFORMED, { 0 } },
};

START_TEST(judges_claims)
{
	ck_assert_int_eq(read_claims(cases[_i].payload, &cases[_i].policy),
	    cases[_i].result);
}
END_TEST

SUITE(jwt)
{
	tcase_add_test(tests, reads_claims);
	tcase_add_loop_test(tests, judges_claims, 0, COUNT_OF(cases));
}
