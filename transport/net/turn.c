#include "transport/net/turn.h"

void
turn_begin(struct turn *turn, int64_t now_ns)
{
	turn->number++;
	turn->used_us = 0;
	turn->unmeasured = 0;
	turn->measured_work = turn->work;
	turn->measured_ns = now_ns;
}

/* Half of what was used fades with each tick. */
static uint32_t
share_recent_us(const struct turn_share *share, uint32_t tick)
{
	uint32_t elapsed = tick - share->tick;

	return elapsed < 32 ? share->recent_us >> elapsed : 0;
}

static void
turn_use(struct turn *turn, struct turn_share *share, uint32_t tick,
    uint32_t used_us)
{
	if (share->number != turn->number) {
		share->number = turn->number;
		share->slice_us = 0;
		share->has_sends = false;
		share->is_over = false;
	}
	share->recent_us = share_recent_us(share, tick) + used_us;
	share->tick = tick;
	turn->used_us += used_us;
}

void
turn_measure(struct turn *turn, struct turn_share *share, uint32_t tick,
    int64_t now_ns)
{
	uint32_t used_us = (uint32_t)((now_ns - turn->measured_ns) / 1000);

	turn_use(turn, share, tick, used_us);
	used_us += share->slice_us;
	if (used_us >= TURN_SLICE_US)
		share->is_over = true;
	else
		share->slice_us = (uint16_t)used_us;
	turn->unmeasured = 0;
	turn->measured_work = turn->work;
	turn->measured_ns = now_ns;
}

void
turn_add_sends(struct turn *turn, struct turn_share *share, uint32_t tick,
    uint32_t count, uint64_t bytes)
{
	uint32_t copies_us = (uint32_t)(bytes / TURN_SEND_BYTES);

	turn_use(turn, share, tick, count * TURN_SEND_US + copies_us);
	if (turn->used_us >= TURN_TIME_US &&
	    ((count > 0 && share->has_sends) || copies_us >= TURN_TIME_US))
		share->is_over = true;
	share->has_sends |= count > 0;
}

bool
turn_share_is_cheap(const struct turn_share *share, uint32_t tick)
{
	return share_recent_us(share, tick) < TURN_EXPENSIVE_US;
}
