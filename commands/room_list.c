/* COMMAND_ROOM_LIST: all rooms there are, in order of creation. */
#include <stdlib.h>

#include "commands/command_table.h"
#include "commands/support/string_list.h"

/* What the wordiest dialect says of a room beside its id and its name: both
 * times, and how many there are of members and of messages. */
#define ROOM_EXTRA 150

struct room_list {
	const struct request *request;
	struct room_entry *items;
	size_t count;
	uint64_t lsn;             /* of the newest room */
	struct string_list texts; /* of each room its id and its name */
};

static struct room_entry
entry_of(const struct request *request, const struct room *room)
{
	struct room_entry entry = {
		.members = room->member_count,
		.persistent = room->persistent,
		.created_ms = room->created_ms,
		.active_ms = room->active_ms,
	};
	struct history_span span;

	if (history_span(request->chat->history, str_from(room->id),
		request->now_ms, &span) != CHAT_OK)
		return entry;
	entry.messages = span.last;
	if (entry.active_ms < span.last_at_ms)
		entry.active_ms = span.last_at_ms;
	return entry;
}

static bool
add_room(const struct room *room, void *arg)
{
	struct room_list *list = arg;
	unsigned flags = list->request->command->flags;

	if ((flags & COMMAND_OF_GUESTS) && room->guest_count == 0)
		return true;
	if (!string_list_add(&list->texts, str_from(room->id)) ||
	    !string_list_add(&list->texts, str_from(room->name)))
		return false;
	if (room->lsn > list->lsn)
		list->lsn = room->lsn;
	list->items[list->count++] = entry_of(list->request, room);
	return true;
}

static enum chat_error
collect(struct room_list *list)
{
	const struct chat *chat = list->request->chat;
	enum chat_error error;

	list->items =
	    calloc(room_store_count(chat->rooms) + 1, sizeof(*list->items));
	if (list->items == NULL)
		return CHAT_UNAVAILABLE;
	room_store_each(chat->rooms, add_room, list);
	error = string_list_finish(&list->texts);
	for (size_t i = 0; i < list->count; i++) {
		list->items[i].id = list->texts.items[2 * i];
		list->items[i].name = list->texts.items[2 * i + 1];
	}
	return error;
}

static enum chat_error
room_list_run(struct request *request)
{
	struct room_list list = {
		.request = request,
		.texts.most = request->chat->limits.list_bytes,
		.texts.extra = ROOM_EXTRA / 2,
	};
	struct event event = {
		.kind = EVENT_ROOMS,
		.at_ms = request->now_ms,
	};
	enum chat_error error = collect(&list);

	if (error == CHAT_OK) {
		event.lsn = list.lsn;
		event.rooms.items = list.items;
		event.rooms.count = list.count;
		request_answer(request, &event);
	}
	string_list_fini(&list.texts);
	free(list.items);
	return error;
}

const struct command_entry command_room_list = {
	.needs = NEEDS_AUTHOR,
	.run = room_list_run,
};
