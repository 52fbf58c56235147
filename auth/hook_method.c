/* auth.kind = hook: another program is asked about each client. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_method.h"
#include "auth/hook_answer.h"
#include "auth/hook_cache.h"
#include "auth/hook_request.h"
#include "domain/log.h"
#include "transport/http/http_call.h"
#include "transport/http/http_conn.h"
#include "transport/http/path.h"
#include "transport/tls/tls_context.h"
#include "wire/common/wire_text.h"
#include "wire/dialect.h"

/* So many times auth.hook_max may wait for their turn. */
#define WAITING_FACTOR 16

struct hook_method {
	struct auth_method base;
	const struct auth_context *context;
	struct http_target target;
	char headers_text[AUTH_TEXT_MAX];
	struct str headers; /* the names of those that are sent */
	int64_t timeout_ms;
	size_t most; /* requests under way */
	bool admits_when_down;
	bool is_down; /* the last request failed */
	struct hook_cache cache;
	struct list asking;  /* of struct inquiry */
	struct list waiting; /* oldest first */
	size_t asking_count;
	size_t waiting_count;
	struct wire_text request; /* the last one */
};

/* A candidate, and what the hook is asked about it. */
struct inquiry {
	struct list link; /* in asking or waiting */
	struct hook_method *method;
	struct candidate *candidate;
	struct http_call *call; /* NULL: it waits */
	struct hook_key key;
	size_t len;
	char request[];
};

/* --- decisions ------------------------------------------------------------ */

static void
candidate_accept(struct hook_method *hook, struct candidate *candidate,
    const struct hook_answer *answer)
{
	struct principal principal = {
		.user_id = str_from(answer->user),
		.name = str_from(answer->name[0] == '\0' ? answer->user
							 : answer->name),
		.rights = answer->rights,
		.rooms = answer->has_rooms
			     ? str_slice(answer->rooms, answer->rooms_len)
			     : STR_ABSENT,
		.expires_at_ms = answer->expires_s * 1000,
		.issued_s = clock_wall_ms(hook->context->clock) / 1000,
	};

	if (answer->expires_s != 0 &&
	    principal.expires_at_ms <= clock_wall_ms(hook->context->clock))
		auth_refuse(candidate, 401, "Session expired\n");
	else
		auth_accept(hook->context, candidate, &principal);
}

/* The reason is shown to the client; it may be about secrets, so the log does
 * not have it. */
static void
candidate_refuse(struct candidate *candidate, int status, struct str body)
{
	char reason[HOOK_TEXT_SIZE + 1];

	if (hook_reason_read(body, reason))
		auth_refuse_telling(candidate, status, "Refused by the hook\n",
		    reason);
	else
		auth_refuse(candidate, status, "Refused by the hook\n");
}

/* The hook cannot be asked. */
static void
candidate_decide_without(struct hook_method *hook, struct candidate *candidate)
{
	struct principal guest = auth_guest();

	if (hook->admits_when_down)
		auth_accept(hook->context, candidate, &guest);
	else
		auth_refuse(candidate, 503, "Authentication unavailable\n");
}

static void
hook_note_failure(struct hook_method *hook, const char *why)
{
	if (hook->is_down)
		log_limited(LOG_INFO, "auth.hook_url: %s", why);
	else
		log_warn("auth.hook_url: %s", why);
	hook->is_down = true;
}

static void
hook_note_success(struct hook_method *hook)
{
	if (hook->is_down)
		log_info("auth.hook_url: it answers again");
	hook->is_down = false;
}

/* An answer of the hook, or that there is none. */
static void
inquiry_decide(const struct inquiry *inquiry, int status, struct str body,
    const char *why)
{
	struct hook_method *hook = inquiry->method;
	int64_t now_ms = clock_monotonic_ms(hook->context->clock);
	struct hook_answer answer;

	if (status == 0 || status >= 500) {
		hook_note_failure(hook, status == 0 ? why : "it has failed");
		candidate_decide_without(hook, inquiry->candidate);
		return;
	}
	hook_note_success(hook);
	if (status == 401 || status == 403) {
		candidate_refuse(inquiry->candidate, status, body);
		return;
	}
	why = status == 200 ? hook_answer_read(body, &answer)
			    : "its status is not 200, 401 or 403";
	if (why != NULL) {
		/* Not an outage: a client may have caused it. */
		log_limited(LOG_WARN, "auth.hook_url: its answer: %s", why);
		auth_refuse(inquiry->candidate, 503,
		    "Authentication unavailable\n");
		return;
	}
	hook_cache_add(&hook->cache, &inquiry->key, &answer, now_ms);
	candidate_accept(hook, inquiry->candidate, &answer);
}

/* --- requests ------------------------------------------------------------- */

static void inquiry_done(void *arg, int status, struct str body,
    const char *why);

/* Makes the request. False: it cannot be made. */
static bool
inquiry_begin(struct inquiry *inquiry)
{
	struct hook_method *hook = inquiry->method;

	assert(inquiry->call == NULL);
	inquiry->call = http_call_post(hook->context->admission->loop,
	    &hook->target, STR(""), str_slice(inquiry->request, inquiry->len),
	    hook->timeout_ms, inquiry_done, inquiry);
	if (inquiry->call == NULL)
		return false;
	list_append(&hook->asking, &inquiry->link);
	hook->asking_count++;
	return true;
}

static void
inquiry_end(struct inquiry *inquiry, int status, struct str body,
    const char *why)
{
	inquiry_decide(inquiry, status, body, why);
	free(inquiry);
}

/* Those that wait go on as others are answered. */
static void
hook_go_on(struct hook_method *hook)
{
	while (hook->waiting_count > 0 && hook->asking_count < hook->most) {
		struct inquiry *inquiry =
		    LIST_OWNER(hook->waiting.next, struct inquiry, link);

		list_remove(&inquiry->link);
		hook->waiting_count--;
		if (!inquiry_begin(inquiry))
			inquiry_end(inquiry, 0, STR(""),
			    "no request is possible");
	}
}

static void
inquiry_done(void *arg, int status, struct str body, const char *why)
{
	struct inquiry *inquiry = arg;
	struct hook_method *hook = inquiry->method;

	assert(hook->asking_count > 0);
	list_remove(&inquiry->link);
	hook->asking_count--;
	inquiry_end(inquiry, status, body, why);
	hook_go_on(hook);
}

/* NULL: no memory. */
static struct inquiry *
inquiry_create(struct hook_method *hook, struct candidate *candidate,
    const struct hook_key *key)
{
	size_t len = hook->request.len;
	struct inquiry *inquiry = malloc(sizeof(*inquiry) + len);

	if (inquiry == NULL)
		return NULL;
	inquiry->method = hook;
	inquiry->candidate = candidate;
	inquiry->call = NULL;
	inquiry->key = *key;
	inquiry->len = len;
	memcpy(inquiry->request, hook->request.data, len);
	return inquiry;
}

static void
hook_ask(struct hook_method *hook, struct candidate *candidate,
    const struct hook_key *key)
{
	struct inquiry *inquiry;

	assert(hook->request.len > 0);
	if (hook->waiting_count >= hook->most * WAITING_FACTOR) {
		auth_refuse(candidate, 503, "Too many wait for the hook\n");
		return;
	}
	inquiry = inquiry_create(hook, candidate, key);
	if (inquiry == NULL) {
		auth_refuse(candidate, 503, "Out of memory\n");
		return;
	}
	if (hook->asking_count >= hook->most) {
		list_append(&hook->waiting, &inquiry->link);
		hook->waiting_count++;
	} else if (!inquiry_begin(inquiry))
		inquiry_end(inquiry, 0, STR(""), "no request is possible");
}

/* The name of the dialect that it asks for; empty: of another interface. */
static struct str
request_dialect(const struct candidate *candidate,
    const struct http_request *request)
{
	const struct dialect *dialect =
	    path_dialect(candidate->exchange->listener, request->path);

	return dialect == NULL ? STR("") : str_from(dialect->name);
}

static void
hook_method_admit(struct auth_method *method, struct candidate *candidate,
    const struct http_request *request)
{
	struct hook_method *hook = (struct hook_method *)method;
	const struct hook_answer *answer;
	struct hook_key key;

	wire_text_reset(&hook->request);
	hook_request_write(&hook->request, request, hook->headers,
	    &candidate->exchange->client, request_dialect(candidate, request));
	if (hook->request.failed) {
		auth_refuse(candidate, 503, "Out of memory\n");
		return;
	}
	hook_key_make(str_slice(hook->request.data, hook->request.len), &key);
	answer = hook_cache_find(&hook->cache, &key,
	    clock_monotonic_ms(hook->context->clock));
	if (answer != NULL)
		candidate_accept(hook, candidate, answer);
	else
		hook_ask(hook, candidate, &key);
}

/* NULL: it is not in this list. */
static struct inquiry *
inquiry_find(const struct list *list, const struct candidate *candidate)
{
	for (struct list *at = list->next; at != list; at = at->next) {
		struct inquiry *inquiry = LIST_OWNER(at, struct inquiry, link);

		if (inquiry->candidate == candidate)
			return inquiry;
	}
	return NULL;
}

static void
hook_method_cancel(struct auth_method *method, struct candidate *candidate)
{
	struct hook_method *hook = (struct hook_method *)method;
	struct inquiry *inquiry = inquiry_find(&hook->asking, candidate);

	if (inquiry != NULL) {
		http_call_cancel(inquiry->call);
		hook->asking_count--;
	} else {
		inquiry = inquiry_find(&hook->waiting, candidate);
		assert(inquiry != NULL);
		hook->waiting_count--;
	}
	list_remove(&inquiry->link);
	free(inquiry);
	hook_go_on(hook);
}

/* --- life cycle ----------------------------------------------------------- */

/* Answers under other settings do not hold any more. */
static bool
hook_method_configure(struct auth_method *method,
    const struct authenticator_config *config, char *why, size_t size)
{
	struct hook_method *hook = (struct hook_method *)method;
	struct http_target target;
	char problem[256];

	if (!http_target_find(&target, config->hook_url, problem,
		sizeof(problem))) {
		snprintf(why, size, "auth.hook_url: %s", problem);
		return false;
	}
	if (target.is_tls)
		target.tls = tls_context_create_client(config->hook_ca, problem,
		    sizeof(problem));
	if (target.is_tls && target.tls == NULL) {
		snprintf(why, size, "auth.hook_ca: %s", problem);
		return false;
	}
	tls_context_unref(hook->target.tls);
	hook->target = target;
	hook->headers =
	    auth_text_copy(config->hook_headers, hook->headers_text);
	hook->timeout_ms = config->hook_timeout_ms;
	hook->most = config->hook_max;
	hook->admits_when_down = config->hook_admits_when_down;
	hook_cache_clear(&hook->cache);
	return true;
}

static struct auth_method *
hook_method_create(const struct authenticator_config *config,
    const struct auth_context *context, char *why, size_t size)
{
	struct hook_method *hook = calloc(1, sizeof(*hook));

	if (hook == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	hook->base.ops = &auth_hook_ops;
	hook->context = context;
	list_init(&hook->asking);
	list_init(&hook->waiting);
	hook_cache_init(&hook->cache);
	wire_text_init(&hook->request);
	if (hook_method_configure(&hook->base, config, why, size))
		return &hook->base;
	free(hook);
	return NULL;
}

static void
inquiries_refuse(struct list *list)
{
	while (!list_is_empty(list)) {
		struct inquiry *inquiry =
		    LIST_OWNER(list->next, struct inquiry, link);

		list_remove(&inquiry->link);
		if (inquiry->call != NULL)
			http_call_cancel(inquiry->call);
		auth_refuse(inquiry->candidate, 503,
		    "Authentication has changed\n");
		free(inquiry);
	}
}

static void
hook_method_destroy(struct auth_method *method)
{
	struct hook_method *hook = (struct hook_method *)method;

	inquiries_refuse(&hook->asking);
	inquiries_refuse(&hook->waiting);
	hook_cache_fini(&hook->cache);
	wire_text_fini(&hook->request);
	tls_context_unref(hook->target.tls);
	free(hook);
}

const struct auth_method_ops auth_hook_ops = {
	.name = "hook",
	.create = hook_method_create,
	.configure = hook_method_configure,
	.admit = hook_method_admit,
	.cancel = hook_method_cancel,
	.destroy = hook_method_destroy,
};
