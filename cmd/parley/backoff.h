/* The pause before a reconnect: exponential, with jitter. */
#ifndef CMD_PARLEY_BACKOFF_H
#define CMD_PARLEY_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 500
#define BACKOFF_MOST_MS 30000

/* Zeroed: nothing has failed yet. */
struct backoff {
	uint32_t failures;
};

/*
 * The pause before the next attempt: half of a span that doubles with each
 * failure, plus a random part of the other half.
 */
uint32_t backoff_next_ms(struct backoff *, uint32_t chance);

#endif
