#include "transport/fanout/subscriptions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/fanout/channel_rest.h"
#include "transport/session.h"
#include "transport/ws/ws_conn.h"

static struct str
subscribed_room_key(const void *entry)
{
	const struct room_channels *room = entry;

	return str_slice(room->id, room->id_len);
}

struct room_channels *
subscriptions_find(const struct subscriptions *subscriptions, struct str id)
{
	return str_is_empty(id) ? subscriptions->lobby
				: id_map_find(&subscriptions->rooms, id);
}

static struct room_channels *
subscribed_room_add(struct subscriptions *subscriptions, struct str id)
{
	struct room_channels *room = malloc(sizeof(*room) + id.len);

	if (room == NULL)
		return NULL;
	room->channels = NULL;
	room->further = 0;
	room->id_len = (uint32_t)id.len;
	if (id.len > 0)
		memcpy(room->id, id.data, id.len);
	if (id.len == 0)
		subscriptions->lobby = room;
	else if (!id_map_put(&subscriptions->rooms, room)) {
		free(room);
		return NULL;
	}
	return room;
}

static void
subscribed_room_remove(struct subscriptions *subscriptions,
    struct room_channels *room)
{
	if (room == subscriptions->lobby)
		subscriptions->lobby = NULL;
	else
		id_map_remove(&subscriptions->rooms, subscribed_room_key(room));
	free(room);
}

static struct channel *
channel_find(const struct room_channels *room, uint8_t variant)
{
	struct channel *channel = room->channels;

	while (channel != NULL && channel->variant != variant)
		channel = channel->next;
	return channel;
}

static struct channel *
channel_add(struct subscriptions *subscriptions, struct room_channels *room,
    uint8_t variant)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (channel == NULL)
		return NULL;
	channel->room = room;
	channel->variant = variant;
	channel->id = ++subscriptions->channels;
	channel->is_lobby = room->id_len == 0;
	channel->next = room->channels;
	room->channels = channel;
	return channel;
}

/* Empty channels go, and a room without channels. */
static void
room_tidy(struct subscriptions *subscriptions, struct room_channels *room)
{
	struct channel **at = &room->channels;

	while (*at != NULL) {
		struct channel *channel = *at;

		if (channel->count > 0) {
			at = &channel->next;
			continue;
		}
		*at = channel->next;
		channel_fini(channel);
		free(channel);
	}
	if (room->channels == NULL)
		subscribed_room_remove(subscriptions, room);
}

static bool
reserve_subscription(struct session *session)
{
	uint32_t capacity = session->more_capacity;
	struct subscription *more;

	if (session->subscription_count < SESSION_SUBSCRIPTIONS + capacity)
		return true;
	capacity = capacity == 0 ? 2 : capacity * 2;
	more = realloc(session->more, capacity * sizeof(*more));
	if (more == NULL)
		return false;
	session->more = more;
	session->more_capacity = capacity;
	return true;
}

static bool
reserve_subscriber(struct channel *channel)
{
	uint32_t capacity = channel->capacity;
	struct subscriber *subscribers;

	if (channel->count < capacity)
		return true;
	capacity = capacity == 0 ? 4 : capacity * 2;
	subscribers =
	    realloc(channel->subscribers, capacity * sizeof(*subscribers));
	if (subscribers == NULL)
		return false;
	channel->subscribers = subscribers;
	channel->capacity = capacity;
	return true;
}

/*
 * What was published so far is for those that subscribe now: not for a session
 * that enters, but for one that leaves.
 */
static void
flush_channel(struct subscriptions *subscriptions,
    const struct channel *channel)
{
	if (channel_is_dirty(channel))
		send_batch_flush(subscriptions->batch);
}

static void
subscription_add(struct session *session, struct channel *channel)
{
	uint32_t i = session->subscription_count++;

	*session_subscription(session, i) =
	    (struct subscription){ .channel = channel,
		    .index = channel->count };
	channel->subscribers[channel->count++] =
	    (struct subscriber){ session, session->conn };
}

/* The last one of the channel, and of the session's, takes its place. */
static void
subscription_remove(struct subscriptions *subscriptions,
    struct session *session, struct subscription *subscription)
{
	struct channel *channel = subscription->channel;
	uint32_t index = subscription->index;
	struct subscriber last;

	channel_rest_leave(subscriptions->batch, channel, index);
	channel_end_lag(subscriptions->batch, channel, subscription);
	last = channel->subscribers[--channel->count];
	session_find_subscription(last.session, channel)->index = index;
	channel->subscribers[index] = last;
	*subscription =
	    *session_subscription(session, --session->subscription_count);
}

bool
subscriptions_enter(struct subscriptions *subscriptions,
    struct session *session, struct str id)
{
	struct room_channels *room = subscriptions_find(subscriptions, id);
	struct channel *channel;

	if (room == NULL &&
	    (room = subscribed_room_add(subscriptions, id)) == NULL)
		return false;
	channel = channel_find(room, session->variant);
	if (channel == NULL)
		channel = channel_add(subscriptions, room, session->variant);
	if (channel == NULL || !reserve_subscriber(channel) ||
	    !reserve_subscription(session)) {
		room_tidy(subscriptions, room);
		return false;
	}
	assert(session_find_subscription(session, channel) == NULL);
	flush_channel(subscriptions, channel);
	subscription_add(session, channel);
	return true;
}

static void
session_unsubscribe(struct subscriptions *subscriptions,
    struct session *session, struct subscription *subscription)
{
	struct channel *channel = subscription->channel;

	/* A connection that ends is sent nothing more. */
	if (ws_conn_is_open(session->conn) || channel->count == 1)
		flush_channel(subscriptions, channel);
	subscription_remove(subscriptions, session, subscription);
	if (channel->count == 0)
		room_tidy(subscriptions, channel->room);
}

bool
subscriptions_leave(struct subscriptions *subscriptions,
    struct session *session, struct str id)
{
	struct room_channels *room = subscriptions_find(subscriptions, id);
	struct channel *channel;
	struct subscription *subscription = NULL;

	if (room == NULL)
		return false;
	channel = channel_find(room, session->variant);
	if (channel != NULL)
		subscription = session_find_subscription(session, channel);
	if (subscription == NULL)
		return false;
	session_unsubscribe(subscriptions, session, subscription);
	return true;
}

void
subscriptions_leave_all(struct subscriptions *subscriptions,
    struct session *session)
{
	while (session->subscription_count > 0)
		session_unsubscribe(subscriptions, session,
		    session_subscription(session, 0));
}

void
subscriptions_init(struct subscriptions *subscriptions,
    struct send_batch *batch)
{
	subscriptions->batch = batch;
	subscriptions->lobby = NULL;
	id_map_init(&subscriptions->rooms, subscribed_room_key);
}

void
subscriptions_fini(struct subscriptions *subscriptions)
{
	assert(id_map_count(&subscriptions->rooms) == 0 &&
	       subscriptions->lobby == NULL);
	id_map_fini(&subscriptions->rooms);
}
