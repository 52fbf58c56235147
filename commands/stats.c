/* Statistics of guests, their rooms and messages. */
#include "commands/commands.h"

struct message_count {
	struct history *history;
	int64_t now_ms;
	size_t messages;
};

static bool
count_messages(const struct room *room, void *arg)
{
	struct message_count *count = arg;
	struct history_span span;

	if (room->guest_count > 0 &&
	    history_span(count->history, str_from(room->id), count->now_ms,
		&span) == CHAT_OK)
		count->messages += (size_t)(span.last + 1 - span.first);
	return true;
}

void
chat_stats_collect(struct chat *chat, struct chat_stats *out)
{
	struct message_count count = {
		.history = chat->history,
		.now_ms = clock_wall_ms(chat->clock),
	};
	struct room_guests guests;

	room_store_guests(chat->rooms, &guests);
	if (guests.rooms > 0)
		room_store_each(chat->rooms, count_messages, &count);
	*out = (struct chat_stats){ .guests = guests.members,
		.guest_rooms = guests.rooms,
		.guest_messages = count.messages };
}
