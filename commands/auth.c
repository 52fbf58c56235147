/*
 * COMMAND_AUTH: the transport carries it out, since rights and their end are
 * those of a connection. Nothing is left for the chat.
 */
#include "commands/command_table.h"

static enum chat_error
auth_run(struct request *request)
{
	(void)request;
	return CHAT_UNKNOWN_COMMAND;
}

const struct command_entry command_auth = {
	.needs = NEEDS_AUTHOR,
	.run = auth_run,
	.turn = TURN_AT_ONCE,
};
