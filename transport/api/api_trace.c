/* What happens in a room, to a member or to a connection, as JSON lines. */
#include <assert.h>
#include <string.h>

#include "transport/api/api_internal.h"
#include "transport/trace.h"
#include "wire/common/wire_text.h"

/* Each costs time for all that happens, and some memory. */
#define TRACES_MOST 8

/* An empty line: a client that is sent nothing would not notice our end. */
#define HEARTBEAT_MS 15000

static void
trace_wake(void *arg)
{
	struct api_call *call = arg;

	http_exchange_defer(call->exchange);
}

void
api_trace_published(struct api *api, const struct event *event,
    const struct audience *audience, size_t count)
{
	struct trace_entry entry = {
		.kind = TRACE_PUBLISHED,
		.member = event->member_id,
		.room = audience->room,
		.what = str_from(event_kind_word(event->kind)),
		.seq = event->seq,
		.count = count,
		.has_count = true,
	};

	if (audience->kind != AUDIENCE_ONE)
		trace_put(api->trace, &entry);
}

/* --- the request ---------------------------------------------------------- */

static bool
trace_add(struct api_call *call, struct trace_config *config)
{
	struct trace *trace = &call->exchange->conn->loop->trace;
	struct failure failure = { .error = CHAT_UNAVAILABLE };

	config->wake = trace_wake;
	config->arg = call;
	if (call->api->trace_calls < TRACES_MOST)
		call->trace = trace_watch_add(trace, config);
	else
		failure.text = STR("There are as many traces as there may be");
	if (call->trace == NULL) {
		api_call_fail(call, &failure);
		return false;
	}
	call->api->trace = trace;
	call->api->trace_calls++;
	return true;
}

void
api_trace_end(struct api_call *call)
{
	struct api *api = call->api;

	assert(api->trace_calls > 0);
	trace_watch_remove(api->trace, call->trace);
	if (--api->trace_calls == 0)
		api->trace = NULL;
}

/* One of the three is required. */
static void
trace_run(struct api_call *call)
{
	char room[ROOM_ID_SIZE], member[ID_SIZE];
	struct http_request request;
	struct trace_config config = { .sample = 0 };
	uint64_t connection = 0;

	http_exchange_request(call->exchange, &request);
	if (!api_query_text(call, &request, "room", room, sizeof(room)) ||
	    !api_query_text(call, &request, "user", member, sizeof(member)) ||
	    !api_query_number(call, &request, "connection", UINT32_MAX,
		&connection, NULL) ||
	    !api_query_number(call, &request, "sample", UINT32_MAX,
		&config.sample, NULL))
		return;
	config.room = str_from(room);
	config.member = str_from(member);
	config.connection = (uint32_t)connection;
	if ((room[0] != '\0') + (member[0] != '\0') + (connection != 0) != 1) {
		api_call_fail_field(call, "room");
		return;
	}
	trace_add(call, &config);
}

static bool
trace_begin(struct api_call *call)
{
	return api_stream_begin(call, "application/x-ndjson");
}

static void
trace_go_on(struct api_call *call)
{
	int64_t now_ms = api_call_now_ms(call);

	wire_text_reset(&call->out);
	call->sent = 0;
	if (call->has_ended)
		return;
	trace_watch_take(call->trace, &call->out);
	if (call->out.len == 0 && now_ms >= call->until_ms)
		wire_text_append(&call->out, STR("\n"));
	call->has_ended =
	    api_call_is_draining(call) || api_stream_end_reason(call) != NULL;
	if (call->out.len > 0)
		call->until_ms = now_ms + HEARTBEAT_MS;
}

const struct api_operation operation_trace = {
	.run = trace_run,
	.finish = trace_begin,
	.go_on = trace_go_on,
};
