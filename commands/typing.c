/* COMMAND_TYPING: publishes to the room that its author is typing. */
#include "commands/command_table.h"

static enum chat_error
typing_run(struct request *request)
{
	struct event event = request_event(request, EVENT_TYPING);
	struct audience others = audience_room(request->room);

	event.room = others.room;
	others.except = event.member_id;
	publisher_publish(request->chat->publisher, &event, others);
	if (request->chat->order != NULL && !request_is_foreign(request))
		command_order_spread(request->chat->order, request->command,
		    request->room);
	return CHAT_OK;
}

const struct command_entry command_typing = {
	.needs = NEEDS_AUTHOR | NEEDS_ROOM | NEEDS_VOICE,
	.rights = RIGHT_POST,
	.run = typing_run,
	.turn = TURN_APPENDS,
};
