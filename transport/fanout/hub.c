#include "transport/fanout/hub.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/server_stats.h"
#include "transport/fanout/channel_rest.h"
#include "transport/fanout/file_push.h"
#include "transport/fanout/hub_internal.h"
#include "transport/fanout/send_threads.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn.h"

/* A batch of this size is flushed at once. */
#define BATCH_BYTES (256 * 1024)

/* A buffer for any `bye`. */
#define LAST_SIZE 512

/* --- sending -------------------------------------------------------------- */

static void
hub_send_batch(struct hub *hub)
{
	size_t most = hub->limits->lobby_bytes;

	hub->batch.lobby_bytes = most > 0 ? most : SIZE_MAX;
	hub->batch.sends_most = hub_turn_sends(hub);
	send_batch_flush(&hub->batch);
}

void
hub_flush_if_large(struct hub *hub)
{
	if (hub->batch.bytes >= BATCH_BYTES)
		hub_send_batch(hub);
}

static void
send_frame(struct hub *hub, struct session *session, const struct frame *frame)
{
	if (!send_batch_add_for(&hub->batch, session, frame))
		ws_conn_end_unsent(session->conn);
	hub_flush_if_large(hub);
}

static void
count_answer(struct hub *hub, const struct event *event)
{
	const struct recovery *recovery = &event->recovery;

	if (event->kind == EVENT_FAILED)
		hub->errors[event->failure.error]++;
	if (event->kind != EVENT_ROOM_JOINED || !recovery->asked)
		return;
	if (recovery->epoch_changed)
		hub->recoveries[RECOVERY_EPOCH]++;
	else if (!recovery->recovered)
		hub->recoveries[RECOVERY_GAP]++;
	else
		hub->recoveries[RECOVERY_COMPLETE]++;
}

static void
session_trace_refusal(const struct session *session, const struct event *event)
{
	const struct failure *failure = &event->failure;
	struct trace_entry entry = {
		.kind = TRACE_REFUSED,
		.connection = session->conn->number,
		.member = session_member(session),
		.room = event->room,
		.what = failure->command,
		.why = str_from(chat_error_word(failure->error)),
		.detail =
		    failure->field.len > 0 ? failure->field : failure->right,
		.limit = failure->limit > 0 ? (uint64_t)failure->limit : 0,
	};

	trace_put(&session->conn->loop->trace, &entry);
}

bool
hub_send_as(struct hub *hub, struct session *session, const struct event *event,
    enum viewpoint view)
{
	const struct encoded_frame *encoded =
	    encode_cache_for_one(&hub->encode_cache, event, view,
		session->variant);

	count_answer(hub, event);
	if (event->kind == EVENT_FAILED &&
	    trace_is_on(&session->conn->loop->trace))
		session_trace_refusal(session, event);
	if (encoded->is_silent)
		return false;
	if (encoded->failed) {
		ws_conn_end_unsent(session->conn);
		return true;
	}
	/* A file is sent as fast as its receiver reads. */
	if (event_has_trait(event->kind, EVENT_IS_DIRECT) &&
	    event->kind != EVENT_FILE_DATA)
		ws_conn_charge_bytes(session->conn,
		    encoded_frame_bytes(encoded) + encoded->deflate_work);
	send_frame(hub, session, &encoded->frame);
	if (encoded->close_code != 0)
		ws_conn_end(session->conn, encoded->close_code,
		    encoded->close_reason);
	return true;
}

void
hub_send(struct hub *hub, struct session *session, const struct event *event)
{
	send_batch_next(&hub->batch);
	hub_send_as(hub, session, event, VIEW_AUTHOR);
}

void
hub_send_raw(struct hub *hub, struct session *session, struct str bytes)
{
	struct frame frame = {
		.head = bytes.data, .head_len = bytes.len, .body = ""
	};

	send_batch_next(&hub->batch);
	send_frame(hub, session, &frame);
}

void
hub_send_binary(struct hub *hub, struct session *session, struct str bytes)
{
	uint8_t head[WS_FRAME_HEAD_MAX];
	struct frame frame = {
		.head = head,
		.head_len =
		    ws_frame_encode(WS_BINARY, true, 0, bytes.len, head),
		.body = bytes.data,
		.body_len = bytes.len,
	};

	ws_conn_charge_bytes(session->conn, bytes.len);
	send_batch_next(&hub->batch);
	send_frame(hub, session, &frame);
}

void
hub_send_last(struct hub *hub, struct session *session,
    const struct event *event)
{
	const struct encoded_frame *encoded =
	    encode_cache_for_one(&hub->encode_cache, event, VIEW_AUTHOR,
		session->variant);
	const struct frame *frame = &encoded->frame;
	char bytes[LAST_SIZE];

	if (encoded->is_silent || encoded->failed ||
	    frame_bytes(frame) > sizeof(bytes))
		return;
	frame_copy(frame, bytes);
	conn_write(session->conn, bytes, frame_bytes(frame));
}

/* --- life cycle ----------------------------------------------------------- */

static struct str
session_key(const void *entry)
{
	return session_member(entry);
}

static struct str
session_number(const void *entry)
{
	const struct session *session = entry;

	return str_slice((const char *)&session->connection,
	    sizeof(session->connection));
}

struct hub *
hub_create(void)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (hub == NULL)
		return NULL;
	hub->base.ops = &hub_ops;
	subscriptions_init(&hub->subscriptions, &hub->batch);
	id_map_init(&hub->sessions, session_key);
	id_map_init(&hub->waiting, session_number);
	replays_init(&hub->replays);
	list_init(&hub->pushes);
	if (!encode_cache_init(&hub->encode_cache) ||
	    !send_batch_init(&hub->batch)) {
		hub_destroy(hub);
		return NULL;
	}
	return hub;
}

void
hub_destroy(struct hub *hub)
{
	if (hub == NULL)
		return;
	assert(id_map_count(&hub->sessions) == 0);
	subscriptions_fini(&hub->subscriptions);
	replays_fini(&hub->replays);
	file_pushes_free(&hub->pushes);
	id_map_fini(&hub->sessions);
	id_map_fini(&hub->waiting);
	encode_cache_fini(&hub->encode_cache);
	send_batch_fini(&hub->batch);
	free(hub);
}

struct publisher *
hub_publisher(struct hub *hub)
{
	return &hub->base;
}

void
hub_bind(struct hub *hub, struct chunk_pool *pool,
    struct command_handler *handler, const struct transport_limits *limits)
{
	hub->batch.pool = pool;
	hub->batch.replays = &hub->replays;
	hub->handler = handler;
	hub->limits = limits;
}

void
hub_add(struct hub *hub, struct session *session, bool deflate)
{
	if (++hub->connections == CONNECTION_ELSEWHERE)
		hub->connections = 1;
	session->connection = hub->connections;
	session->variant = encode_variant(session->dialect, 0, deflate);
}

void
hub_set_form(struct session *session, unsigned form)
{
	assert(!session->is_attached);
	session->variant = encode_variant_of_form(session->variant, form);
}

bool
hub_await_member(struct hub *hub, struct session *session)
{
	if (!id_map_put(&hub->waiting, session))
		return false;
	conn_pause(session->conn, PAUSED_BY_MEMBER);
	return true;
}

struct session *
hub_take_waiting(struct hub *hub, uint32_t connection)
{
	struct session *session = id_map_remove(&hub->waiting,
	    str_slice((const char *)&connection, sizeof(connection)));

	if (session != NULL)
		conn_resume(session->conn, PAUSED_BY_MEMBER);
	return session;
}

void
hub_refuse(struct session *session, enum chat_error error)
{
	if (error == CHAT_TOO_MANY_CONNECTIONS)
		ws_conn_end(session->conn, WS_CLOSE_TOO_MANY_CONNECTIONS,
		    "too_many_connections");
	else
		ws_conn_end(session->conn, WS_CLOSE_INTERNAL, "unavailable");
}

void
hub_remove(struct hub *hub, struct session *session)
{
	assert(session->subscription_count == 0);
	replay_forget(session);
	/* The rest of its input, the peer's close frame, is read. */
	if (session->conn->lags)
		conn_set_lags(session->conn, false);
	if (send_batch_refers_to(&hub->batch, session))
		hub_send_batch(hub);
	if (session->is_attached)
		hub_remove_session(hub, session);
	else
		id_map_remove(&hub->waiting, session_number(session));
	if (id_map_count(&hub->sessions) == 0)
		replay_tidy(&hub->replays);
	free(session->more);
}

void
hub_flush_answers(struct hub *hub)
{
	if (hub->batch.dirty == NULL)
		send_batch_flush(&hub->batch);
}

/* The limit is for the time of a turn: more threads send more in it. */
size_t
hub_turn_sends(const struct hub *hub)
{
	return (size_t)hub->limits->turn_sends *
	       send_threads_count(hub->batch.threads);
}

bool
hub_has_deferred(const struct hub *hub)
{
	return !list_is_empty(&hub->batch.rests) ||
	       !list_is_empty(&hub->replays.ready);
}

bool
hub_use_threads(struct hub *hub, struct thread_pool *pool, size_t least)
{
	assert(hub->batch.threads == NULL);
	hub->batch.threads = send_threads_create(pool, least);
	return hub->batch.threads != NULL;
}

static bool
hub_is_idle(const struct hub *hub)
{
	return !send_batch_is_pending(&hub->batch) &&
	       list_is_empty(&hub->pushes) && !hub_has_deferred(hub) &&
	       list_is_empty(&hub->replays.authors);
}

/* New sends leave at least one part of so many of a turn's sends to rests. */
#define TURN_SENDS_PARTS 4

static void
hub_send_rests(struct hub *hub)
{
	struct send_batch *batch = &hub->batch;
	size_t most = hub_turn_sends(hub), least = most / TURN_SENDS_PARTS;
	size_t left = most > batch->sent_to ? most - batch->sent_to : 0;

	if (most == 0)
		left = SIZE_MAX;
	rests_send(batch, left > least ? left : least);
}

void
hub_flush(struct hub *hub)
{
	bool had_rests = !list_is_empty(&hub->batch.rests);

	hub->batch.sent_to = 0;
	if (hub_is_idle(hub))
		return;
	file_pushes_end(&hub->pushes, hub->handler);
	hub_send_batch(hub);
	if (had_rests)
		hub_send_rests(hub);
	replays_pause_authors(hub);
	if (!list_is_empty(&hub->replays.ready))
		replay_run(hub);
}

size_t
hub_waiting(const struct hub *hub, const struct session *session)
{
	return conn_waiting(session->conn) +
	       send_batch_own_bytes(&hub->batch, session);
}

void
hub_drained(struct hub *hub, struct session *session)
{
	if (session->conn->lags)
		replay_continue(&hub->replays, session);
}

void
hub_pause_if_full(struct hub *hub, struct session *session)
{
	size_t soft = hub->limits->output_soft;

	if (session->conn->lags ||
	    (soft > 0 && hub_waiting(hub, session) > soft))
		conn_pause(session->conn, PAUSED_BY_OUTPUT);
}

bool
hub_each_connection(const struct hub *hub, struct str member_id,
    hub_connection_visit *visit, void *arg)
{
	const struct session *first = id_map_find(&hub->sessions, member_id);

	for (const struct session *session = first; session != NULL;
	     session = session_next_of_member(session))
		visit(session, arg);
	return first != NULL;
}

bool
hub_end(struct hub *hub, struct str member_id, unsigned code,
    const char *reason)
{
	struct session *first = id_map_find(&hub->sessions, member_id);

	for (struct session *session = first; session != NULL;
	     session = session_next_of_member(session))
		ws_conn_end(session->conn, code, reason);
	return first != NULL;
}

bool
hub_find_lost(const struct hub *hub, struct session *session, struct bye *bye)
{
	for (uint32_t i = 0; i < session->subscription_count; i++) {
		const struct subscription *subscription =
		    session_subscription(session, i);
		const struct channel *channel = subscription->channel;
		const struct lag *lag =
		    lags_find(&hub->batch.lags, subscription->lag);

		if (lag == NULL || !lag->is_lost || channel->is_lobby)
			continue;
		bye->room = str_slice(channel->room->id, channel->room->id_len);
		bye->seq = lag->next != 0 ? lag->next : channel->last_seq + 1;
		return true;
	}
	return false;
}

struct pending
hub_pending(const struct hub *hub)
{
	size_t deferred = hub_has_deferred(hub) ? 1 : 0;

	return (struct pending){ hub->batch.sends + deferred,
		hub->batch.bytes };
}

void
hub_stats(const struct hub *hub, struct server_stats *out)
{
	out->messages = hub->messages;
	out->deliveries = hub->deliveries;
	memcpy(out->errors, hub->errors, sizeof(out->errors));
	memcpy(out->recoveries, hub->recoveries, sizeof(out->recoveries));
	out->copies = hub->batch.copies;
	send_threads_fill_stats(hub->batch.threads, out);
}

void
hub_tidy(struct hub *hub)
{
	send_batch_tidy(&hub->batch);
	replay_tidy(&hub->replays);
}
