#include "transport/fanout/subscriptions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/session.h"
#include "transport/ws/ws_conn.h"

static struct str
room_key(const void *entry)
{
	const struct seats *room = entry;

	return str_slice(room->id, room->id_len);
}

struct seats *
subscriptions_find(const struct subscriptions *seating, struct str id)
{
	return str_is_empty(id) ? seating->lobby
				: id_map_find(&seating->rooms, id);
}

static struct seats *
room_add(struct subscriptions *seating, struct str id)
{
	struct seats *room = malloc(sizeof(*room) + id.len);

	if (room == NULL)
		return NULL;
	room->channels = NULL;
	room->id_len = id.len;
	if (id.len > 0)
		memcpy(room->id, id.data, id.len);
	if (id.len == 0)
		seating->lobby = room;
	else if (!id_map_put(&seating->rooms, room)) {
		free(room);
		return NULL;
	}
	return room;
}

static void
room_remove(struct subscriptions *seating, struct seats *room)
{
	if (room == seating->lobby)
		seating->lobby = NULL;
	else
		id_map_remove(&seating->rooms, room_key(room));
	free(room);
}

static struct channel *
channel_find(const struct seats *room, uint8_t variant)
{
	struct channel *channel = room->channels;

	while (channel != NULL && channel->variant != variant)
		channel = channel->next;
	return channel;
}

static struct channel *
channel_add(struct seats *room, uint8_t variant)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (channel == NULL)
		return NULL;
	channel->room = room;
	channel->variant = variant;
	channel->next = room->channels;
	room->channels = channel;
	return channel;
}

/* Empty channels go, and a room without channels. */
static void
room_tidy(struct subscriptions *seating, struct seats *room)
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
		room_remove(seating, room);
}

struct subscription *
subscriptions_place(struct session *session, const struct channel *channel)
{
	for (uint32_t i = 0; i < session->place_count; i++)
		if (session_place(session, i)->channel == channel)
			return session_place(session, i);
	return NULL;
}

static bool
reserve_place(struct session *session)
{
	uint32_t capacity = session->more_capacity;
	struct subscription *more;

	if (session->place_count <= capacity)
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
reserve_seat(struct channel *channel)
{
	uint32_t capacity = channel->capacity;
	struct subscriber *seats;

	if (channel->count < capacity)
		return true;
	capacity = capacity == 0 ? 4 : capacity * 2;
	seats = realloc(channel->seats, capacity * sizeof(*seats));
	if (seats == NULL)
		return false;
	channel->seats = seats;
	channel->capacity = capacity;
	return true;
}

/* Who comes must not hear what was said before, and who goes must. */
static void
settle(struct subscriptions *seating, const struct channel *channel)
{
	if (channel_is_dirty(channel))
		send_batch_flush(seating->turn);
}

static void
sit_down(struct session *session, struct channel *channel)
{
	uint32_t i = session->place_count++;

	*session_place(session, i) =
	    (struct subscription){ channel, channel->count };
	channel->seats[channel->count++] =
	    (struct subscriber){ session, session->conn };
}

/* The last one of the channel, and of the session's places, moves up. */
static void
stand_up(struct session *session, struct subscription *place)
{
	struct channel *channel = place->channel;
	uint32_t seat = place->index;
	struct subscriber last = channel->seats[--channel->count];

	subscriptions_place(last.session, channel)->index = seat;
	channel->seats[seat] = last;
	*place = *session_place(session, --session->place_count);
}

bool
subscriptions_enter(struct subscriptions *seating, struct session *session,
    struct str id)
{
	struct seats *room = subscriptions_find(seating, id);
	struct channel *channel;

	if (room == NULL && (room = room_add(seating, id)) == NULL)
		return false;
	channel = channel_find(room, session->variant);
	if (channel == NULL)
		channel = channel_add(room, session->variant);
	if (channel == NULL || !reserve_seat(channel) ||
	    !reserve_place(session)) {
		room_tidy(seating, room);
		return false;
	}
	assert(subscriptions_place(session, channel) == NULL);
	settle(seating, channel);
	sit_down(session, channel);
	return true;
}

static void
give_up(struct subscriptions *seating, struct session *session,
    struct subscription *place)
{
	struct channel *channel = place->channel;

	/* Whose connection ends has got everything that it will. */
	if (ws_conn_is_open(session->conn) || channel->count == 1)
		settle(seating, channel);
	stand_up(session, place);
	if (channel->count == 0)
		room_tidy(seating, channel->room);
}

void
subscriptions_leave(struct subscriptions *seating, struct session *session,
    struct str id)
{
	struct seats *room = subscriptions_find(seating, id);
	struct channel *channel;
	struct subscription *place = NULL;

	if (room == NULL)
		return;
	channel = channel_find(room, session->variant);
	if (channel != NULL)
		place = subscriptions_place(session, channel);
	if (place != NULL)
		give_up(seating, session, place);
}

void
subscriptions_leave_all(struct subscriptions *seating, struct session *session)
{
	while (session->place_count > 0)
		give_up(seating, session, session_place(session, 0));
}

void
subscriptions_init(struct subscriptions *seating, struct send_batch *turn)
{
	seating->turn = turn;
	seating->lobby = NULL;
	id_map_init(&seating->rooms, room_key);
}

void
subscriptions_fini(struct subscriptions *seating)
{
	assert(id_map_count(&seating->rooms) == 0 && seating->lobby == NULL);
	id_map_fini(&seating->rooms);
}
