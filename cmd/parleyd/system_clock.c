/* The clocks of the system. */
#include <time.h>

#include "cmd/parleyd/platform.h"

static int64_t
clock_read_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t
real_clock_wall_ms(struct clock *clock)
{
	(void)clock;
	return clock_read_ms(CLOCK_REALTIME);
}

static int64_t
system_monotonic_ms(struct clock *clock)
{
	(void)clock;
	return clock_read_ms(CLOCK_MONOTONIC);
}

static const struct clock_ops system_clock_ops = {
	.wall_ms = real_clock_wall_ms,
	.monotonic_ms = system_monotonic_ms,
};

struct clock *
system_clock(void)
{
	static struct clock clock = { &system_clock_ops };

	return &clock;
}
