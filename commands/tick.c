/* COMMAND_TICK: about a second has passed since the last. */
#include "commands/command_table.h"

static enum chat_error
tick_run(struct request *request)
{
	history_expire(request->chat->history, request->now_ms);
	presence_tick(request);
	listings_tick(&request->memory->listings,
	    clock_monotonic_ms(request->chat->clock));
	return CHAT_OK;
}

const struct command_entry command_tick = {
	.run = tick_run,
};
