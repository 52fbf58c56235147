/* Time, handed in: the chat never asks the operating system. */
#ifndef DOMAIN_CLOCK_H
#define DOMAIN_CLOCK_H

#include <stdint.h>

struct clock;

struct clock_ops {
	/* Milliseconds since 1970, for showing. May jump. */
	int64_t (*wall_ms)(struct clock *);
	/* Milliseconds since some moment, for measuring. Never runs back. */
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
