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
	uint64_t commands; /* received */
	struct traffic traffic;
	struct histogram kinds[COMMAND_KINDS + 1]; /* see server_stats */
	struct histogram fanout;
	struct histogram lag;
	/* Commands of this turn by kind, and the kinds that there are. */
	uint32_t turn_commands[COMMAND_KINDS];
	enum command_kind turn_kinds[COMMAND_KINDS];
	unsigned turn_kind_count;
	uint64_t timed;         /* commands in turns before this one */
	int64_t turn_read_ns;   /* when the turn's first input came; 0: none */
	int64_t turn_fanout_ns; /* when its output is sent; 0: there is none */
	int64_t ticked_ns;      /* the last tick; 0: none yet */
	struct totals closes;
	struct totals refusals;
	struct totals handshakes;
	struct totals responses;
	struct totals auth_failures;
	uint64_t tls[TLS_OUTCOMES];
	/* Rate limits of the log lines about them. */
	struct log_limit close_lines[TOTALS_MOST];
	struct log_limit refusal_lines[TOTALS_MOST];
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

/* A command of this kind is run. */
static inline void
meter_count_command(struct meter *meter, enum command_kind kind)
{
	if (meter->turn_commands[kind]++ == 0)
		meter->turn_kinds[meter->turn_kind_count++] = kind;
}

/* The turn ends; what it published is sent from now on. */
static inline void
meter_begin_fanout(struct meter *meter)
{
	meter->turn_fanout_ns = monotonic_ns();
}

/* Whether meter_end_turn() has something to time. */
static inline bool
meter_is_timing(const struct meter *meter)
{
	return meter->turn_read_ns != 0 || meter->turn_fanout_ns != 0;
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
void meter_count_close(struct meter *, uint32_t connection, unsigned code,
    const char *reason);

/*
 * Counts and logs what was refused because of a limit: a constant, the name of
 * its option.
 */
void meter_count_refusal(struct meter *, const char *limit);

/* A handshake of a WebSocket was answered with this status. */
void meter_count_handshake(struct meter *, int status);

/* An origin, token or password was refused; the reason is a constant. */
void meter_count_auth_failure(struct meter *, const char *reason);

/* An HTTP request, of no WebSocket, was answered with this status. */
void meter_count_response(struct meter *, int status);

void meter_fill_stats(const struct meter *, struct server_stats *out);

#endif
