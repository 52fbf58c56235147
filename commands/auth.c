/*
 * COMMAND_AUTH: the transport carries it out, since rights and their end are
 * those of a connection. What is left is that the new token may name other
 * rooms than the one before.
 */
#include "commands/command_table.h"
#include "commands/support/room_ops.h"

static enum chat_error
auth_run(struct request *request)
{
	return room_ops_enter_connection(request);
}

const struct command_entry command_auth = {
	.needs = NEEDS_AUTHOR,
	.run = auth_run,
	.turn = TURN_AT_ONCE,
};
