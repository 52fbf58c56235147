/* COMMAND_ROOM_LEAVE: leave a room; a one-off room ends with its last member.
 */
#include "commands/command_table.h"
#include "commands/support/room_ops.h"

static enum chat_error
room_leave_run(struct request *request)
{
	struct event event = request_event(request, EVENT_ROOM_LEFT);
	struct room room;
	enum chat_error error;

	event.room = request->room;
	event.at_ms = request->now_ms;
	error = room_store_get(request->chat->rooms, event.room, &room);
	if (error != CHAT_OK)
		return error;
	room_ops_leave(request, &room);
	request_answer(request, &event);
	return CHAT_OK;
}

const struct command_entry command_room_leave = {
	.needs = NEEDS_AUTHOR | NEEDS_ROOM,
	.run = room_leave_run,
};
