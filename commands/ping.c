/* COMMAND_PING: answered with the server's time. */
#include "commands/command_table.h"

static enum chat_error
ping_run(struct request *request)
{
	struct event event = {
		.kind = EVENT_PONG,
		.at_ms = request->now_ms,
	};

	request_answer(request, &event);
	return CHAT_OK;
}

const struct command_entry command_ping = {
	.needs = NEEDS_AUTHOR,
	.run = ping_run,
	.turn = TURN_AT_ONCE,
};
