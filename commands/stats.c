/* How much is going on among guests: told to whoever asks from outside. */
#include "commands/commands.h"

struct counting {
	struct history *history;
	int64_t now_ms;
	size_t messages;
};

static bool
count_messages(const struct room *room, void *arg)
{
	struct counting *counting = arg;
	struct history_span span;

	if (room->guest_count > 0 &&
	    history_span(counting->history, str_from(room->id),
		counting->now_ms, &span) == CHAT_OK)
		counting->messages += (size_t)(span.last + 1 - span.first);
	return true;
}

void
chat_stats_collect(struct chat *chat, struct chat_stats *out)
{
	struct counting counting = {
		.history = chat->history,
		.now_ms = clock_wall_ms(chat->clock),
	};
	struct room_guests guests;

	room_store_guests(chat->rooms, &guests);
	if (guests.rooms > 0)
		room_store_each(chat->rooms, count_messages, &counting);
	*out = (struct chat_stats){ .guests = guests.members,
		.guest_rooms = guests.rooms,
		.guest_messages = counting.messages };
}
