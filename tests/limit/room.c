#include "tests/limit/room.h"

#include <stdlib.h>

#include "tests/limit/frame.h"
#include "tests/limit/peer.h"

struct room {
	struct peer **peers;
	size_t count;
	size_t capacity;
	char *turn; /* the frames of this loop turn */
	size_t turn_len;
	size_t turn_capacity;
	struct room *next_dirty;
};

bool room_sends_each;

static struct room *rooms[ROOMS_MAX];
static struct room *dirty;

struct room *
room_find(size_t number)
{
	if (number >= ROOMS_MAX)
		return NULL;
	if (rooms[number] == NULL)
		rooms[number] = calloc(1, sizeof(*rooms[number]));
	return rooms[number];
}

bool
room_add(struct room *room, struct peer *peer)
{
	if (room->count == room->capacity) {
		size_t capacity = room->capacity > 0 ? 2 * room->capacity : 16;
		struct peer **peers =
		    realloc(room->peers, capacity * sizeof(struct peer *));

		if (peers == NULL)
			return false;
		room->peers = peers;
		room->capacity = capacity;
	}
	peer->room = room;
	peer->place = room->count;
	room->peers[room->count++] = peer;
	return true;
}

void
room_remove(struct room *room, struct peer *peer)
{
	struct peer *last = room->peers[--room->count];

	room->peers[peer->place] = last;
	last->place = peer->place;
	peer->room = NULL;
}

static void
room_send(struct room *room)
{
	for (size_t i = 0; i < room->count; i++)
		peer_send(room->peers[i], room->turn, room->turn_len);
	room->turn_len = 0;
}

static bool
room_reserve(struct room *room, size_t len)
{
	size_t capacity = 2 * (room->turn_len + len);
	char *turn;

	if (room->turn_capacity - room->turn_len >= len)
		return true;
	turn = realloc(room->turn, capacity);
	if (turn == NULL)
		return false;
	room->turn = turn;
	room->turn_capacity = capacity;
	return true;
}

void
room_publish(struct room *room, const char *payload, size_t len,
    const char mask[4])
{
	if (!room_reserve(room, len + FRAME_HEAD_MAX))
		return;
	if (room->turn_len == 0 && !room_sends_each) {
		room->next_dirty = dirty;
		dirty = room;
	}
	room->turn_len += frame_head(room->turn + room->turn_len, 1, len);
	frame_unmask(room->turn + room->turn_len, payload, len, mask);
	room->turn_len += len;
	if (room_sends_each)
		room_send(room);
}

void
rooms_flush(void)
{
	while (dirty != NULL) {
		struct room *room = dirty;

		dirty = room->next_dirty;
		room_send(room);
	}
}
