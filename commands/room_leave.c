/* COMMAND_ROOM_LEAVE: leave a room. The last member ends a one-off room. */
#include "commands/command_table.h"
#include "commands/support/membership.h"
#include "commands/support/room_ops.h"

static void
leave_and_answer(struct request *request, struct room *room)
{
	struct event event = request_event(request, EVENT_ROOM_LEFT);

	event.at_ms = request->now_ms;
	room_ops_leave(request, room);
	event.room = request->room;
	request_answer(request, &event);
}

static enum chat_error
room_leave_run(struct request *request)
{
	struct room room;
	enum chat_error error =
	    room_store_get(request->chat->rooms, request->room, &room);

	if (error != CHAT_OK)
		return error;
	if (membership_ends(request, &room)) {
		error = membership_append_end(request, &room);
		/* Nothing can be written: it lasts, but not here and now. */
		if (error != CHAT_UNAVAILABLE)
			return error;
	}
	leave_and_answer(request, &room);
	return CHAT_OK;
}

static enum chat_error
room_leave_finish(struct request *request, const struct entry *entry)
{
	struct room room;
	enum chat_error error =
	    room_store_get(request->chat->rooms, entry->room_id, &room);

	if (error == CHAT_OK)
		leave_and_answer(request, &room);
	return error;
}

const struct command_entry command_room_leave = {
	.needs = NEEDS_AUTHOR | NEEDS_ROOM | IS_ORDERED,
	.run = room_leave_run,
	.finish = room_leave_finish,
};
