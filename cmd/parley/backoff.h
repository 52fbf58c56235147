/* How long to wait before trying again: longer and longer, never in step. */
#ifndef CMD_PARLEY_BACKOFF_H
#define CMD_PARLEY_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 500
#define BACKOFF_MOST_MS 30000

/* Zero: nothing has failed yet. */
struct backoff {
	uint32_t failures;
};

/*
 * The wait before the next attempt: half of a span that doubles with each
 * failure, and a random part of the other half. chance is any number.
 */
uint32_t backoff_next_ms(struct backoff *, uint32_t chance);

#endif
