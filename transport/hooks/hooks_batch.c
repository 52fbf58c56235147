/* Events are sent in batches, one after the other, until they are taken. */
#include <inttypes.h>
#include <stdio.h>

#include "domain/log.h"
#include "transport/hooks/hooks_internal.h"
#include "wire/hooks/hook_events.h"

/* A batch has so many bytes, unless it is one event, and so many events. */
#define BATCH_BYTES ((size_t)64 * 1024)
#define BATCH_EVENTS 500

/* The pause before a batch is sent again: twice as long each time. */
#define PAUSE_FIRST_MS 250
#define PAUSE_MOST_MS 30000

/* A receiver may ask for so long a pause. */
#define RETRY_AFTER_MOST_S 3600

/* How often the journal learns that nothing waits. */
#define ACKNOWLEDGE_EVERY_MS 100

/* A batch that is sent again is the same, so that it can be recognized. */
static void
batch_choose(struct hooks *hooks)
{
	const struct hook_event *at = hook_queue_first(&hooks->queue);
	size_t bytes = 0;

	hooks->batch_number = ++hooks->last_number;
	for (; at != NULL && hooks->batch_count < BATCH_EVENTS;
	     at = hook_queue_next(&hooks->queue, at)) {
		bytes += at->len + 1;
		if (bytes > BATCH_BYTES && hooks->batch_count > 0)
			return;
		hooks->batch_count++;
	}
}

static void
batch_encode(struct hooks *hooks)
{
	const struct hook_event *at = hook_queue_first(&hooks->queue);
	struct wire_text *out = &hooks->text;
	char begin[64];

	wire_text_reset(out);
	snprintf(begin, sizeof(begin), "{\"batch\":%" PRIu64 ",\"events\":[",
	    hooks->batch_number);
	wire_text_append(out, str_from(begin));
	for (size_t i = 0; i < hooks->batch_count; i++) {
		wire_text_append_if(out, i > 0, STR(","));
		wire_text_append(out, str_slice(at->text, at->len));
		at = hook_queue_next(&hooks->queue, at);
	}
	wire_text_append(out, STR("]}"));
}

static void
acknowledge_to_store(struct hooks *hooks, uint64_t lsn)
{
	if (hooks->acknowledge != NULL)
		hooks->acknowledge(hooks->arg, lsn);
}

/* The batch was taken, or given up. */
static void
batch_end(struct hooks *hooks)
{
	uint64_t lsn = hook_queue_remove(&hooks->queue, hooks->batch_count);

	hooks->batch_count = 0;
	hooks->failures = 0;
	hooks->next_ms = 0;
	if (lsn > 0)
		acknowledge_to_store(hooks, lsn);
}

/* Between a half and the whole of what it would be, so that servers that
 * failed together do not try again together. */
static int64_t
pause_choose(struct hooks *hooks, uint64_t retry_after_s)
{
	unsigned doubled = hooks->failures - 1 < 16 ? hooks->failures - 1 : 16;
	int64_t pause_ms = (int64_t)PAUSE_FIRST_MS << doubled;
	int64_t asked_ms;

	if (pause_ms > PAUSE_MOST_MS)
		pause_ms = PAUSE_MOST_MS;
	pause_ms =
	    pause_ms / 2 + loop_random(hooks->loop, (uint32_t)pause_ms / 2 + 1);
	if (retry_after_s > RETRY_AFTER_MOST_S)
		retry_after_s = RETRY_AFTER_MOST_S;
	asked_ms = (int64_t)retry_after_s * 1000;
	return asked_ms > pause_ms ? asked_ms : pause_ms;
}

static bool
batch_is_to_give_up(const struct hooks *hooks)
{
	return hooks->give_up_ms > 0 &&
	       hooks->loop->now_ms - hooks->failing_since_ms >=
		   hooks->give_up_ms;
}

static void
batch_fail(struct hooks *hooks, const char *why, uint64_t retry_after_s)
{
	hook_endpoint_note(&hooks->endpoint, why);
	hooks->stats.failures++;
	if (hooks->failures++ == 0)
		hooks->failing_since_ms = hooks->loop->now_ms;
	if (batch_is_to_give_up(hooks)) {
		log_warn("%s: %zu events are given up", hooks->endpoint.option,
		    hooks->batch_count);
		hooks->stats.dead += hooks->batch_count;
		batch_end(hooks);
		return;
	}
	hooks->next_ms =
	    hooks->loop->now_ms + pause_choose(hooks, retry_after_s);
}

/* With other nodes, one of them may have sent the batch already. */
static bool
hooks_may_send(const struct hooks *hooks)
{
	return hooks->sharing.moment == NULL ||
	       hooks->sharing.may_send(hooks->sharing.arg);
}

static void
batch_done(void *arg, int status, struct str body, const char *why)
{
	struct hooks *hooks = arg;
	uint64_t retry_after_s = http_call_retry_after_s(hooks->call);
	char text[32];

	(void)body;
	hooks->call = NULL;
	if (hooks->batch_count == 0 || !hooks_may_send(hooks))
		return;
	if (status >= 200 && status <= 299) {
		hook_endpoint_note(&hooks->endpoint, NULL);
		hooks->stats.sent += hooks->batch_count;
		hooks->stats.batches++;
		batch_end(hooks);
		return;
	}
	if (status != 0)
		snprintf(text, sizeof(text), "its status is %d", status);
	batch_fail(hooks, status != 0 ? text : why, retry_after_s);
}

static void
batch_send(struct hooks *hooks)
{
	if (hooks->batch_count == 0)
		batch_choose(hooks);
	batch_encode(hooks);
	if (!hooks->text.failed)
		hooks->call = hook_endpoint_post(&hooks->endpoint, hooks->loop,
		    &hooks->signer,
		    str_slice(hooks->text.data, hooks->text.len),
		    hooks->timeout_ms, batch_done, hooks);
	if (hooks->call == NULL)
		batch_fail(hooks, "no request is possible", 0);
}

void
hooks_turn_end(struct hooks *hooks)
{
	int64_t now_ms = hooks->loop->now_ms;

	if (hooks->stands_by || hooks->call != NULL ||
	    now_ms < hooks->next_ms || !hooks_may_send(hooks))
		return;
	(void)hooks_gap_close(hooks);
	if (hooks->queue.count > 0) {
		batch_send(hooks);
	} else if (now_ms - hooks->acknowledged_ms >= ACKNOWLEDGE_EVERY_MS) {
		hooks->acknowledged_ms = now_ms;
		acknowledge_to_store(hooks, 0);
	}
}

bool
hooks_are_done(const struct hooks *hooks)
{
	return hooks->queue.count == 0 || hooks->failures > 0 ||
	       hooks->stands_by;
}
