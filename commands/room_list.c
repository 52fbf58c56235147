/* COMMAND_ROOM_LIST: all rooms there are, in order of creation. */
#include <stdlib.h>

#include "commands/entry.h"
#include "commands/strings.h"

/* {"room":"","name":"","members":10000,"persistent":false}, */
#define ROOM_EXTRA 60

struct room_list {
	struct room_entry *items;
	size_t count;
	uint64_t lsn;         /* of the newest room */
	struct strings texts; /* of each room its id and its name */
};

static bool
add_room(const struct room *room, void *arg)
{
	struct room_list *list = arg;

	if (!strings_add(&list->texts, str_from(room->id)) ||
	    !strings_add(&list->texts, str_from(room->name)))
		return false;
	if (room->lsn > list->lsn)
		list->lsn = room->lsn;
	list->items[list->count++] = (struct room_entry){
		.members = room->member_count,
		.persistent = room->persistent,
	};
	return true;
}

static enum chat_error
collect(const struct chat *chat, struct room_list *list)
{
	enum chat_error error;

	list->items =
	    calloc(room_store_count(chat->rooms) + 1, sizeof(*list->items));
	if (list->items == NULL)
		return CHAT_UNAVAILABLE;
	room_store_each(chat->rooms, add_room, list);
	error = strings_finish(&list->texts);
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
		.texts.most = request->chat->limits.list_bytes,
		.texts.extra = ROOM_EXTRA / 2,
	};
	struct event event = { .kind = EVENT_ROOMS };
	enum chat_error error = collect(request->chat, &list);

	if (error == CHAT_OK) {
		event.lsn = list.lsn;
		event.rooms.items = list.items;
		event.rooms.count = list.count;
		request_answer(request, &event);
	}
	strings_fini(&list.texts);
	free(list.items);
	return error;
}

const struct command_entry command_room_list = {
	.needs = NEEDS_AUTHOR,
	.run = room_list_run,
};
