#include "auth/jwt.h"

#include <assert.h>

#include "wire/json/json_reader.h"

#define CLAIMS_DEPTH 8
/* In the year 9999; what is beyond is a mistake, such as milliseconds. */
#define TIME_MAX_S 253402300799u

const char *
jwt_result_reason(enum jwt_result result)
{
	static const char *const reasons[] = {
#define X(constant, reason) reason "\n",
		JWT_RESULTS(X)
#undef X
	};

	return reasons[result];
}

/* A text claim; unescaped texts together never exceed the payload. */
static bool
claim_read_text(struct jwt_claims *claims, const struct json_value *value,
    struct str *out)
{
	char *at = claims->texts + claims->texts_len;
	size_t len;

	if (value->type != JSON_STRING ||
	    !json_string_copy(&value->string, at,
		sizeof(claims->texts) - claims->texts_len, &len))
		return false;
	claims->texts_len += len;
	*out = str_slice(at, len);
	return true;
}

/* NumericDate may have a fraction, which is dropped: RFC 7519 §2. */
static bool
claim_read_time(const struct json_value *value, int64_t *out)
{
	struct json_value whole = *value;
	const char *point;
	uint64_t seconds;

	if (value->type != JSON_NUMBER)
		return false;
	point = memchr(value->text.data, '.', value->text.len);
	if (point != NULL &&
	    memchr(value->text.data, 'e', value->text.len) == NULL &&
	    memchr(value->text.data, 'E', value->text.len) == NULL)
		whole.text.len = (size_t)(point - value->text.data);
	if (!json_unsigned(&whole, TIME_MAX_S, &seconds))
		return false;
	*out = (int64_t)seconds;
	return true;
}

static bool
is_text(const struct json_value *value, struct str text)
{
	return value->type == JSON_STRING &&
	       json_string_is(&value->string, text);
}

/* One audience or a list of them: RFC 7519 §4.1.3. */
static bool
audience_contains(const struct json_value *audience, struct str wanted)
{
	struct json_reader list;
	struct json_value item;

	if (audience->type != JSON_ARRAY)
		return is_text(audience, wanted);
	json_open_array(&list, audience->text, CLAIMS_DEPTH);
	while (json_next_item(&list, &item))
		if (is_text(&item, wanted))
			return true;
	return false;
}

/* The claims that are checked and not kept. */
struct checked_claims {
	struct json_value issuer;
	struct json_value audience;
	int64_t not_before_s;
};

/* False: the claim has the wrong type. */
static bool
claim_read(struct jwt_claims *claims, struct checked_claims *checked,
    const struct json_member *member)
{
	const struct json_value *value = &member->value;

	if (json_string_is(&member->key, STR("sub")))
		return claim_read_text(claims, value, &claims->subject);
	if (json_string_is(&member->key, STR("name")))
		return claim_read_text(claims, value, &claims->name);
	if (json_string_is(&member->key, STR("jti")))
		return claim_read_text(claims, value, &claims->id);
	if (json_string_is(&member->key, STR("exp")))
		return claim_read_time(value, &claims->expires_s);
	if (json_string_is(&member->key, STR("iat")))
		return claim_read_time(value, &claims->issued_s);
	if (json_string_is(&member->key, STR("nbf")))
		return claim_read_time(value, &checked->not_before_s);
	if (json_string_is(&member->key, STR("iss")))
		checked->issuer = *value;
	else if (json_string_is(&member->key, STR("aud")))
		checked->audience = *value;
	else if (json_string_is(&member->key, STR("parley"))) {
		claims->parley = value->text;
		return value->type == JSON_OBJECT;
	}
	return true;
}

static enum jwt_result
claims_check(const struct jwt_claims *claims,
    const struct checked_claims *checked, const struct jwt_policy *policy,
    int64_t now_s)
{
	if (claims->subject.len == 0)
		return JWT_NO_SUBJECT;
	if (claims->expires_s == 0 && !policy->expiry_optional)
		return JWT_NO_EXPIRY;
	if (claims->expires_s != 0 &&
	    now_s >= claims->expires_s + policy->leeway_s)
		return JWT_EXPIRED;
	if (checked->not_before_s > now_s + policy->leeway_s ||
	    claims->issued_s > now_s + policy->leeway_s)
		return JWT_NOT_YET_VALID;
	if (policy->issuer.data != NULL &&
	    !is_text(&checked->issuer, policy->issuer))
		return JWT_WRONG_ISSUER;
	if (policy->audience.data != NULL &&
	    !audience_contains(&checked->audience, policy->audience))
		return JWT_WRONG_AUDIENCE;
	return JWT_OK;
}

enum jwt_result
jwt_claims_read(struct jwt_claims *claims, struct str payload,
    const struct jwt_policy *policy, int64_t now_s)
{
	struct checked_claims checked = { 0 };
	struct json_reader reader;
	struct json_member member;
	bool types_fit = true;

	assert(policy->leeway_s >= 0 && payload.len <= sizeof(claims->payload));
	claims->subject = claims->name = claims->id = STR_ABSENT;
	claims->parley = STR_ABSENT;
	claims->expires_s = claims->issued_s = 0;
	claims->texts_len = 0;
	memcpy(claims->payload, payload.data, payload.len);
	json_open(&reader, str_slice(claims->payload, payload.len),
	    CLAIMS_DEPTH, NULL);
	while (json_next(&reader, &member))
		types_fit = claim_read(claims, &checked, &member) && types_fit;
	if (reader.error != JSON_OK || !types_fit)
		return JWT_MALFORMED;
	return claims_check(claims, &checked, policy, now_s);
}

const char *
jwt_verify(struct jwt_claims *claims, const struct jws_keys *keys,
    struct str token, const struct jwt_policy *policy, int64_t now_s)
{
	char payload[JWS_TOKEN_MAX];
	enum jws_result signature;
	enum jwt_result result;
	size_t len;

	signature = jws_verify(keys, token, payload, &len);
	if (signature != JWS_OK)
		return jws_result_reason(signature);
	result =
	    jwt_claims_read(claims, str_slice(payload, len), policy, now_s);
	return result == JWT_OK ? NULL : jwt_result_reason(result);
}
