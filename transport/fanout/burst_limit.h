/*
 * The limit of a dialect on bursts: so many messages, then none until a pause
 * has passed since the last. Pure.
 */
#ifndef TRANSPORT_BURST_LIMIT_H
#define TRANSPORT_BURST_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/dialect.h"

/* Of one session; all zero at first. */
struct burst_limiter {
	uint32_t messages; /* accepted without a pause in between */
	uint32_t last_ms;  /* when the last was accepted; wraps around */
};

/* How long until the next message is accepted; 0: it is now. */
static inline int64_t
burst_limit_wait_ms(const struct burst_limiter *limiter,
    const struct burst_limit *limit, int64_t now_ms)
{
	uint32_t elapsed = (uint32_t)now_ms - limiter->last_ms;

	if (limiter->messages < limit->messages || elapsed >= limit->pause_ms)
		return 0;
	return limit->pause_ms - elapsed;
}

/* A message was accepted. */
static inline void
burst_limit_count(struct burst_limiter *limiter,
    const struct burst_limit *limit, int64_t now_ms)
{
	uint32_t elapsed = (uint32_t)now_ms - limiter->last_ms;

	limiter->messages =
	    elapsed >= limit->pause_ms ? 1 : limiter->messages + 1;
	limiter->last_ms = (uint32_t)now_ms;
}

#endif
