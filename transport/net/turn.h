/*
 * How a turn of the loop is shared between its connections.
 *
 * A connection that uses more than its slice of a turn goes on in the next one.
 * Once a turn has used all of its time, it serves only connections that were
 * cheap of late. Time is what was measured, and what the sends at the end of
 * the turn will take. Pure.
 */
#ifndef TRANSPORT_TURN_H
#define TRANSPORT_TURN_H

#include <stdbool.h>
#include <stdint.h>

/* The slice of a connection, and the time of a turn. */
#define TURN_SLICE_US 1000
#define TURN_TIME_US 4000

/* What one send takes, and the bytes that are copied in that time. */
#define TURN_SEND_US 1
#define TURN_SEND_BYTES 2048

/* A connection that used more than this of late is expensive. */
#define TURN_EXPENSIVE_US 1000

/* The time is measured after this many messages or bytes of work. */
#define TURN_MEASURE_MESSAGES 16
#define TURN_MEASURE_BYTES (16 * 1024)

/* Zeroed: no turn has begun. */
struct turn {
	uint32_t number;
	uint32_t used_us;       /* by all connections */
	uint32_t unmeasured;    /* messages since the time was measured */
	uint64_t work;          /* bytes received and encoded, ever */
	uint64_t measured_work; /* when the time was measured */
	int64_t measured_ns;    /* this was the time */
};

/* The part of one connection; zeroed at first. */
struct turn_share {
	uint32_t tick; /* of recent_us */
	uint32_t recent_us;
	uint32_t number;   /* the turn of the next three */
	uint16_t slice_us; /* below TURN_SLICE_US */
	bool has_sends;
	bool is_over;
};

/* The next turn begins, with its first input. */
void turn_begin(struct turn *, int64_t now_ns);

/* Whether the time is to be measured after this message. */
static inline bool
turn_is_to_measure(struct turn *turn)
{
	return ++turn->unmeasured >= TURN_MEASURE_MESSAGES ||
	       turn->work - turn->measured_work >= TURN_MEASURE_BYTES;
}

/*
 * The connection used the time since the last measurement. A tick is 100 ms.
 */
void turn_measure(struct turn *, struct turn_share *, uint32_t tick,
    int64_t now_ns);

/*
 * A message of the connection causes this many sends, and copies of so many
 * bytes. That ends its part of a turn whose time is used up; not with its first
 * sends, if there is little to copy: further ones to the same receivers cost
 * little.
 */
void turn_add_sends(struct turn *, struct turn_share *, uint32_t tick,
    uint32_t count, uint64_t bytes);

/* Whether the connection used little of late. */
bool turn_share_is_cheap(const struct turn_share *, uint32_t tick);

/* Whether a connection that is being served goes on. */
static inline bool
turn_goes_on(const struct turn *turn, const struct turn_share *share)
{
	return share->number != turn->number || !share->is_over;
}

/* Whether the connection is served in this turn. */
static inline bool
turn_serves(const struct turn *turn, const struct turn_share *share,
    uint32_t tick)
{
	return turn_goes_on(turn, share) &&
	       (turn->used_us < TURN_TIME_US ||
		   turn_share_is_cheap(share, tick));
}

#endif
