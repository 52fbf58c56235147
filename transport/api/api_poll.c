/*
 * Long polling of a room: a stream that is answered as JSON as soon as it has
 * an event. The room is kept meanwhile, so the next request goes on there.
 */
#include <inttypes.h>
#include <stdio.h>

#include "transport/api/api_internal.h"
#include "wire/api/api_answer.h"

#define WAIT_MOST_S 60

bool
api_poll_read(struct api_call *call)
{
	struct http_request request;
	int64_t wait_ms = -1;

	http_exchange_request(call->exchange, &request);
	if (!api_query_seconds(call, &request, "wait", WAIT_MOST_S, &wait_ms))
		return false;
	call->is_poll = wait_ms >= 0;
	if (!call->is_poll)
		return true;
	call->exchange->wait_ms = wait_ms;
	conn_watch(call->exchange->conn);
	call->deadline_ms = api_call_now_ms(call) + wait_ms;
	return true;
}

/* Where the reader goes on. */
static void
poll_position_format(const struct api_call *call, char *out, size_t size)
{
	snprintf(out, size, "%s:%" PRIu64 ":%" PRIu32 ":%" PRIu64, call->epoch,
	    call->next - 1, call->watched->kept_as, call->live_next);
}

static void
poll_end(struct api_call *call)
{
	struct wire_text events = call->out;
	char position[ID_SIZE + 64];

	api_room_keep(call);
	poll_position_format(call, position, sizeof(position));
	api_unwatch(call);
	call->out = (struct wire_text){ .failed = events.failed };
	call->status = 200;
	api_put_poll(&call->out, str_from(position),
	    str_slice(events.data, events.len));
	wire_text_fini(&events);
}

/* Answers, or waits on. */
static void
poll_look(struct api_call *call)
{
	int64_t now_ms = api_call_now_ms(call);

	if (!call->has_ended)
		api_stream_fill(call);
	if (call->answers_due == 0 &&
	    (call->out.len > 0 || call->out.failed || call->has_ended ||
		now_ms >= call->deadline_ms)) {
		poll_end(call);
		return;
	}
	call->until_ms = now_ms + API_ASK_MS;
	if (call->until_ms > call->deadline_ms)
		call->until_ms = call->deadline_ms;
}

bool
api_poll_begin(struct api_call *call)
{
	struct failure failure = { .error = CHAT_UNAVAILABLE };

	if (!api_watch(call, api_call_subject(call))) {
		api_call_fail(call, &failure);
		return true;
	}
	http_exchange_defer(call->exchange);
	return false;
}

void
api_poll_go_on(struct api_call *call)
{
	api_call_run_again(call, poll_look);
}
