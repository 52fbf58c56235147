#include "commands/support/room_sweep.h"

#include <string.h>

#include "commands/support/room_ops.h"

/* Rooms to remove at a time. */
#define ROOMS_AT_ONCE 64

struct sweep {
	struct history *history;
	int64_t now_ms;
	int64_t empty_ms;
	char ids[ROOMS_AT_ONCE][ROOM_ID_SIZE];
	size_t count;
};

/* When a member last left the room, or a message was sent to it. */
static int64_t
room_active_ms(const struct sweep *sweep, const struct room *room)
{
	struct history_span span;

	if (history_span(sweep->history, str_from(room->id), sweep->now_ms,
		&span) != CHAT_OK ||
	    span.last_at_ms < room->active_ms)
		return room->active_ms;
	return span.last_at_ms;
}

/* Users delete their rooms themselves. Also a one-off room that the server
 * made, and no member joined. */
static bool
room_is_over(const struct sweep *sweep, const struct room *room)
{
	return !(room->persistent && room->creator[0] != '\0') &&
	       room->member_count == 0 &&
	       sweep->now_ms - room_active_ms(sweep, room) >= sweep->empty_ms;
}

static bool
room_collect(const struct room *room, void *arg)
{
	struct sweep *sweep = arg;

	if (room_is_over(sweep, room))
		memcpy(sweep->ids[sweep->count++], room->id, sizeof(room->id));
	return sweep->count < ROOMS_AT_ONCE;
}

/*
 * The time of a room's last message is asked for if it is not followed. True:
 * it is awaited.
 */
static bool
room_expire_propose(struct request *request, const struct sweep *sweep,
    const struct room *room)
{
	struct command_order *order = request->chat->order;
	struct str id = str_from(room->id);
	struct command command = { .kind = COMMAND_ROOM_EXPIRE,
		.flags = COMMAND_OF_SERVER,
		.as_id = STR("server"),
		.connection = CONNECTION_ELSEWHERE,
		.room = id,
		.duration_ms = sweep->empty_ms };

	switch (command_order_count(order, id)) {
	case ROOM_IS_READY:
		if (room_is_over(sweep, room))
			(void)command_order_propose(order, &command);
		return false;
	case ROOM_IS_AWAITED:
		return true;
	case ROOM_IS_UNAVAILABLE:
		break;
	}
	return false;
}

bool
room_sweep_run(struct request *request)
{
	struct chat *chat = request->chat;
	struct sweep sweep = { .history = chat->history,
		.now_ms = history_trusted_ms(chat->history, request->now_ms),
		.empty_ms = chat->limits.room_empty_ms };
	bool is_waiting = false;
	struct room room;

	if (sweep.empty_ms == 0 ||
	    (chat->order != NULL && !command_order_leads(chat->order)))
		return false;
	room_store_each(chat->rooms, room_collect, &sweep);
	for (size_t i = 0; i < sweep.count; i++) {
		if (room_store_get(chat->rooms, str_from(sweep.ids[i]),
			&room) != CHAT_OK)
			continue;
		if (chat->order == NULL)
			room_ops_remove(request, &room);
		else
			is_waiting |=
			    room_expire_propose(request, &sweep, &room);
	}
	return is_waiting;
}
