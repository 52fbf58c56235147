#include "transport/hooks/hook_asker.h"

#include "transport/net/loop.h"
#include "wire/common/wire_text.h"

void
hook_asker_init(struct hook_asker *asker)
{
	*asker = (struct hook_asker){ .most = 1 };
	list_init(&asker->asking);
	list_init(&asker->waiting);
}

static void
question_leave(struct hook_ask *ask)
{
	list_remove(&ask->link);
	if (ask->call != NULL)
		ask->asker->asking_count--;
	ask->asker->bytes -= ask->bytes;
	wire_text_fini(&ask->json);
}

void
hook_asker_decide_without(struct hook_asker *asker, struct hook_decision *out)
{
	*out = (struct hook_decision){
		.allows = asker->allows_on_failure && !asker->loop->is_ending,
		.message = STR_ABSENT,
	};
	asker->stats->questions[HOOK_QUESTION_FAILED]++;
}

/* An answer, or why there is none. Returns whether it is the policy's. */
static bool
answer_decide(struct hook_ask *ask, int status, struct str body,
    const char *why, struct hook_decision *out)
{
	struct hook_asker *asker = ask->asker;

	*out = (struct hook_decision){ .allows = true, .message = STR_ABSENT };
	if (status == 200)
		why = hook_read_decision(body, out);
	else if (status == 403)
		out->allows = false;
	else if (status != 0 && status != 204)
		why = "its status is not 200, 204 or 403";
	else if (status == 204)
		why = NULL;
	hook_endpoint_note(ask->endpoint, why);
	if (why == NULL)
		return false;
	hook_asker_decide_without(asker, out);
	return true;
}

static void
decision_count(struct hook_asker *asker, const struct hook_decision *decision,
    int64_t took_ms)
{
	enum hook_question_result result = HOOK_QUESTION_ALLOWED;

	if (!decision->allows)
		result = HOOK_QUESTION_DENIED;
	else if (decision->message.data != NULL)
		result = HOOK_QUESTION_REWRITTEN;
	asker->stats->questions[result]++;
	histogram_add(&asker->stats->question_time, (uint64_t)took_ms * 1000,
	    1);
}

static void asker_go_on(struct hook_asker *);

static void
question_done(void *arg, int status, struct str body, const char *why)
{
	struct hook_ask *ask = arg;
	struct hook_asker *asker = ask->asker;
	struct hook_decision decision;
	bool has_failed = answer_decide(ask, status, body, why, &decision);

	if (!has_failed)
		decision_count(asker, &decision,
		    clock_monotonic_ms(asker->signer.clock) - ask->begun_ms);
	question_leave(ask);
	ask->decided(ask, &decision, has_failed);
	asker_go_on(asker);
}

/* False: no request is possible. */
static bool
question_begin(struct hook_ask *ask)
{
	struct hook_asker *asker = ask->asker;

	ask->call = hook_endpoint_post(ask->endpoint, asker->loop,
	    &asker->signer, str_slice(ask->json.data, ask->json.len),
	    asker->timeout_ms, question_done, ask);
	if (ask->call == NULL)
		return false;
	wire_text_fini(&ask->json);
	asker->asking_count++;
	return true;
}

static void
asker_go_on(struct hook_asker *asker)
{
	struct hook_decision decision;

	while (!list_is_empty(&asker->waiting) &&
	       asker->asking_count < asker->most) {
		struct hook_ask *ask =
		    LIST_OWNER(asker->waiting.next, struct hook_ask, link);

		if (question_begin(ask)) {
			list_remove(&ask->link);
			list_append(&asker->asking, &ask->link);
			continue;
		}
		question_leave(ask);
		hook_asker_decide_without(asker, &decision);
		ask->decided(ask, &decision, true);
	}
}

bool
hook_asker_ask(struct hook_asker *asker, struct hook_ask *ask,
    struct hook_endpoint *endpoint, size_t bytes)
{
	if (ask->json.failed || bytes > asker->bytes_most ||
	    asker->bytes > asker->bytes_most - bytes)
		return false;
	ask->asker = asker;
	ask->endpoint = endpoint;
	ask->call = NULL;
	ask->bytes = bytes;
	ask->begun_ms = clock_monotonic_ms(asker->signer.clock);
	if (asker->asking_count >= asker->most)
		list_append(&asker->waiting, &ask->link);
	else if (question_begin(ask))
		list_append(&asker->asking, &ask->link);
	else
		return false;
	asker->bytes += bytes;
	return true;
}

void
hook_asker_cancel(struct hook_ask *ask)
{
	struct hook_asker *asker = ask->asker;

	if (ask->call != NULL)
		http_call_cancel(ask->call);
	question_leave(ask);
	asker_go_on(asker);
}
