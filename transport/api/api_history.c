/* Pages of a room's history; a page that is empty may wait for a message. */
#include <string.h>

#include "transport/api/api_internal.h"

#define MESSAGES_MOST 1000
#define MESSAGES_PRESET 50
#define WAIT_MOST_S 60

static void
history_ask(struct api_call *call)
{
	struct command command = {
		.kind = COMMAND_HISTORY,
		.flags = call->query_flags,
		.room = api_call_subject(call),
		.from_seq = call->next,
		.limit = call->limit,
	};

	api_call_ask(call, &command, STR("0"));
}

/* False: the call has failed. */
static bool
query_read(struct api_call *call, const struct http_request *request,
    int64_t *wait_ms)
{
	bool has_after, has_before;
	uint64_t limit = MESSAGES_PRESET;

	if (!api_query_number(call, request, "after", INT64_MAX, &call->next,
		&has_after) ||
	    !api_query_number(call, request, "before", INT64_MAX, &call->next,
		&has_before) ||
	    !api_query_number(call, request, "limit", MESSAGES_MOST, &limit,
		NULL) ||
	    !api_query_text(call, request, "epoch", call->epoch,
		sizeof(call->epoch)) ||
	    !api_query_seconds(call, request, "wait", WAIT_MOST_S, wait_ms))
		return false;
	call->limit = (uint32_t)limit;
	if (has_after)
		call->query_flags |= COMMAND_HAS_AFTER;
	if (has_before)
		call->query_flags |= COMMAND_HAS_BEFORE;
	if (*wait_ms == 0 || (has_after && limit > 0))
		return true;
	api_call_fail_field(call, "wait");
	return false;
}

static void
history_call_run(struct api_call *call)
{
	struct http_request request;
	int64_t wait_ms = 0;

	http_exchange_request(call->exchange, &request);
	if (!query_read(call, &request, &wait_ms))
		return;
	call->exchange->wait_ms = wait_ms;
	conn_watch(call->exchange->conn);
	call->deadline_ms = api_call_now_ms(call) + wait_ms;
	history_ask(call);
}

/* The numbers are those of another epoch: the reader begins anew. */
static bool
epoch_differs(const struct api_call *call, const struct event *event)
{
	return (call->query_flags & COMMAND_HAS_AFTER) &&
	       call->epoch[0] != '\0' && call->next != 0 &&
	       !str_equal(event->epoch, str_from(call->epoch));
}

static bool
history_waits(const struct api_call *call, const struct event *event)
{
	return event->page.count == 0 && !event->page.more &&
	       api_call_now_ms(call) < call->deadline_ms &&
	       !api_call_is_draining(call);
}

/* False: no memory. */
static bool
history_wait(struct api_call *call, struct str room)
{
	call->until_ms = api_call_now_ms(call) + API_ASK_MS;
	if (call->until_ms > call->deadline_ms)
		call->until_ms = call->deadline_ms;
	return api_watch(call, room);
}

static void
history_receive(struct api_call *call, const struct event *event)
{
	if (event->kind == EVENT_HISTORY) {
		if (epoch_differs(call, event)) {
			call->next = 0;
			history_ask(call);
			return;
		}
		if (history_waits(call, event) &&
		    history_wait(call, event->room))
			return;
	}
	api_call_put(call, event);
}

static void
history_go_on(struct api_call *call)
{
	api_unwatch(call);
	api_call_run_again(call, history_ask);
}

const struct api_operation operation_history = {
	.run = history_call_run,
	.receive = history_receive,
	.go_on = history_go_on,
	.param = "room",
	.for_users = true,
};
