/* A clock, as an interface: the chat does not call the operating system. */
#ifndef DOMAIN_CLOCK_H
#define DOMAIN_CLOCK_H

#include <stdint.h>

struct clock;

struct clock_ops {
	/* Milliseconds since 1970, for display. May jump. */
	int64_t (*wall_ms)(struct clock *);
	/* Milliseconds since a fixed time, for measuring. Never decreases. */
	int64_t (*monotonic_ms)(struct clock *);
};

struct clock {
	const struct clock_ops *ops;
};

static inline int64_t
clock_wall_ms(struct clock *clock)
{
	return clock->ops->wall_ms(clock);
}

static inline int64_t
clock_monotonic_ms(struct clock *clock)
{
	return clock->ops->monotonic_ms(clock);
}

#endif
