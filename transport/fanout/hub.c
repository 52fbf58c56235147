#include "transport/fanout/hub.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/server_stats.h"
#include "transport/fanout/hub_internal.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn.h"

/* So much is a lot for one turn. */
#define TURN_BYTES (256 * 1024)

/* More than any goodbye takes. */
#define LAST_SIZE 512

/* --- saying --------------------------------------------------------------- */

void
hub_flush_if_large(struct hub *hub)
{
	if (hub->turn.bytes >= TURN_BYTES)
		send_batch_flush(&hub->turn);
}

static void
tell_frame(struct hub *hub, struct session *session, const struct frame *frame)
{
	if (!send_batch_add_for(&hub->turn, session, frame))
		ws_conn_end_unsent(session->conn);
	hub_flush_if_large(hub);
}

bool
hub_say_to(struct hub *hub, struct session *session, const struct event *event,
    enum viewpoint view)
{
	const struct encoded_frame *spelling =
	    encode_cache_for_one(&hub->speller, event, view, session->variant);

	if (event->kind == EVENT_FAILED)
		hub->errors[event->failure.error]++;
	if (spelling->is_silent)
		return false;
	if (spelling->failed) {
		ws_conn_end_unsent(session->conn);
		return true;
	}
	if (event_has_trait(event->kind, EVENT_IS_DIRECT))
		ws_conn_charge_bytes(session->conn,
		    encoded_frame_bytes(spelling) + spelling->deflate_work);
	tell_frame(hub, session, &spelling->frame);
	if (spelling->close_code != 0)
		ws_conn_end(session->conn, spelling->close_code,
		    spelling->close_reason);
	return true;
}

void
hub_tell(struct hub *hub, struct session *session, const struct event *event)
{
	send_batch_next(&hub->turn);
	hub_say_to(hub, session, event, VIEW_AUTHOR);
}

void
hub_tell_raw(struct hub *hub, struct session *session, struct str bytes)
{
	struct frame frame = {
		.head = bytes.data, .head_len = bytes.len, .body = ""
	};

	send_batch_next(&hub->turn);
	tell_frame(hub, session, &frame);
}

void
hub_say_last(struct hub *hub, struct session *session,
    const struct event *event)
{
	const struct encoded_frame *spelling =
	    encode_cache_for_one(&hub->speller, event, VIEW_AUTHOR,
		session->variant);
	const struct frame *frame = &spelling->frame;
	char bytes[LAST_SIZE];

	if (spelling->is_silent || spelling->failed ||
	    frame->head_len + frame->body_len > sizeof(bytes))
		return;
	memcpy(bytes, frame->head, frame->head_len);
	memcpy(bytes + frame->head_len, frame->body, frame->body_len);
	conn_write(session->conn, bytes, frame->head_len + frame->body_len);
}

/* --- birth, death, and the server's side ---------------------------------- */

static struct str
session_key(const void *entry)
{
	return session_member(entry);
}

struct hub *
hub_create(void)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (hub == NULL)
		return NULL;
	hub->base.ops = &hub_ops;
	subscriptions_init(&hub->seating, &hub->turn);
	id_map_init(&hub->sessions, session_key);
	if (!encode_cache_init(&hub->speller) || !send_batch_init(&hub->turn)) {
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
	subscriptions_fini(&hub->seating);
	id_map_fini(&hub->sessions);
	encode_cache_fini(&hub->speller);
	send_batch_fini(&hub->turn);
	free(hub);
}

struct publisher *
hub_publisher(struct hub *hub)
{
	return &hub->base;
}

void
hub_bind(struct hub *hub, struct chunk_pool *pool)
{
	hub->turn.pool = pool;
}

void
hub_welcome(struct hub *hub, struct session *session, bool deflate)
{
	(void)hub;
	session->variant = spelling_variant(session->dialect, deflate);
}

void
hub_forget(struct hub *hub, struct session *session)
{
	assert(session->place_count == 0);
	if (session->apart_turn == hub->turn.number)
		send_batch_flush(&hub->turn);
	if (session->member_id[0] != '\0')
		id_map_remove(&hub->sessions, session_member(session));
	free(session->more);
}

void
hub_flush_answers(struct hub *hub)
{
	if (hub->turn.dirty == NULL)
		send_batch_flush(&hub->turn);
}

void
hub_flush(struct hub *hub)
{
	send_batch_flush(&hub->turn);
}

struct pending
hub_pending(const struct hub *hub)
{
	return (struct pending){ hub->turn.sends, hub->turn.bytes };
}

void
hub_tell_report(const struct hub *hub, struct server_stats *out)
{
	out->messages = hub->said;
	out->deliveries = hub->heard;
	memcpy(out->errors, hub->errors, sizeof(out->errors));
}

void
hub_tidy(struct hub *hub)
{
	send_batch_tidy(&hub->turn);
}
