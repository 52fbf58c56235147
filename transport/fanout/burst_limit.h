/*
 * A dialect's own rule of how fast one may talk: so many messages one after
 * the other, then silence until a pause has passed since the last. Pure.
 */
#ifndef TRANSPORT_BURST_LIMIT_H
#define TRANSPORT_BURST_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/dialect.h"

/* Of one session; all zero at first. */
struct burst_limiter {
	uint32_t messages; /* accepted without a pause in between */
	uint32_t last_ms;  /* when the last was; wraps around */
};

/* How long to wait until the next is accepted; 0: it is. */
static inline int64_t
burst_limit_wait_ms(const struct burst_limiter *pacer,
    const struct burst_limit *pace, int64_t now_ms)
{
	uint32_t elapsed = (uint32_t)now_ms - pacer->last_ms;

	if (pacer->messages < pace->messages || elapsed >= pace->pause_ms)
		return 0;
	return pace->pause_ms - elapsed;
}

/* One was accepted. */
static inline void
burst_limit_count(struct burst_limiter *pacer, const struct burst_limit *pace,
    int64_t now_ms)
{
	uint32_t elapsed = (uint32_t)now_ms - pacer->last_ms;

	pacer->messages = elapsed >= pace->pause_ms ? 1 : pacer->messages + 1;
	pacer->last_ms = (uint32_t)now_ms;
}

#endif
