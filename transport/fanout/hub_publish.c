#include <assert.h>
#include <string.h>

#include "domain/log.h"
#include "transport/fanout/hub_internal.h"
#include "transport/ws/ws_conn.h"

/* --- members and rooms ---------------------------------------------------- */

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
	if (!subscriptions_enter(&hub->subscriptions, session, room))
		return CHAT_UNAVAILABLE;
	return CHAT_OK;
}

static void
hub_leave(struct publisher *publisher, struct str member_id, struct str room)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = id_map_find(&hub->sessions, member_id);

	if (session != NULL)
		subscriptions_leave(&hub->subscriptions, session, room);
}

static void
hub_detach(struct publisher *publisher, struct str member_id)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = id_map_remove(&hub->sessions, member_id);

	if (session == hub->last_author)
		hub->last_author = NULL;
	if (session != NULL)
		subscriptions_leave_all(&hub->subscriptions, session);
}

/* --- publishing ----------------------------------------------------------- */

static void
channel_abort(const struct channel *channel, const struct session *except)
{
	log_limited(LOG_WARN, "no memory for an event: ending %u connections",
	    channel->count);
	for (uint32_t i = 0; i < channel->count; i++)
		if (channel->subscribers[i].session != except)
			ws_conn_end_unsent(channel->subscribers[i].conn);
}

/* The costs that a publication is charged to its author. */
struct publication_cost {
	uint64_t copied_bytes;
	size_t deflate_work;
};

static enum frame_class
class_of(enum event_kind kind)
{
	if (event_has_trait(kind, EVENT_IS_DROPPABLE))
		return FRAME_DROPPABLE;
	return event_has_trait(kind, EVENT_IS_PRESENCE) ? FRAME_PRESENCE
							: FRAME_MESSAGE;
}

/* Publishes to all subscribers of a channel except one; returns how many. */
static size_t
publish_to_channel(struct hub *hub, struct channel *channel,
    const struct event *event, struct session *except,
    struct publication_cost *cost)
{
	const struct encoded_frame *encoded =
	    encode_cache_for_others(&hub->encode_cache, event,
		channel->variant);
	bool skips = except != NULL &&
		     session_find_subscription(except, channel) != NULL;

	if (encoded->is_silent)
		return 0;
	if (!encoded->failed &&
	    send_batch_add(&hub->batch, channel, &encoded->frame,
		skips ? except : NULL, class_of(event->kind), event->seq)) {
		size_t count = channel->count - (skips ? 1 : 0);

		cost->copied_bytes +=
		    (uint64_t)encoded_frame_bytes(encoded) * count;
		cost->deflate_work += encoded->deflate_work;
		return count;
	}
	channel_abort(channel, except);
	return 0;
}

/*
 * NULL: the event has no author, or it has no session here. Several events in a
 * row often have the same author.
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

/* Whether the dialect encodes the event differently for its author. */
static bool
author_differs(const struct session *author, const struct event *event)
{
	return author->dialect->author_differs & (1ul << event->kind);
}

static size_t
publish_to_room(struct hub *hub, const struct event *event,
    const struct audience *audience)
{
	struct room_channels *room =
	    subscriptions_find(&hub->subscriptions, audience->room);
	struct session *except = NULL;
	struct session *author = find_author(hub, event);
	size_t sends = hub->batch.sends;
	size_t reached = 0;
	struct publication_cost cost = { 0 };

	if (room == NULL)
		return 0;
	if (!str_is_empty(audience->except))
		except = id_map_find(&hub->sessions, audience->except);
	if (author != NULL && author != except &&
	    author_differs(author, event)) {
		assert(except == NULL);
		except = author;
		reached += hub_send_as(hub, author, event, VIEW_AUTHOR);
	}
	encode_cache_begin(&hub->encode_cache);
	for (struct channel *channel = room->channels; channel != NULL;
	     channel = channel->next)
		reached +=
		    publish_to_channel(hub, channel, event, except, &cost);
	if (author != NULL) {
		ws_conn_charge_bytes(author->conn, cost.deflate_work);
		ws_conn_charge_copies(author->conn, cost.copied_bytes,
		    hub->batch.sends - sends);
	}
	if (event->kind == EVENT_SAID) {
		hub->messages++;
		hub->deliveries += reached;
	}
	hub_flush_if_large(hub);
	return reached;
}

/* To a session that lags. */
static size_t
publish_replay(struct hub *hub, struct session *session,
    const struct event *event)
{
	replay_receive(hub, session, event);
	return 1;
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
	if (event->kind == EVENT_REPLAYED || event->kind == EVENT_PRESENCE)
		return publish_replay(hub, session, event);
	if (str_equal(event->member_id, audience->member_id))
		view = VIEW_AUTHOR;
	return hub_send_as(hub, session, event, view);
}

static size_t
hub_publish(struct publisher *publisher, const struct event *event,
    const struct audience *audience)
{
	struct hub *hub = (struct hub *)publisher;

	send_batch_next(&hub->batch);
	switch (audience->kind) {
	case AUDIENCE_ONE:
		return publish_to_one(hub, event, audience);
	case AUDIENCE_ROOM:
	case AUDIENCE_LOBBY:
		return publish_to_room(hub, event, audience);
	}
	return 0;
}

static bool
hub_is_congested(struct publisher *publisher, struct str member_id)
{
	struct hub *hub = (struct hub *)publisher;
	const struct session *session = id_map_find(&hub->sessions, member_id);
	size_t hard = hub->limits->output_hard;

	/* Half of what may wait is left to answers. */
	return session != NULL && hard > 0 &&
	       hub_waiting(hub, session) > hard / 2;
}

const struct publisher_ops hub_ops = {
	.attach = hub_attach,
	.enter = hub_enter,
	.leave = hub_leave,
	.detach = hub_detach,
	.publish = hub_publish,
	.is_congested = hub_is_congested,
};
