/* The time by which messages expire: the wall clock, unless it jumps. */
#ifndef PERSISTENCE_TRUSTED_CLOCK_H
#define PERSISTENCE_TRUSTED_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A clock that is wrong for a minute must not expire a month of messages. So
 * after a jump of more than a minute the old time continues, until the new one
 * has held for a while.
 */
struct trusted_clock {
	int64_t wall_ms; /* when both were last looked at and agreed */
	int64_t monotonic_ms;
	int64_t doubted_since_ms; /* monotonic */
	bool is_doubted;
};

void trusted_clock_init(struct trusted_clock *, int64_t wall_ms,
    int64_t monotonic_ms);

/* The time now; trust_ms: how long a new time has to hold. */
int64_t trusted_clock_now(struct trusted_clock *, int64_t wall_ms,
    int64_t monotonic_ms, int64_t trust_ms);

#endif
