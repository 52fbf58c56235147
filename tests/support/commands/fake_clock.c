#include "tests/support/commands/fake_clock.h"

static int64_t
fake_clock_wall_ms(struct clock *clock)
{
	return ((struct fake_clock *)clock)->wall_ms;
}

static int64_t
monotonic_ms(struct clock *clock)
{
	return ((struct fake_clock *)clock)->monotonic_ms;
}

static const struct clock_ops ops = {
	.wall_ms = fake_clock_wall_ms,
	.monotonic_ms = monotonic_ms,
};

void
fake_clock_init(struct fake_clock *clock)
{
	*clock = (struct fake_clock){ { &ops }, 1000, 1000 };
}

void
fake_clock_pass(struct fake_clock *clock, int64_t ms)
{
	clock->wall_ms += ms;
	clock->monotonic_ms += ms;
}
