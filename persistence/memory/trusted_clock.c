#include "persistence/memory/trusted_clock.h"

#include <inttypes.h>

#include "domain/log.h"

/* Larger steps are jumps, not adjustments. */
#define STEP_MOST_MS 60000

void
trusted_clock_init(struct trusted_clock *clock, int64_t wall_ms,
    int64_t monotonic_ms)
{
	*clock = (struct trusted_clock){ .wall_ms = wall_ms,
		.monotonic_ms = monotonic_ms };
}

static void
trusted_clock_doubt(struct trusted_clock *clock, int64_t jump_ms,
    int64_t trust_ms)
{
	clock->is_doubted = true;
	clock->doubted_since_ms = clock->monotonic_ms;
	log_warn("the clock jumped by %" PRId64 " s: messages do not expire by "
		 "it for %" PRId64 " s",
	    jump_ms / 1000, trust_ms / 1000);
}

int64_t
trusted_clock_now(struct trusted_clock *clock, int64_t wall_ms,
    int64_t monotonic_ms, int64_t trust_ms)
{
	int64_t expected_ms =
	    clock->wall_ms + (monotonic_ms - clock->monotonic_ms);
	int64_t jump_ms = wall_ms - expected_ms;
	bool jumped = jump_ms > STEP_MOST_MS || jump_ms < -STEP_MOST_MS;

	clock->monotonic_ms = monotonic_ms;
	clock->wall_ms = expected_ms;
	if (jumped && !clock->is_doubted)
		trusted_clock_doubt(clock, jump_ms, trust_ms);
	if (jumped && monotonic_ms - clock->doubted_since_ms < trust_ms)
		return expected_ms;
	if (clock->is_doubted)
		log_info("the clock is trusted again");
	clock->is_doubted = false;
	clock->wall_ms = wall_ms;
	return wall_ms;
}
