#include "cmd/parley/backoff.h"

uint32_t
backoff_next_ms(struct backoff *backoff, uint32_t chance)
{
	uint32_t span = BACKOFF_FIRST_MS;

	for (uint32_t i = 0; i < backoff->failures && span < BACKOFF_MOST_MS;
	     i++)
		span *= 2;
	if (span > BACKOFF_MOST_MS)
		span = BACKOFF_MOST_MS;
	else
		backoff->failures++;
	return span / 2 + chance % (span / 2 + 1);
}
