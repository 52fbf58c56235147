/*
 * The messages of a room as server-sent events. A reader is a position in the
 * room's history: what it has not read is not queued for it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "domain/clock.h"
#include "domain/text/names.h"
#include "transport/api/api_internal.h"
#include "transport/ws/ws_conn.h"
#include "transport/ws/ws_upgrade.h"
#include "wire/api/api_answer.h"

/* Bytes of messages that are read at once, at least one message. */
#define READ_BYTES (32 * 1024)

#define HEARTBEAT_MS 15000

/* "epoch:seq", or "epoch:seq:kept_as:live_next" of a poll. */
#define EVENT_ID_SIZE (ID_SIZE + 20 + 11 + 21)

/* --- the position --------------------------------------------------------- */

/* ":17", and goes on behind it. */
static bool
id_number_read(char **at, uint64_t most, uint64_t *out)
{
	char *text = *at;

	if (text[0] != ':' || text[1] < '0' || text[1] > '9')
		return false;
	*out = strtoull(text + 1, at, 10);
	return *out <= most;
}

/* Where a reader goes on that had this event. False: it is no event's id. */
static bool
event_id_read(struct api_call *call, const char *id)
{
	size_t len = strcspn(id, ":");
	char *at = (char *)id + len;
	uint64_t seq, kept_as = 0;

	if (len >= sizeof(call->epoch) ||
	    !name_is_plain(str_slice(id, len), ID_SIZE) ||
	    !id_number_read(&at, INT64_MAX, &seq) ||
	    (*at != '\0' &&
		(!id_number_read(&at, UINT32_MAX, &kept_as) ||
		    !id_number_read(&at, INT64_MAX, &call->live_next) ||
		    *at != '\0')))
		return false;
	memcpy(call->epoch, id, len);
	call->epoch[len] = '\0';
	call->next = seq + 1;
	call->kept_as = (uint32_t)kept_as;
	call->query_flags |= COMMAND_HAS_SINCE;
	return true;
}

/* The header of a reader that comes again, or else the query. */
static bool
position_read(struct api_call *call)
{
	struct http_request request;
	char id[EVENT_ID_SIZE];
	struct str header;

	http_exchange_request(call->exchange, &request);
	header = http_header_find(&request, STR("Last-Event-ID"), NULL);
	if (header.data == NULL || str_is_empty(header)) {
		if (!api_query_text(call, &request, "last_event_id", id,
			sizeof(id)))
			return false;
	} else if (header.len < sizeof(id)) {
		memcpy(id, header.data, header.len);
		id[header.len] = '\0';
	} else {
		id[0] = ':'; /* no id is so long */
		id[1] = '\0';
	}
	if (id[0] == '\0' || event_id_read(call, id))
		return true;
	api_call_fail_field(call, "last_event_id");
	return false;
}

static void
epoch_set(struct api_call *call, struct str epoch)
{
	assert(epoch.len < sizeof(call->epoch));
	memcpy(call->epoch, epoch.data, epoch.len);
	call->epoch[epoch.len] = '\0';
}

/* The room's numbers begin anew: so does the reader. */
static void
epoch_change(struct api_call *call, struct str epoch)
{
	epoch_set(call, epoch);
	call->next = 1;
	api_put_gap(&call->out, api_call_subject(call), epoch, 0, 0);
}

/* --- what it is to get ---------------------------------------------------- */

static const struct {
	struct str word;
	unsigned kind;
} event_words[] = {
	{ STR("message"), API_EVENTS_MESSAGE },
	{ STR("change"), API_EVENTS_CHANGE },
	{ STR("presence"), API_EVENTS_PRESENCE },
};

static unsigned
kind_of_word(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(event_words); i++)
		if (str_equal(word, event_words[i].word))
			return event_words[i].kind;
	return 0;
}

/* "message,change" */
static bool
events_read(struct api_call *call)
{
	struct http_request request;
	char text[64];
	struct str rest, word;

	http_exchange_request(call->exchange, &request);
	if (!api_query_text(call, &request, "events", text, sizeof(text)))
		return false;
	call->events = API_EVENTS_MESSAGE | API_EVENTS_CHANGE;
	if (text[0] == '\0')
		return true;
	call->events = 0;
	rest = str_from(text);
	while ((word = http_list_next(&rest)).data != NULL) {
		if (kind_of_word(word) == 0) {
			api_call_fail_field(call, "events");
			return false;
		}
		call->events |= kind_of_word(word);
	}
	return true;
}

/* --- reading -------------------------------------------------------------- */

static void
stream_receive_messages(struct api_call *call, const struct event *event)
{
	struct str room = api_call_subject(call);
	const struct recovery *recovery = &event->recovery;

	if (!str_equal(event->epoch, str_from(call->epoch))) {
		epoch_change(call, event->epoch);
		call->reads_again = true;
		return;
	}
	if (recovery->missing_first != 0) {
		api_put_gap(&call->out, room, event->epoch,
		    recovery->missing_first, recovery->missing_last);
		call->next = recovery->missing_last + 1;
	}
	for (size_t i = 0; i < event->page.count; i++) {
		if (call->events & API_EVENTS_MESSAGE)
			api_put_stream_message(&call->out, room, event->epoch,
			    &event->page.items[i]);
		call->next = event->page.items[i].seq + 1;
	}
}

static void
stream_receive_changes(struct api_call *call, const struct event *event)
{
	struct str room = api_call_subject(call);

	for (size_t i = 0; i < event->changes.count; i++)
		api_put_stream_change(&call->out, room,
		    &event->changes.items[i]);
	if (event->changes.more)
		api_put_events_gap(&call->out, room, event->epoch);
}

static void
stream_end(struct api_call *call, const char *reason)
{
	api_put_end(&call->out, api_call_subject(call), str_from(reason));
	call->has_ended = true;
}

bool
api_stream_has_expired(const struct api_call *call)
{
	struct clock *clock = call->exchange->conn->loop->clock;

	return call->expires_at_ms != 0 &&
	       clock_wall_ms(clock) >= call->expires_at_ms;
}

static bool
stream_is_revoked(const struct api_call *call)
{
	struct admission *admission =
	    call->exchange->conn->loop->websockets->admission;

	return call->has_mark && admission->ops->is_revoked != NULL &&
	       admission->ops->is_revoked(admission, &call->mark);
}

const char *
api_stream_end_reason(const struct api_call *call)
{
	if (api_stream_has_expired(call))
		return "token_expired";
	return stream_is_revoked(call) ? "token_revoked" : NULL;
}

/* Up to that message. The chat answers before this returns. */
static void
messages_read(struct api_call *call, uint64_t last)
{
	struct command command = {
		.kind = COMMAND_REPLAY,
		.room = api_call_subject(call),
		.from_seq = call->next,
		.to_seq = last,
		.limit = READ_BYTES,
	};

	call->reads_again = false;
	if (api_call_ask(call, &command, STR_ABSENT) == CHAT_OK)
		return;
	call->answers_due--;
	stream_end(call, "room_not_found");
}

/* Whether the reader may read it, and where it is. */
static void
stream_ask_room(struct api_call *call)
{
	struct command command = {
		.kind = COMMAND_ROOM_INFO,
		.room = api_call_subject(call),
	};

	call->asked_ms = api_call_now_ms(call);
	api_call_ask(call, &command, STR("0"));
}

/* A user may have been banned. */
static void
stream_ask_room_again(struct api_call *call, int64_t now_ms)
{
	if (call->is_of_user || now_ms - call->asked_ms >= API_ASK_MS)
		stream_ask_room(call);
}

/* A piece of the messages before the next event. False: it is not the last. */
static bool
messages_read_before(struct api_call *call, uint64_t last)
{
	uint64_t next = call->next;

	call->reads_again = next <= last;
	while (call->reads_again && !call->has_ended)
		messages_read(call, last);
	return call->next > last || call->next == next;
}

/* Messages and events in the order of their publication. */
static void
stream_put_next(struct api_call *call)
{
	while (call->out.len < READ_BYTES && !call->has_ended &&
	       !call->out.failed) {
		uint64_t last = api_live_after(call);
		bool is_last = last == UINT64_MAX;

		if (!messages_read_before(call, is_last ? INT64_MAX : last))
			continue;
		if (is_last || call->has_ended)
			break;
		api_live_put(call);
	}
}

/*
 * What became of messages that the reader has, since the last of them was sent:
 * in the answer to a COMMAND_HISTORY. A reader whose room was kept has the
 * events themselves.
 */
static void
changes_ask(struct api_call *call)
{
	struct command command = {
		.kind = COMMAND_HISTORY,
		.flags = COMMAND_HAS_SINCE,
		.room = api_call_subject(call),
		.since_seq = call->next - 1,
		.since_epoch = str_from(call->epoch),
	};

	if ((call->query_flags & COMMAND_HAS_SINCE) && call->kept_as == 0 &&
	    (call->events & API_EVENTS_CHANGE))
		api_call_ask(call, &command, STR("0"));
}

void
api_stream_fill(struct api_call *call)
{
	int64_t now_ms = api_call_now_ms(call);

	if (!call->has_begun) {
		call->has_begun = true;
		if (call->misses_live && (call->events & API_EVENTS_PRESENCE))
			api_put_events_gap(&call->out, api_call_subject(call),
			    str_from(call->epoch));
		changes_ask(call);
	}
	if (api_stream_end_reason(call) != NULL)
		stream_end(call, api_stream_end_reason(call));
	else
		stream_ask_room_again(call, now_ms);
	if (!call->has_ended)
		stream_put_next(call);
	call->has_ended |= api_call_is_draining(call);
}

/* A client that is sent nothing for long would not notice our end. */
static void
stream_send(struct api_call *call)
{
	int64_t now_ms = api_call_now_ms(call);

	wire_text_reset(&call->out);
	call->sent = 0;
	if (call->has_ended)
		return;
	if (!call->has_begun)
		api_put_stream_begin(&call->out);
	api_stream_fill(call);
	if (call->out.len == 0 && now_ms >= call->until_ms)
		api_put_heartbeat(&call->out);
	if (call->out.len > 0)
		call->until_ms = now_ms + HEARTBEAT_MS;
}

static void
stream_go_on(struct api_call *call)
{
	if (call->is_poll) {
		api_poll_go_on(call);
		return;
	}
	call->is_running = true;
	stream_send(call);
	call->is_running = false;
}

/* --- the beginning -------------------------------------------------------- */

static void
stream_run(struct api_call *call)
{
	if (events_read(call) && position_read(call) && api_poll_read(call))
		stream_ask_room(call);
}

/* Without a position the reader gets what is published from now on. */
static void
stream_receive_room(struct api_call *call, const struct event *event)
{
	call->room_seq = event->seq;
	if (call->epoch[0] == '\0') {
		epoch_set(call, event->epoch);
		call->next = event->seq + 1;
	} else if (!str_equal(event->epoch, str_from(call->epoch)))
		call->kept_as = 0;
	else if (call->next > event->seq + 1)
		call->next = event->seq + 1;
}

/*
 * The room of an answer that came later was read meanwhile: its messages were
 * not published.
 */
static void
stream_receive(struct api_call *call, const struct event *event)
{
	if (call->watched != NULL && !call->is_running)
		http_exchange_defer(call->exchange);
	if (event->kind == EVENT_REPLAYED)
		stream_receive_messages(call, event);
	else if (event->kind == EVENT_HISTORY)
		stream_receive_changes(call, event);
	else if (call->has_begun && event->kind == EVENT_FAILED)
		stream_end(call, chat_error_word(event->failure.error));
	else if (event->kind == EVENT_ROOM_INFO)
		stream_receive_room(call, event);
	else
		api_call_put(call, event);
}

bool
api_stream_begin(struct api_call *call, const char *content_type)
{
	struct http_exchange *exchange = call->exchange;
	struct ws_service *service = exchange->conn->loop->websockets;
	struct failure failure = { .error = CHAT_UNAVAILABLE };

	if (!ws_has_room(service, exchange->conn, &exchange->response)) {
		http_exchange_respond(exchange);
		return false;
	}
	if (!api_watch(call, api_call_subject(call))) {
		api_call_fail(call, &failure);
		return true;
	}
	call->is_live = true;
	service->open_count++;
	api_call_respond_head(call, 200, content_type);
	http_exchange_stream(exchange);
	return false;
}

static bool
stream_begin(struct api_call *call)
{
	return call->is_poll ? api_poll_begin(call)
			     : api_stream_begin(call, "text/event-stream");
}

const struct api_operation operation_stream = {
	.run = stream_run,
	.receive = stream_receive,
	.finish = stream_begin,
	.go_on = stream_go_on,
	.param = "room",
	.for_users = true,
};
