/* COMMAND_ROOM_INFO: one room, with its options, epoch and last number. */
#include "commands/command_table.h"
#include "commands/support/room_options.h"

static enum chat_error
room_info_run(struct request *request)
{
	const struct chat *chat = request->chat;
	struct event event = { .kind = EVENT_ROOM_INFO };
	struct room_entry entry;
	struct history_span span;
	struct room room;
	enum chat_error error;

	error = room_store_get(chat->rooms, request->room, &room);
	if (error == CHAT_OK)
		error = history_span(chat->history, request->room,
		    request->now_ms, &span);
	if (error != CHAT_OK)
		return error;
	entry = (struct room_entry){
		.id = str_from(room.id),
		.name = str_from(room.name),
		.members = room.member_count,
		.persistent = room.persistent,
		.created_ms = room.created_ms,
		.active_ms = room.active_ms,
		.messages = span.last,
	};
	if (entry.active_ms < span.last_at_ms)
		entry.active_ms = span.last_at_ms;
	event.room = entry.id;
	event.epoch = str_from(room.epoch);
	event.seq = span.last;
	event.rooms = (struct room_entries){ .items = &entry, .count = 1 };
	room_options_describe(request, &room, &event);
	event.role = STR_ABSENT; /* of the room, not of the author */
	request_answer(request, &event);
	return CHAT_OK;
}

const struct command_entry command_room_info = {
	.needs = NEEDS_AUTHOR | NEEDS_ROOM | NEEDS_HISTORY,
	.rights = RIGHT_READ,
	.run = room_info_run,
};
