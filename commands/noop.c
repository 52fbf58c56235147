/* COMMAND_NOOP: valid, and has no effect. */
#include "commands/command_table.h"

static enum chat_error
nothing_run(struct request *request)
{
	(void)request;
	return CHAT_OK;
}

const struct command_entry command_noop = {
	.needs = NEEDS_AUTHOR,
	.run = nothing_run,
	.turn = TURN_AT_ONCE,
};
