#include "auth/authenticator.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/origin.h"
#include "domain/base/count_of.h"
#include "domain/log.h"
#include "transport/http/http.h"
#include "wire/json/json_reader.h"

#define KEY_FILE_MAX (256 * 1024)
#define RIGHTS_DEPTH 8

#define TEXT_MAX 1024 /* of a text in the configuration */

struct authenticator {
	struct admission base;
	struct authenticator_config config; /* its texts are these: */
	char origins[TEXT_MAX];
	char issuer[TEXT_MAX];
	char audience[TEXT_MAX];
	struct jws_keys *keys; /* NULL with AUTH_OPEN */
	struct clock *clock;
	/* Of the token that is being verified. */
	char payload[JWS_TOKEN_MAX];
	struct jwt_claims claims;
};

/* --- the keys ------------------------------------------------------------- */

static char *
file_read(const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	char *content = malloc(KEY_FILE_MAX);

	*len = 0;
	if (file != NULL && content != NULL)
		*len = fread(content, 1, KEY_FILE_MAX, file);
	if (file == NULL || content == NULL || ferror(file)) {
		free(content);
		content = NULL;
	}
	if (file != NULL)
		fclose(file);
	return content;
}

static struct jws_keys *
keys_load(struct str file, char *why, size_t size)
{
	char path[1024], problem[256];
	struct jws_keys *keys;
	char *content;
	size_t len;

	snprintf(path, sizeof(path), "%.*s", (int)file.len, file.data);
	content = file_read(path, &len);
	if (content == NULL) {
		snprintf(why, size, "auth.key %s: %s", path, strerror(errno));
		return NULL;
	}
	keys = jws_keys_read(str_slice(content, len), problem, sizeof(problem));
	if (keys == NULL)
		snprintf(why, size, "auth.key %s: %s", path, problem);
	free(content);
	return keys;
}

/* --- the token of a request ----------------------------------------------- */

static bool
take_prefix(struct str *text, struct str prefix)
{
	if (text->len <= prefix.len ||
	    strncasecmp(text->data, prefix.data, prefix.len) != 0)
		return false;
	*text = str_slice(text->data + prefix.len, text->len - prefix.len);
	return true;
}

/* A browser cannot set headers, but it can offer a subprotocol. */
static struct str
token_of_subprotocols(struct str list)
{
	struct str item;

	while ((item = http_list_next(&list)).data != NULL)
		if (take_prefix(&item, STR("bearer.")))
			return item;
	return STR_ABSENT;
}

/* The token of a request; absent: there is none. */
static struct str
token_find(const struct http_request *request, char scratch[JWS_TOKEN_MAX + 1])
{
	struct str value = http_header_find(request, "Authorization", NULL);
	int len;

	if (value.data != NULL && take_prefix(&value, STR("Bearer ")))
		return value;
	value = token_of_subprotocols(http_header_find(request,
	    "Sec-WebSocket-Protocol", NULL));
	if (value.data != NULL)
		return value;
	len =
	    http_query_get(request->query, "token", scratch, JWS_TOKEN_MAX + 1);
	return len > 0 ? str_slice(scratch, (size_t)len) : STR_ABSENT;
}

/* --- rights --------------------------------------------------------------- */

static const struct {
	struct str word;
	enum right right;
} right_words[] = {
	{ { "read", 4 }, RIGHT_READ },
	{ { "post", 4 }, RIGHT_POST },
	{ { "create", 6 }, RIGHT_CREATE_ROOMS },
	{ { "rename", 6 }, RIGHT_RENAME },
};

/* Unknown words, of a later version, give no right. */
static unsigned
rights_read(struct str list)
{
	struct json_reader reader;
	struct json_value item;
	unsigned rights = 0;

	json_open_array(&reader, list, RIGHTS_DEPTH);
	while (json_next_item(&reader, &item))
		for (size_t i = 0; i < COUNT_OF(right_words); i++)
			if (item.type == JSON_STRING &&
			    json_string_is(&item.string, right_words[i].word))
				rights |= right_words[i].right;
	return rights;
}

/* {"can": ["read", "post"]}; without it a user has all rights. */
static unsigned
rights_of_claim(struct str claim)
{
	struct json_reader reader;
	struct json_member member;
	unsigned rights = RIGHTS_ALL;

	if (claim.data == NULL)
		return rights;
	json_open(&reader, claim, RIGHTS_DEPTH, NULL);
	while (json_next(&reader, &member))
		if (json_string_is(&member.key, STR("can")))
			rights = member.value.type == JSON_ARRAY
				     ? rights_read(member.value.text)
				     : 0;
	return rights;
}

/* --- decisions ------------------------------------------------------------ */

/* NULL: the token is valid, *out is its user; else the reason. */
static const char *
token_verify(struct authenticator *auth, struct str token,
    struct principal *out)
{
	struct jwt_claims *claims = &auth->claims;
	int64_t now_s = clock_wall_ms(auth->clock) / 1000;
	enum jws_result signature;
	enum jwt_result result;
	size_t len;

	signature = jws_verify(auth->keys, token, auth->payload, &len);
	if (signature != JWS_OK)
		return jws_result_reason(signature);
	result = jwt_claims_read(claims, str_slice(auth->payload, len),
	    &auth->config.policy, now_s);
	if (result != JWT_OK)
		return jwt_result_reason(result);
	*out = (struct principal){
		.user_id = claims->subject,
		.name = claims->name.len > 0 ? claims->name : claims->subject,
		.rights = rights_of_claim(claims->parley),
		.expires_at_ms = claims->expires_s * 1000,
	};
	return NULL;
}

static void
candidate_refuse(struct candidate *candidate, int status, const char *why)
{
	log_limited(LOG_INFO, "handshake refused with %d: %.*s", status,
	    (int)strcspn(why, "\n"), why);
	admission_refuse(candidate, status, why);
}

static void
authenticator_admit(struct admission *admission, struct candidate *candidate,
    const struct http_request *request)
{
	struct authenticator *auth = (struct authenticator *)admission;
	struct principal principal = principal_anonymous();
	char scratch[JWS_TOKEN_MAX + 1];
	struct str token;
	const char *why;

	if (!origin_is_allowed(http_header_find(request, "Origin", NULL),
		http_header_find(request, "Host", NULL),
		auth->config.origins)) {
		candidate_refuse(candidate, 403, "Origin not allowed\n");
		return;
	}
	if (auth->config.kind == AUTH_JWT) {
		token = token_find(request, scratch);
		why = token.data == NULL
			  ? "Token required\n"
			  : token_verify(auth, token, &principal);
		if (why != NULL) {
			candidate_refuse(candidate, 401, why);
			return;
		}
	}
	admission_accept(candidate, &principal);
}

/* Every decision is made at once. */
static void
authenticator_cancel(struct admission *admission, struct candidate *candidate)
{
	(void)admission;
	(void)candidate;
	abort();
}

static const struct admission_ops authenticator_ops = {
	.admit = authenticator_admit,
	.cancel = authenticator_cancel,
};

/* --- configuration -------------------------------------------------------- */

static void
text_copy(struct str *text, char copy[TEXT_MAX])
{
	assert(text->len <= TEXT_MAX);
	if (text->len > 0)
		memcpy(copy, text->data, text->len);
	if (text->data != NULL)
		text->data = copy;
}

/* --- life cycle ----------------------------------------------------------- */

bool
authenticator_configure(struct authenticator *auth,
    const struct authenticator_config *config, char *why, size_t size)
{
	struct jws_keys *keys = NULL;

	if (config->kind == AUTH_JWT) {
		keys = keys_load(config->key_file, why, size);
		if (keys == NULL)
			return false;
	}
	jws_keys_destroy(auth->keys);
	auth->keys = keys;
	auth->config = *config;
	auth->config.key_file = STR_ABSENT;
	text_copy(&auth->config.origins, auth->origins);
	text_copy(&auth->config.policy.issuer, auth->issuer);
	text_copy(&auth->config.policy.audience, auth->audience);
	return true;
}

struct authenticator *
authenticator_create(const struct authenticator_config *config,
    struct clock *clock, char *why, size_t size)
{
	struct authenticator *auth = calloc(1, sizeof(*auth));

	if (auth == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	auth->base.ops = &authenticator_ops;
	auth->clock = clock;
	if (!authenticator_configure(auth, config, why, size)) {
		free(auth);
		return NULL;
	}
	return auth;
}

void
authenticator_destroy(struct authenticator *auth)
{
	if (auth == NULL)
		return;
	jws_keys_destroy(auth->keys);
	free(auth);
}

struct admission *
authenticator_admission(struct authenticator *auth)
{
	return &auth->base;
}
