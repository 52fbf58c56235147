/* auth.kind = jwt: clients need a token that another program has signed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_method.h"
#include "auth/file_content.h"
#include "auth/rights.h"
#include "domain/log.h"

#define KEY_FILE_MAX (256 * 1024)

struct jwt_method {
	struct auth_method base;
	struct clock *clock;
	char path[AUTH_TEXT_MAX + 1]; /* of the keys */
	struct stat status;           /* as of the last attempt to read them */
	struct jws_keys *keys;
	struct jwt_policy policy; /* its texts are these: */
	char issuer[AUTH_TEXT_MAX];
	char audience[AUTH_TEXT_MAX];
	/* Of the token that is being verified. */
	struct jwt_claims claims;
	char rooms[ROOM_PATTERNS_BYTES];
};

/* --- the keys ------------------------------------------------------------- */

static struct jws_keys *
keys_load(const char *path, struct stat *status, char *why, size_t size)
{
	char problem[256];
	struct jws_keys *keys;
	char *content;
	size_t len;

	content = file_content_read(path, KEY_FILE_MAX, &len, status);
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

static void
keys_replace(struct jwt_method *jwt, struct jws_keys *fresh,
    const struct stat *status)
{
	jws_keys_destroy(jwt->keys);
	jwt->keys = fresh;
	jwt->status = *status;
}

/* A file that is missing or wrong changes nothing, and is reported once. */
static void
jwt_method_tick(struct auth_method *method)
{
	struct jwt_method *jwt = (struct jwt_method *)method;
	struct jws_keys *fresh;
	struct stat status;
	char why[AUTH_TEXT_MAX + 512];

	if (stat(jwt->path, &status) != 0)
		memset(&status, 0, sizeof(status));
	if (file_content_is_same(&status, &jwt->status))
		return;
	jwt->status = status;
	fresh = keys_load(jwt->path, &status, why, sizeof(why));
	if (fresh == NULL) {
		log_error("keys not reloaded: %s", why);
		return;
	}
	keys_replace(jwt, fresh, &status);
	log_info("keys reloaded");
}

/* --- tokens --------------------------------------------------------------- */

static const char *
jwt_method_verify(struct auth_method *method, struct str token,
    struct principal *out)
{
	struct jwt_method *jwt = (struct jwt_method *)method;
	struct jwt_claims *claims = &jwt->claims;
	const char *why = jwt_verify(claims, jwt->keys, token, &jwt->policy,
	    clock_wall_ms(jwt->clock) / 1000);

	if (why != NULL)
		return why;
	*out = (struct principal){
		.user_id = claims->subject,
		.name = claims->name.len > 0 ? claims->name : claims->subject,
		.expires_at_ms = claims->expires_s * 1000,
		.issued_s = claims->issued_s,
	};
	rights_of_claim(claims->parley, jwt->rooms, out);
	auth_set_token(out, claims->id);
	return NULL;
}

/* --- configuration -------------------------------------------------------- */

static bool
jwt_method_configure(struct auth_method *method,
    const struct authenticator_config *config, char *why, size_t size)
{
	struct jwt_method *jwt = (struct jwt_method *)method;
	char path[AUTH_TEXT_MAX + 1];
	struct jws_keys *keys;
	struct stat status;

	snprintf(path, sizeof(path), "%.*s", (int)config->key_file.len,
	    config->key_file.data);
	keys = keys_load(path, &status, why, size);
	if (keys == NULL)
		return false;
	memcpy(jwt->path, path, sizeof(path));
	keys_replace(jwt, keys, &status);
	jwt->policy = config->policy;
	jwt->policy.issuer = auth_text_copy(config->policy.issuer, jwt->issuer);
	jwt->policy.audience =
	    auth_text_copy(config->policy.audience, jwt->audience);
	return true;
}

static struct auth_method *
jwt_method_create(const struct authenticator_config *config,
    const struct auth_context *context, char *why, size_t size)
{
	struct jwt_method *jwt = calloc(1, sizeof(*jwt));

	if (jwt == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	jwt->base.ops = &auth_jwt_ops;
	jwt->clock = context->clock;
	if (jwt_method_configure(&jwt->base, config, why, size))
		return &jwt->base;
	free(jwt);
	return NULL;
}

static void
jwt_method_destroy(struct auth_method *method)
{
	struct jwt_method *jwt = (struct jwt_method *)method;

	jws_keys_destroy(jwt->keys);
	free(jwt);
}

const struct auth_method_ops auth_jwt_ops = {
	.name = "jwt",
	.create = jwt_method_create,
	.configure = jwt_method_configure,
	.verify = jwt_method_verify,
	.tick = jwt_method_tick,
	.destroy = jwt_method_destroy,
};
