/* Publishes events: to a room, to a member, to one connection. */
#include <assert.h>

#include "domain/log.h"
#include "transport/fanout/downloads.h"
#include "transport/fanout/file_push.h"
#include "transport/fanout/hub_internal.h"
#include "transport/ws/ws_conn.h"

static void
channel_abort(const struct channel *channel, const struct session *except)
{
	log_limited(LOG_WARN, "no memory for an event: ending %u connections",
	    channel->count);
	for (uint32_t i = 0; i < channel->count; i++)
		if (channel->subscribers[i].session != except)
			ws_conn_end_unsent(channel->subscribers[i].conn);
}

/* One event that is published to all channels of a room. */
struct publication {
	uint64_t copied_bytes; /* these two are charged to the author */
	size_t deflate_work;
	struct file_push *push; /* NULL: it sends no file */
};

static enum frame_class
class_of(enum event_kind kind)
{
	if (event_has_trait(kind, EVENT_IS_DROPPABLE))
		return FRAME_DROPPABLE;
	if (event_has_trait(kind, EVENT_IS_CHANGE))
		return FRAME_CHANGE;
	return event_has_trait(kind, EVENT_IS_PRESENCE) ? FRAME_PRESENCE
							: FRAME_MESSAGE;
}

/* Some dialects send a file that a message shares to all receivers. */
static void
channel_push_file(struct hub *hub, const struct channel *channel,
    const struct event *event, const struct session *except,
    struct publication *publication)
{
	const struct dialect_stream *stream =
	    channel->subscribers[0].session->dialect->stream;
	char id[ID_SIZE];

	if (stream == NULL || stream->pushes_file == NULL ||
	    !stream->pushes_file(event, id))
		return;
	if (publication->push == NULL)
		publication->push =
		    file_push_create(&hub->pushes, str_from(id), event->room);
	for (uint32_t i = 0; i < channel->count; i++)
		if (channel->subscribers[i].session != except)
			downloads_add(channel->subscribers[i].session,
			    str_from(id), publication->push);
}

/* Publishes to all subscribers of a channel except one; returns how many. */
static size_t
publish_to_channel(struct hub *hub, struct channel *channel,
    const struct event *event, struct session *except,
    struct publication *publication)
{
	const struct encoded_frame *encoded =
	    encode_cache_for_others(&hub->encode_cache, event,
		channel->variant);
	enum frame_class class = class_of(event->kind);
	bool skips = except != NULL &&
		     session_find_subscription(except, channel) != NULL;

	if (encoded->is_silent)
		return 0;
	if (!encoded->failed &&
	    send_batch_add(&hub->batch, channel, &encoded->frame,
		skips ? except : NULL, class,
		class == FRAME_MESSAGE ? event->seq : 0)) {
		size_t count = channel->count - (skips ? 1 : 0);

		publication->copied_bytes +=
		    (uint64_t)encoded_frame_bytes(encoded) * count;
		publication->deflate_work += encoded->deflate_work;
		if (event->kind == EVENT_MESSAGE)
			channel_push_file(hub, channel, event, except,
			    publication);
		return count;
	}
	channel_abort(channel, except);
	return 0;
}

/* NULL: the event has no author, or it has no session here. */
static struct session *
find_author(struct hub *hub, const struct event *event)
{
	if (str_is_empty(event->member_id))
		return NULL;
	return hub_find_session(hub, event->member_id, event->connection);
}

/* Whether the dialect encodes the event differently for its author. */
static bool
author_differs(const struct session *author, const struct event *event)
{
	return author->dialect->author_differs & (1ul << event->kind);
}

/*
 * How many of the sessions that were reached are not the first of their
 * member: recipients are members.
 */
static size_t
count_further(struct hub *hub, const struct room_channels *room,
    struct session *except, size_t reached)
{
	size_t further = room->further;

	if (further > 0 && except != NULL && hub_session_is_in(except, room) &&
	    hub_session_is_further(hub, except, room))
		further--;
	return further < reached ? further : reached;
}

/*
 * The author of messages to many waits behind the members that are still to be
 * sent earlier ones, or will be sent this one in later turns.
 */
static void
author_wait(struct hub *hub, struct session *author, size_t reached)
{
	size_t most = hub_turn_sends(hub);

	if (most == 0 || reached < most / 4)
		return;
	if (hub_has_deferred(hub)) {
		conn_set_lags(author->conn, true);
		replay_continue(&hub->replays, author);
	} else if (reached > most) {
		replay_author(&hub->replays, author);
	}
}

/* Rooms of an author that are compared with an event's. */
#define ROOMS_COMPARED 4

/* Most members are in few rooms: comparing their ids is faster. */
static struct room_channels *
channels_find(const struct hub *hub, struct session *author, struct str id)
{
	uint32_t count = author != NULL ? author->subscription_count : 0;

	if (count > ROOMS_COMPARED)
		count = ROOMS_COMPARED;
	while (count > 0) {
		struct room_channels *room =
		    session_subscription(author, --count)->channel->room;

		if (str_equal(str_slice(room->id, room->id_len), id))
			return room;
	}
	return subscriptions_find(&hub->subscriptions, id);
}

static size_t
publish_to_room(struct hub *hub, const struct event *event,
    const struct audience *audience)
{
	struct session *except = NULL;
	struct session *author = find_author(hub, event);
	struct room_channels *room = channels_find(hub, author, audience->room);
	size_t sends = hub->batch.sends;
	size_t reached = 0;
	struct publication publication = { 0 };

	if (room == NULL)
		return 0;
	if (!str_is_empty(audience->except))
		except =
		    hub_find_session(hub, audience->except, event->connection);
	if (author != NULL && author != except &&
	    author_differs(author, event)) {
		assert(except == NULL);
		except = author;
		reached += hub_send_as(hub, author, event, VIEW_AUTHOR);
	}
	/* Messages that were encoded for slow readers may have changed. */
	if (event_has_trait(event->kind, EVENT_IS_CHANGE))
		replay_tidy(&hub->replays);
	encode_cache_begin(&hub->encode_cache);
	for (struct channel *channel = room->channels; channel != NULL;
	     channel = channel->next)
		reached += publish_to_channel(hub, channel, event, except,
		    &publication);
	if (author != NULL) {
		if (publication.deflate_work > 0)
			ws_conn_charge_bytes(author->conn,
			    publication.deflate_work);
		ws_conn_charge_copies(author->conn, publication.copied_bytes,
		    hub->batch.sends - sends);
		author_wait(hub, author, reached);
	}
	if (event->kind == EVENT_MESSAGE) {
		hub->messages++;
		hub->deliveries += reached;
		reached -= count_further(hub, room, except, reached);
	}
	hub_flush_if_large(hub);
	return reached;
}

static bool
publish_to_session(struct hub *hub, struct session *session,
    const struct event *event)
{
	enum viewpoint view = VIEW_OTHERS;

	if (event->kind == EVENT_REPLAYED || event->kind == EVENT_PRESENCE) {
		replay_receive(hub, session, event);
		return true;
	}
	if (event->kind == EVENT_FILE_DATA && session->extra != NULL)
		session->extra->piece_bytes = (uint32_t)event->body.len;
	if (event->kind == EVENT_FILE_TAKEN)
		downloads_add(session, str_from(event->file->id), NULL);
	if (str_equal(event->member_id, session_member(session)))
		view = VIEW_AUTHOR;
	return hub_send_as(hub, session, event, view);
}

static bool
session_is_congested(const struct hub *hub, const struct session *session)
{
	size_t hard = hub->limits->output_hard;

	/* Half of what may wait is left to answers. */
	return hard > 0 && hub_waiting(hub, session) > hard / 2;
}

/*
 * To all connections of a member but one. One that is congested, when others
 * are not, is ended: it must not miss what no history has.
 */
static size_t
publish_to_member(struct hub *hub, const struct event *event,
    const struct audience *audience)
{
	struct session *first = hub_find_session(hub, audience->member_id, 0);
	const struct session *except = NULL;
	size_t reached = 0;

	if (!str_is_empty(audience->except))
		except =
		    hub_find_session(hub, audience->except, event->connection);
	for (struct session *session = first; session != NULL;
	     session = session_next_of_member(session)) {
		if (session == except)
			continue;
		if (session_next_of_member(first) != NULL &&
		    session_is_congested(hub, session))
			ws_conn_end(session->conn, WS_CLOSE_SLOW_CONSUMER,
			    "slow_consumer");
		else
			reached += publish_to_session(hub, session, event);
	}
	return reached;
}

static size_t
publish_to_one(struct hub *hub, const struct event *event,
    const struct audience *audience)
{
	struct session *session;

	if (audience->connection == 0)
		return publish_to_member(hub, event, audience);
	session =
	    hub_find_session(hub, audience->member_id, audience->connection);
	return session != NULL && publish_to_session(hub, session, event);
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
	const struct session *first = hub_find_session(hub, member_id, 0);
	const struct session *session = first;

	while (session != NULL && session_is_congested(hub, session))
		session = session_next_of_member(session);
	return first != NULL && session == NULL;
}

static void
hub_delay(struct publisher *publisher, struct str member_id,
    uint32_t connection, int64_t ms)
{
	struct hub *hub = (struct hub *)publisher;
	struct session *session = hub_find_session(hub, member_id, connection);

	if (session != NULL)
		ws_conn_delay(session->conn, ms);
}

const struct publisher_ops hub_ops = {
	.attach = hub_attach,
	.enter = hub_enter,
	.leave = hub_leave,
	.detach = hub_detach,
	.publish = hub_publish,
	.is_congested = hub_is_congested,
	.rights = hub_rights,
	.end = hub_end_one,
	.delay = hub_delay,
};
