#include "auth/authenticator.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/auth_method.h"
#include "auth/origin.h"
#include "auth/request_token.h"
#include "transport/http/http.h"

static const struct auth_method_ops *const methods[] = {
	[AUTH_OPEN] = &auth_open_ops,
	[AUTH_JWT] = &auth_jwt_ops,
};

struct authenticator {
	struct admission base;
	struct auth_method *method;
	struct clock *clock;
	struct str origins; /* its text is this: */
	char origins_text[AUTH_TEXT_MAX];
	char token[REQUEST_TOKEN_SIZE]; /* of the request that is looked at */
	char member_id[USER_MEMBER_ID_SIZE]; /* of authenticator_verify() */
};

/* --- decisions ------------------------------------------------------------ */

static const char *
authenticator_identify(struct authenticator *auth,
    const struct http_request *request, struct principal *out)
{
	const struct auth_method_ops *ops = auth->method->ops;
	struct str token;

	*out = principal_anonymous();
	if (ops->verify == NULL)
		return NULL;
	token = request_token_find(request, ops->cookie, auth->token);
	return token.data == NULL ? "Token required\n"
				  : ops->verify(auth->method, token, out);
}

static void
candidate_identify(struct authenticator *auth, struct candidate *candidate,
    const struct http_request *request)
{
	struct principal principal;
	const char *why = authenticator_identify(auth, request, &principal);

	if (why == NULL)
		auth_accept(candidate, &principal);
	else
		auth_refuse(candidate, 401, why);
}

static void
authenticator_admit(struct admission *admission, struct candidate *candidate,
    const struct http_request *request)
{
	struct authenticator *auth = (struct authenticator *)admission;
	const struct auth_method_ops *ops = auth->method->ops;

	if (!origin_is_allowed(http_header_find(request, "Origin", NULL),
		http_header_find(request, "Host", NULL), auth->origins))
		auth_refuse(candidate, 403, "Origin not allowed\n");
	else if (ops->admit != NULL)
		ops->admit(auth->method, candidate, request);
	else
		candidate_identify(auth, candidate, request);
}

static void
authenticator_cancel(struct admission *admission, struct candidate *candidate)
{
	struct authenticator *auth = (struct authenticator *)admission;

	assert(auth->method->ops->cancel != NULL);
	auth->method->ops->cancel(auth->method, candidate);
}

static const struct admission_ops authenticator_ops = {
	.admit = authenticator_admit,
	.cancel = authenticator_cancel,
};

const char *
authenticator_verify(struct authenticator *auth, struct str token,
    struct principal *out)
{
	const struct auth_method_ops *ops = auth->method->ops;
	const char *why;

	if (ops->verify == NULL)
		return "Tokens are not in use\n";
	why = ops->verify(auth->method, token, out);
	if (why == NULL)
		auth_set_member_id(out, auth->member_id);
	return why;
}

/* --- life cycle ----------------------------------------------------------- */

/* The method of the same kind keeps its state. */
static bool
method_configure(struct authenticator *auth,
    const struct authenticator_config *config, char *why, size_t size)
{
	const struct auth_method_ops *ops = methods[config->kind];
	struct auth_method *method;

	if (auth->method != NULL && auth->method->ops == ops)
		return ops->configure(auth->method, config, why, size);
	method = ops->create(config, auth->clock, why, size);
	if (method == NULL)
		return false;
	if (auth->method != NULL)
		auth->method->ops->destroy(auth->method);
	auth->method = method;
	return true;
}

bool
authenticator_configure(struct authenticator *auth,
    const struct authenticator_config *config, char *why, size_t size)
{
	if (!method_configure(auth, config, why, size))
		return false;
	auth->origins = auth_text_copy(config->origins, auth->origins_text);
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
	auth->method->ops->destroy(auth->method);
	free(auth);
}

struct admission *
authenticator_admission(struct authenticator *auth)
{
	return &auth->base;
}
