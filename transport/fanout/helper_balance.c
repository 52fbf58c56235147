#include "transport/fanout/helper_balance.h"

#include <assert.h>

static int64_t
pause_for(int64_t cost_ns)
{
	if (cost_ns > HELPER_PAUSE_MOST_NS / HELPER_PAUSE_FACTOR)
		return HELPER_PAUSE_MOST_NS;
	return cost_ns * HELPER_PAUSE_FACTOR;
}

void
helper_balance_add(struct helper_balance *balance, int64_t saved_ns,
    int64_t now_ns)
{
	assert(now_ns >= balance->pause_end_ns);
	balance->pause_end_ns = 0;
	balance->saved_ns += saved_ns;
	if (balance->saved_ns > HELPER_SAVED_MOST_NS)
		balance->saved_ns = HELPER_SAVED_MOST_NS;
	if (balance->saved_ns < 0) {
		int64_t pause_ns = pause_for(-balance->saved_ns);

		balance->saved_ns = 0;
		balance->pause_end_ns = now_ns + pause_ns;
		balance->paused_ns += (uint64_t)pause_ns;
	}
}

bool
helper_balance_pauses(const struct helper_balance *balance, int64_t now_ns)
{
	return now_ns < balance->pause_end_ns;
}
