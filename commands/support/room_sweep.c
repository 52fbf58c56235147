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

static bool
room_collect(const struct room *room, void *arg)
{
	struct sweep *sweep = arg;

	/*
	 * Users delete their rooms themselves. Also a one-off room that the
	 * server made, and no member joined.
	 */
	if (!(room->persistent && room->creator[0] != '\0') &&
	    room->member_count == 0 &&
	    sweep->now_ms - room_active_ms(sweep, room) >= sweep->empty_ms)
		memcpy(sweep->ids[sweep->count++], room->id, sizeof(room->id));
	return sweep->count < ROOMS_AT_ONCE;
}

void
room_sweep_run(struct request *request)
{
	struct chat *chat = request->chat;
	struct sweep sweep = { .history = chat->history,
		.now_ms = history_trusted_ms(chat->history, request->now_ms),
		.empty_ms = chat->limits.room_empty_ms };
	struct room room;

	if (sweep.empty_ms == 0)
		return;
	room_store_each(chat->rooms, room_collect, &sweep);
	for (size_t i = 0; i < sweep.count; i++)
		if (room_store_get(chat->rooms, str_from(sweep.ids[i]),
			&room) == CHAT_OK)
			room_ops_remove(request, &room);
}
