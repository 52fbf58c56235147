/* COMMAND_TICK: about a second has passed. */
#include "commands/entry.h"

static enum chat_error
tick_run(struct request *request)
{
	const struct chat *chat = request->chat;

	history_expire(chat->history, clock_wall_ms(chat->clock));
	presence_tick(request);
	return CHAT_OK;
}

const struct command_entry command_tick = {
	.run = tick_run,
};
