#include "transport/hub.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/id_map.h"
#include "domain/log.h"
#include "domain/report.h"
#include "transport/conn.h"
#include "transport/endpoint.h"
#include "transport/seating.h"
#include "transport/session.h"
#include "transport/spelling.h"
#include "transport/turn.h"
#include "wire/dialect.h"

/* A turn that has gathered this much is sent before its end. */
#define TURN_BYTES (256 * 1024)

/* More than any goodbye takes. */
#define LAST_SIZE 512

struct hub {
	struct publisher base;
	struct seating seating;
	struct id_map sessions; /* by member id */
	struct turn turn;
	struct speller speller;
	unsigned long author_apart; /* of all dialects together */
	uint64_t said;              /* messages, … */
	uint64_t heard;             /* … and by how many all of them */
};

/* --- saying --------------------------------------------------------------- */

static void
tell_frame(struct hub *hub, struct session *session, const struct frame *frame)
{
	if (!turn_tell(&hub->turn, session, frame))
		conn_end_unheard(session->conn);
	if (hub->turn.bytes >= TURN_BYTES)
		turn_flush(&hub->turn);
}

/* False: its dialect has no word for it. */
static bool
tell(struct hub *hub, struct session *session, const struct event *event,
    enum viewpoint view)
{
	const struct spelling *spelling =
	    speller_for_one(&hub->speller, event, view, session->variant);

	if (spelling->is_silent)
		return false;
	if (spelling->failed) {
		conn_end_unheard(session->conn);
		return true;
	}
	tell_frame(hub, session, &spelling->frame);
	if (spelling->close_code != 0)
		conn_end(session->conn, spelling->close_code,
		    spelling->close_reason);
	return true;
}

void
hub_tell(struct hub *hub, struct session *session, const struct event *event)
{
	turn_next(&hub->turn);
	tell(hub, session, event, VIEW_AUTHOR);
}

void
hub_tell_raw(struct hub *hub, struct session *session, struct str bytes)
{
	struct frame frame = {
		.head = bytes.data, .head_len = bytes.len, .body = ""
	};

	turn_next(&hub->turn);
	tell_frame(hub, session, &frame);
}

void
hub_say_last(struct hub *hub, struct session *session,
    const struct event *event)
{
	const struct spelling *spelling = speller_for_one(&hub->speller, event,
	    VIEW_AUTHOR, session->variant);
	const struct frame *frame = &spelling->frame;
	char bytes[LAST_SIZE];

	if (spelling->is_silent || spelling->failed ||
	    frame->head_len + frame->body_len > sizeof(bytes))
		return;
	memcpy(bytes, frame->head, frame->head_len);
	memcpy(bytes + frame->head_len, frame->body, frame->body_len);
	conn_write(session->conn, bytes, frame->head_len + frame->body_len);
}

/* --- being a publisher ---------------------------------------------------- */

static struct str
session_key(const void *entry)
{
	return session_member(entry);
}

static enum chat_error
hub_attach(struct publisher *publisher, void *peer, struct str member_id)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = peer;

	assert(session->member_id[0] == '\0');
	assert(member_id.len > 0 &&
	       member_id.len < id_size(session->dialect->ids));
	memcpy(session->member_id, member_id.data, member_id.len);
	session->member_id[member_id.len] = '\0';
	if (id_map_put(&hub->sessions, session))
		return CHAT_OK;
	session->member_id[0] = '\0';
	return CHAT_UNAVAILABLE;
}

static enum chat_error
hub_enter(struct publisher *publisher, struct str member_id, struct str room)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = id_map_find(&hub->sessions, member_id);

	if (session == NULL)
		return CHAT_OK; /* connected elsewhere */
	if (!seating_enter(&hub->seating, session, room))
		return CHAT_UNAVAILABLE;
	session->has_been_in_room |= room.data != NULL;
	return CHAT_OK;
}

static void
hub_leave(struct publisher *publisher, struct str member_id, struct str room)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = id_map_find(&hub->sessions, member_id);

	if (session != NULL)
		seating_leave(&hub->seating, session, room);
}

static void
hub_detach(struct publisher *publisher, struct str member_id)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = id_map_remove(&hub->sessions, member_id);

	if (session != NULL)
		seating_leave_all(&hub->seating, session);
}

static void
lose_channel(const struct channel *channel, const struct session *except)
{
	log_warn("no memory for an event: ending %u connections",
	    channel->count);
	for (uint32_t i = 0; i < channel->count; i++)
		if (channel->seats[i].session != except)
			conn_end_unheard(channel->seats[i].conn);
}

static bool
is_fleeting(const struct event *event)
{
	return event->kind == EVENT_TYPING || event->kind == EVENT_COUNT;
}

/* To everybody in one channel but for one; returns how many heard it. */
static size_t
say(struct hub *hub, struct channel *channel, const struct event *event,
    struct session *except)
{
	const struct spelling *spelling =
	    speller_for_others(&hub->speller, event, channel->variant);
	bool skips = except != NULL && seating_place(except, channel) != NULL;

	if (spelling->is_silent)
		return 0;
	if (!spelling->failed && turn_say(&hub->turn, channel, &spelling->frame,
				     skips ? except : NULL, is_fleeting(event)))
		return channel->count - (skips ? 1 : 0);
	lose_channel(channel, except);
	return 0;
}

/* The author, if its dialect tells authors something else. */
static struct session *
find_author_apart(const struct hub *hub, const struct event *event)
{
	struct session *session;

	if (!(hub->author_apart & (1ul << event->kind)) ||
	    str_is_empty(event->member_id))
		return NULL;
	session = id_map_find(&hub->sessions, event->member_id);
	if (session == NULL ||
	    !(session->dialect->author_apart & (1ul << event->kind)))
		return NULL;
	return session;
}

static size_t
publish_to_room(struct hub *hub, const struct event *event,
    const struct audience *audience)
{
	struct seats *room = seating_find(&hub->seating, audience->room);
	struct session *except = NULL;
	struct session *author;
	size_t heard = 0;

	if (room == NULL)
		return 0;
	author = find_author_apart(hub, event);
	if (!str_is_empty(audience->except))
		except = id_map_find(&hub->sessions, audience->except);
	if (author != NULL && author != except) {
		assert(except == NULL);
		except = author;
		heard += tell(hub, author, event, VIEW_AUTHOR);
	}
	speller_begin(&hub->speller);
	for (struct channel *channel = room->channels; channel != NULL;
	     channel = channel->next)
		heard += say(hub, channel, event, except);
	if (event->kind == EVENT_SAID) {
		hub->said++;
		hub->heard += heard;
	}
	if (hub->turn.bytes >= TURN_BYTES)
		turn_flush(&hub->turn);
	return heard;
}

static size_t
publish_to_one(struct hub *hub, const struct event *event,
    const struct audience *audience)
{
	struct session *session =
	    id_map_find(&hub->sessions, audience->member_id);

	enum viewpoint view = VIEW_OTHERS;

	if (session == NULL)
		return 0;
	if (str_equal(event->member_id, audience->member_id))
		view = VIEW_AUTHOR;
	return tell(hub, session, event, view);
}

static size_t
hub_publish(struct publisher *publisher, const struct event *event,
    const struct audience *audience)
{
	struct hub *hub = (struct hub *)publisher;

	turn_next(&hub->turn);
	switch (audience->kind) {
	case AUDIENCE_ONE:
		return publish_to_one(hub, event, audience);
	case AUDIENCE_ROOM:
	case AUDIENCE_LOBBY:
		return publish_to_room(hub, event, audience);
	}
	return 0;
}

static void
lose_room(struct hub *hub, const struct audience *audience)
{
	const struct seats *room = seating_find(&hub->seating, audience->room);
	const struct session *except = NULL;

	if (room == NULL)
		return;
	if (!str_is_empty(audience->except))
		except = id_map_find(&hub->sessions, audience->except);
	for (const struct channel *channel = room->channels; channel != NULL;
	     channel = channel->next)
		lose_channel(channel, except);
}

static void
hub_lose(struct publisher *publisher, const struct audience *audience)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session;

	if (audience->kind != AUDIENCE_ONE) {
		lose_room(hub, audience);
		return;
	}
	session = id_map_find(&hub->sessions, audience->member_id);
	if (session != NULL)
		conn_end_unheard(session->conn);
}

static const struct publisher_ops hub_ops = {
	.attach = hub_attach,
	.enter = hub_enter,
	.leave = hub_leave,
	.detach = hub_detach,
	.publish = hub_publish,
	.lose = hub_lose,
};

/* --- birth, death, and the server's side ---------------------------------- */

struct hub *
hub_create(void)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (hub == NULL)
		return NULL;
	hub->base.ops = &hub_ops;
	seating_init(&hub->seating, &hub->turn);
	id_map_init(&hub->sessions, session_key);
	for (size_t i = 0; dialects()[i] != NULL; i++)
		hub->author_apart |= dialects()[i]->author_apart;
	if (!speller_init(&hub->speller) || !turn_init(&hub->turn)) {
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
	seating_fini(&hub->seating);
	id_map_fini(&hub->sessions);
	speller_fini(&hub->speller);
	turn_fini(&hub->turn);
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
		turn_flush(&hub->turn);
	if (session->member_id[0] != '\0')
		id_map_remove(&hub->sessions, session_member(session));
	free(session->more);
}

void
hub_flush_answers(struct hub *hub)
{
	if (hub->turn.dirty == NULL)
		turn_flush(&hub->turn);
}

void
hub_flush(struct hub *hub)
{
	turn_flush(&hub->turn);
}

struct pending
hub_pending(const struct hub *hub)
{
	return (struct pending){ hub->turn.sends, hub->turn.bytes };
}

void
hub_tell_report(const struct hub *hub, struct report *out)
{
	out->messages = hub->said;
	out->deliveries = hub->heard;
}

void
hub_tidy(struct hub *hub)
{
	turn_tidy(&hub->turn);
}
