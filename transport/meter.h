/* Counts and times what the server does, at little cost. */
#ifndef TRANSPORT_METER_H
#define TRANSPORT_METER_H

#include <stdint.h>
#include <time.h>

#include "domain/log.h"
#include "domain/server_stats.h"

/* Zeroed: nothing has happened. */
struct meter {
	uint64_t opened;   /* WebSockets */
	uint64_t commands; /* messages received */
	struct histogram latency;
	struct histogram lag;
	uint64_t timed;       /* commands in turns before this one */
	int64_t turn_read_ns; /* when the turn's first input came; 0: none */
	int64_t ticked_ns;    /* the last tick; 0: none yet */
	struct close_total closes[SERVER_STATS_CLOSES];
	size_t close_count;
	struct refusal_total refusals[SERVER_STATS_REFUSALS];
	size_t refusal_count;
	/* Rate limits of the log lines about them. */
	struct log_limit close_lines[SERVER_STATS_CLOSES];
	struct log_limit refusal_lines[SERVER_STATS_REFUSALS];
};

static inline int64_t
monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Input was read; the clock is read once in a turn. */
static inline void
meter_read(struct meter *meter)
{
	if (meter->turn_read_ns == 0)
		meter->turn_read_ns = monotonic_ns();
}

/* Everything that this turn's input caused is sent. */
void meter_end_turn(struct meter *, int64_t now_ns);

/* A tick, which was due so long after the last. */
void meter_tick(struct meter *, int64_t now_ns, int64_t interval_ns);

/*
 * Counts a WebSocket that ends, and logs it unless the client asked for it
 * (WS_CLOSE 1000 or 1001). `code` 0: without a close frame. The reason is a
 * constant; "client" for every close frame that came from the client.
 */
void meter_count_close(struct meter *, unsigned code, const char *reason);

/*
 * Counts and logs what was refused because of a limit: a constant, the name of
 * its option.
 */
void meter_count_refusal(struct meter *, const char *limit);

void meter_fill_stats(const struct meter *, struct server_stats *out);

#endif
