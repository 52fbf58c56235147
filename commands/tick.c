/* COMMAND_TICK: about a tenth of a second has passed since the last. */
#include "commands/command_table.h"
#include "commands/support/files.h"
#include "commands/support/room_sweep.h"

#define SECOND_MS 1000
#define MINUTE_MS 60000

/* About once a minute; more often if rooms end sooner. */
static int64_t
sweep_interval_ms(const struct chat_limits *limits)
{
	return limits->room_empty_ms > 0 && limits->room_empty_ms < MINUTE_MS
		   ? limits->room_empty_ms
		   : MINUTE_MS;
}

static enum chat_error
tick_run(struct request *request)
{
	struct dispatcher_state *state = request->state;
	int64_t now_ms = clock_monotonic_ms(request->chat->clock);

	presence_tick(request);
	if (state->sweep_waits)
		state->sweep_waits = room_sweep_run(request);
	if (state->second_ms != 0 && now_ms - state->second_ms < SECOND_MS)
		return CHAT_OK;
	state->second_ms = now_ms;
	history_expire(request->chat->history, request->now_ms);
	listings_tick(&state->listings, now_ms);
	if (now_ms - state->swept_ms >=
	    sweep_interval_ms(&request->chat->limits)) {
		state->swept_ms = now_ms;
		state->sweep_waits = room_sweep_run(request);
		files_sweep(request);
		post_limits_tick(&state->post_limits, now_ms);
	}
	return CHAT_OK;
}

const struct command_entry command_tick = {
	.run = tick_run,
};
