#include <assert.h>
#include <string.h>

#include "domain/log.h"
#include "transport/fanout/hub_internal.h"
#include "transport/ws/ws_conn.h"

/* --- who is where --------------------------------------------------------- */

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
	if (!subscriptions_enter(&hub->seating, session, room))
		return CHAT_UNAVAILABLE;
	return CHAT_OK;
}

static void
hub_leave(struct publisher *publisher, struct str member_id, struct str room)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = id_map_find(&hub->sessions, member_id);

	if (session != NULL)
		subscriptions_leave(&hub->seating, session, room);
}

static void
hub_detach(struct publisher *publisher, struct str member_id)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = id_map_remove(&hub->sessions, member_id);

	if (session == hub->last_author)
		hub->last_author = NULL;
	if (session != NULL)
		subscriptions_leave_all(&hub->seating, session);
}

/* --- who hears it --------------------------------------------------------- */

static void
lose_channel(const struct channel *channel, const struct session *except)
{
	log_limited(LOG_WARN, "no memory for an event: ending %u connections",
	    channel->count);
	for (uint32_t i = 0; i < channel->count; i++)
		if (channel->seats[i].session != except)
			ws_conn_end_unsent(channel->seats[i].conn);
}

/* What a publication costs its author. */
struct publication_cost {
	uint64_t copied_bytes;
	size_t deflate_work;
};

/* To everybody in one channel but for one; returns how many heard it. */
static size_t
say(struct hub *hub, struct channel *channel, const struct event *event,
    struct session *except, struct publication_cost *cost)
{
	const struct encoded_frame *spelling =
	    encode_cache_for_others(&hub->speller, event, channel->variant);
	bool skips =
	    except != NULL && subscriptions_place(except, channel) != NULL;

	if (spelling->is_silent)
		return 0;
	if (!spelling->failed &&
	    send_batch_add(&hub->turn, channel, &spelling->frame,
		skips ? except : NULL,
		event_has_trait(event->kind, EVENT_IS_DROPPABLE))) {
		size_t count = channel->count - (skips ? 1 : 0);

		cost->copied_bytes +=
		    (uint64_t)encoded_frame_bytes(spelling) * count;
		cost->deflate_work += spelling->deflate_work;
		return count;
	}
	lose_channel(channel, except);
	return 0;
}

/*
 * NULL: it is connected elsewhere, or not any more, or there is none. Several
 * events in a row often have the same author.
 */
static struct session *
find_author(struct hub *hub, const struct event *event)
{
	if (str_is_empty(event->member_id))
		return NULL;
	if (hub->last_author == NULL ||
	    !str_equal(session_member(hub->last_author), event->member_id))
		hub->last_author =
		    id_map_find(&hub->sessions, event->member_id);
	return hub->last_author;
}

/* Whether the author's dialect tells authors something else. */
static bool
author_differs(const struct session *author, const struct event *event)
{
	return author->dialect->author_differs & (1ul << event->kind);
}

static size_t
publish_to_room(struct hub *hub, const struct event *event,
    const struct audience *audience)
{
	struct seats *room = subscriptions_find(&hub->seating, audience->room);
	struct session *except = NULL;
	struct session *author = find_author(hub, event);
	size_t sends = hub->turn.sends;
	size_t heard = 0;
	struct publication_cost cost = { 0 };

	if (room == NULL)
		return 0;
	if (!str_is_empty(audience->except))
		except = id_map_find(&hub->sessions, audience->except);
	if (author != NULL && author != except &&
	    author_differs(author, event)) {
		assert(except == NULL);
		except = author;
		heard += hub_say_to(hub, author, event, VIEW_AUTHOR);
	}
	encode_cache_begin(&hub->speller);
	for (struct channel *channel = room->channels; channel != NULL;
	     channel = channel->next)
		heard += say(hub, channel, event, except, &cost);
	if (author != NULL) {
		ws_conn_charge_bytes(author->conn, cost.deflate_work);
		ws_conn_charge_copies(author->conn, cost.copied_bytes,
		    hub->turn.sends - sends);
	}
	if (event->kind == EVENT_SAID) {
		hub->said++;
		hub->heard += heard;
	}
	hub_flush_if_large(hub);
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
	return hub_say_to(hub, session, event, view);
}

static size_t
hub_publish(struct publisher *publisher, const struct event *event,
    const struct audience *audience)
{
	struct hub *hub = (struct hub *)publisher;

	send_batch_next(&hub->turn);
	switch (audience->kind) {
	case AUDIENCE_ONE:
		return publish_to_one(hub, event, audience);
	case AUDIENCE_ROOM:
	case AUDIENCE_LOBBY:
		return publish_to_room(hub, event, audience);
	}
	return 0;
}

/* Half of what may wait is left to answers. */
static bool
session_is_congested(const struct session *session)
{
	const struct conn *conn = session->conn;
	size_t hard = conn->loop->limits->output_hard;

	return hard > 0 && conn_waiting(conn) + session->own_bytes > hard / 2;
}

static bool
hub_is_congested(struct publisher *publisher, struct str member_id)
{
	struct hub *hub = (struct hub *)publisher;
	const struct session *session = id_map_find(&hub->sessions, member_id);

	return session != NULL && session_is_congested(session);
}

const struct publisher_ops hub_ops = {
	.attach = hub_attach,
	.enter = hub_enter,
	.leave = hub_leave,
	.detach = hub_detach,
	.publish = hub_publish,
	.is_congested = hub_is_congested,
};
