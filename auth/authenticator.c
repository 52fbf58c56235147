#include "auth/authenticator.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/auth_method.h"
#include "auth/file_content.h"
#include "auth/origin.h"
#include "auth/request_token.h"
#include "auth/revocations_file.h"
#include "auth/session_answer.h"
#include "domain/log.h"
#include "transport/http/http_conn.h"
#include "wire/common/wire_text.h"

static const struct auth_method_ops *const methods[] = {
	[AUTH_OPEN] = &auth_open_ops,
	[AUTH_JWT] = &auth_jwt_ops,
	[AUTH_PASSWORD] = &auth_password_ops,
	[AUTH_PROXY] = &auth_proxy_ops,
	[AUTH_HOOK] = &auth_hook_ops,
};

struct authenticator {
	struct admission base;
	struct auth_context context;
	struct auth_method *method;
	bool guests;
	bool in_band;
	struct revocations *revocations;      /* NULL: there is no file */
	char revoked_path[AUTH_TEXT_MAX + 1]; /* "": none */
	struct stat revoked_status; /* as of the last attempt to read it */
	struct str origins;         /* its text is this: */
	char origins_text[AUTH_TEXT_MAX];
	char token[REQUEST_TOKEN_SIZE]; /* of the request that is looked at */
	char member_id[USER_MEMBER_ID_SIZE]; /* of the last answer */
	struct wire_text answer;             /* the last one */
};

/* --- decisions ------------------------------------------------------------ */

/* NULL: *out is the user of the token. Else the reason of a refusal. */
static const char *
token_verify(struct authenticator *auth, struct str token,
    struct principal *out)
{
	const char *why = auth->method->ops->verify(auth->method, token, out);

	if (why != NULL)
		return why;
	auth_set_member_id(out, auth->member_id);
	return auth_is_revoked(&auth->context, out) ? AUTH_REVOKED : NULL;
}

/*
 * NULL: *out is the client. Else the reason of a 401; *out has no rights, and
 * says whether it must authenticate in band.
 */
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
	if (token.data == NULL && auth->guests) {
		*out = auth_guest();
		return NULL;
	}
	*out = (struct principal){ 0 };
	out->must_authenticate = token.data == NULL && auth->in_band;
	if (token.data == NULL)
		return "Token required\n";
	return token_verify(auth, token, out);
}

static void
candidate_identify(struct authenticator *auth, struct candidate *candidate,
    const struct http_request *request)
{
	struct principal principal;
	const char *why = authenticator_identify(auth, request, &principal);

	if (why == NULL || principal.must_authenticate)
		auth_accept(&auth->context, candidate, &principal);
	else
		auth_refuse(candidate, 401, why);
}

static bool
origin_fits(const struct authenticator *auth,
    const struct http_exchange *exchange, const struct http_request *request)
{
	size_t count;
	struct str origin = http_header_find(request, STR("Origin"), &count);

	return count <= 1 &&
	       origin_is_allowed(origin,
		   http_header_find(request, STR("Host"), NULL),
		   http_exchange_is_secure(exchange), auth->origins);
}

static void
authenticator_admit(struct admission *admission, struct candidate *candidate,
    const struct http_request *request)
{
	struct authenticator *auth = (struct authenticator *)admission;
	const struct auth_method_ops *ops = auth->method->ops;

	if (!origin_fits(auth, candidate->exchange, request))
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
	struct connect_question *question = admission->question;

	if (question != NULL && question->ops->cancel(question, candidate))
		return;
	assert(auth->method->ops->cancel != NULL);
	auth->method->ops->cancel(auth->method, candidate);
}

static const char *
authenticator_verify(struct admission *admission, struct str token,
    struct principal *out)
{
	struct authenticator *auth = (struct authenticator *)admission;

	if (auth->method->ops->verify == NULL)
		return "Tokens are not in use\n";
	return token_verify(auth, token, out);
}

/* --- HTTP ----------------------------------------------------------------- */

/* False: the request has been refused. */
static bool
account_request_is_allowed(struct authenticator *auth,
    struct http_exchange *exchange)
{
	if (!http_method_is_allowed(exchange, HTTP_POST))
		return false;
	if (origin_fits(auth, exchange, exchange->request))
		return true;
	http_refuse(&exchange->response, 403, "Origin not allowed\n");
	return false;
}

static bool
authenticator_login(struct admission *admission, struct http_exchange *exchange)
{
	struct authenticator *auth = (struct authenticator *)admission;

	if (auth->method->ops->login == NULL)
		return false;
	if (account_request_is_allowed(auth, exchange))
		auth->method->ops->login(auth->method, exchange);
	return true;
}

static bool
authenticator_logout(struct admission *admission,
    struct http_exchange *exchange)
{
	struct authenticator *auth = (struct authenticator *)admission;

	if (auth->method->ops->logout == NULL)
		return false;
	if (account_request_is_allowed(auth, exchange))
		auth->method->ops->logout(auth->method, exchange);
	return true;
}

/* A cookie that is good for nothing any more would hide that there is none. */
static bool
authenticator_session(struct admission *admission,
    struct http_exchange *exchange)
{
	struct authenticator *auth = (struct authenticator *)admission;
	const struct auth_method_ops *ops = auth->method->ops;
	struct http_response *response = &exchange->response;
	struct principal principal = { 0 };
	const char *why = NULL;

	if (!http_method_is_allowed(exchange, HTTP_GET))
		return true;
	if (ops->admit == NULL)
		why =
		    authenticator_identify(auth, exchange->request, &principal);
	wire_text_reset(&auth->answer);
	session_answer_write(ops, auth->guests, &principal, &auth->answer);
	if (auth->answer.failed) {
		http_refuse(response, 503, "Out of memory\n");
		return true;
	}
	response->status = 200;
	response->content_type = "application/json";
	response->headers = why != NULL && ops->cookie != NULL
				? AUTH_COOKIE_CLEARED
				: AUTH_NOT_CACHED;
	response->body = str_slice(auth->answer.data, auth->answer.len);
	return true;
}

/* --- revocations ---------------------------------------------------------- */

#define CLOSE_REVOKED 4202

static bool
mark_is_revoked(const struct principal_mark *mark, const void *revocations)
{
	return revocations_match(revocations, mark);
}

/* Takes ownership; connections of what is revoked now end. */
static void
revocations_replace(struct authenticator *auth, struct revocations *fresh)
{
	revocations_destroy(auth->revocations);
	auth->revocations = fresh;
	auth->context.revocations = fresh;
	if (fresh != NULL)
		admission_end_if(&auth->base, mark_is_revoked, fresh,
		    CLOSE_REVOKED, "token_revoked");
}

static bool
authenticator_is_revoked(struct admission *admission,
    const struct principal_mark *mark)
{
	struct authenticator *auth = (struct authenticator *)admission;

	return revocations_match(auth->revocations, mark);
}

/* A file that is missing or wrong changes nothing, and is reported once. */
static bool
revocations_check(struct authenticator *auth)
{
	struct revocations *fresh;
	struct stat status;
	char why[AUTH_TEXT_MAX + 256];

	if (auth->revoked_path[0] == '\0')
		return true;
	if (stat(auth->revoked_path, &status) != 0)
		memset(&status, 0, sizeof(status));
	if (file_content_is_same(&status, &auth->revoked_status))
		return true;
	auth->revoked_status = status;
	fresh = revocations_file_read(auth->revoked_path, &status, why,
	    sizeof(why));
	if (fresh == NULL) {
		log_error("revocations not reloaded: %s", why);
		return false;
	}
	auth->revoked_status = status;
	revocations_replace(auth, fresh);
	log_info("revocations reloaded");
	return true;
}

static bool
authenticator_revoke(struct admission *admission, struct str line,
    const char **why)
{
	struct authenticator *auth = (struct authenticator *)admission;
	char text[1024];
	int len =
	    snprintf(text, sizeof(text), "\n%.*s\n", (int)line.len, line.data);

	*why = NULL;
	if (auth->revoked_path[0] == '\0')
		*why = "auth.revoked names no file";
	else if ((size_t)len >= sizeof(text))
		*why = "It is too long";
	else if (!revocations_file_append(auth->revoked_path,
		     str_slice(text, (size_t)len)))
		log_error("auth.revoked %s: %s", auth->revoked_path,
		    strerror(errno));
	else
		return revocations_check(auth);
	return false;
}

/* --- the loop ------------------------------------------------------------- */

static void
authenticator_on_ready(struct admission *admission)
{
	struct authenticator *auth = (struct authenticator *)admission;
	uint64_t events;

	if (read(admission->ready_fd, &events, sizeof(events)) > 0 &&
	    auth->method->ops->on_ready != NULL)
		auth->method->ops->on_ready(auth->method);
}

static void
authenticator_tick(struct admission *admission)
{
	struct authenticator *auth = (struct authenticator *)admission;

	if (auth->method->ops->tick != NULL)
		auth->method->ops->tick(auth->method);
	(void)revocations_check(auth);
}

static const struct admission_ops authenticator_ops = {
	.admit = authenticator_admit,
	.cancel = authenticator_cancel,
	.verify = authenticator_verify,
	.is_revoked = authenticator_is_revoked,
	.revoke = authenticator_revoke,
	.login = authenticator_login,
	.logout = authenticator_logout,
	.session = authenticator_session,
	.on_ready = authenticator_on_ready,
	.tick = authenticator_tick,
};

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
	method = ops->create(config, &auth->context, why, size);
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
	struct revocations *fresh = NULL;
	char path[AUTH_TEXT_MAX + 1];
	struct stat status = { 0 };

	snprintf(path, sizeof(path), "%.*s", (int)config->revoked_file.len,
	    config->revoked_file.data == NULL ? "" : config->revoked_file.data);
	if (path[0] != '\0') {
		fresh = revocations_file_read(path, &status, why, size);
		if (fresh == NULL)
			return false;
	}
	if (!method_configure(auth, config, why, size)) {
		revocations_destroy(fresh);
		return false;
	}
	memcpy(auth->revoked_path, path, sizeof(path));
	auth->revoked_status = status;
	revocations_replace(auth, fresh);
	auth->guests = config->guests;
	auth->in_band = config->in_band;
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
	auth->base.ready_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	auth->context.clock = clock;
	auth->context.admission = &auth->base;
	auth->context.event_fd = auth->base.ready_fd;
	wire_text_init(&auth->answer);
	if (auth->base.ready_fd < 0)
		snprintf(why, size, "eventfd: %s", strerror(errno));
	else if (authenticator_configure(auth, config, why, size))
		return auth;
	authenticator_destroy(auth);
	return NULL;
}

void
authenticator_destroy(struct authenticator *auth)
{
	if (auth == NULL)
		return;
	if (auth->method != NULL)
		auth->method->ops->destroy(auth->method);
	revocations_destroy(auth->revocations);
	if (auth->base.ready_fd >= 0)
		close(auth->base.ready_fd);
	wire_text_fini(&auth->answer);
	free(auth);
}

void
authenticator_note_failed_login(struct authenticator *auth,
    const uint64_t keys[2])
{
	struct auth_method *method = auth->method;

	if (method->ops->note_failed_login != NULL)
		method->ops->note_failed_login(method, keys);
}

struct admission *
authenticator_admission(struct authenticator *auth)
{
	return &auth->base;
}
