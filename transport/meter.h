/* Counts and times what the server does, at next to no cost. */
#ifndef TRANSPORT_METER_H
#define TRANSPORT_METER_H

#include <stdint.h>
#include <time.h>

#include "domain/server_stats.h"

/* Zeroed: nothing has happened. */
struct meter {
	uint64_t opened;   /* WebSockets */
	uint64_t commands; /* messages that came */
	struct histogram latency;
	struct histogram lag;
	uint64_t timed;       /* commands in turns before this one */
	int64_t turn_read_ns; /* the turn's first input came; 0: none yet */
	int64_t ticked_ns;    /* the last tick; 0: none yet */
};

static inline int64_t
monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Input came; the clock is read once in a turn. */
static inline void
meter_read(struct meter *meter)
{
	if (meter->turn_read_ns == 0)
		meter->turn_read_ns = monotonic_ns();
}

/* All that came of this turn's input is sent. */
void meter_end_turn(struct meter *, int64_t now_ns);

/* A tick, which was to be so long after the last. */
void meter_tick(struct meter *, int64_t now_ns, int64_t interval_ns);

void meter_fill_stats(const struct meter *, struct server_stats *out);

#endif
