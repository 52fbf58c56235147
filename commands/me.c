/* COMMAND_ME: the name and id of the author, and the server's profile. */
#include "commands/command_table.h"

static enum chat_error
me_run(struct request *request)
{
	struct event event = request_event(request, EVENT_ME);

	event.profile = request->chat->profile;
	request_answer(request, &event);
	return CHAT_OK;
}

const struct command_entry command_me = {
	.needs = NEEDS_AUTHOR,
	.run = me_run,
	.turn = TURN_AT_ONCE,
};
