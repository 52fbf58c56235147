#include "persistence/disk/io_throttle.h"

/* Work between two pauses. */
#define WORK ((size_t)256 << 10)

void
io_throttle_note(struct io_throttle *throttle, size_t bytes)
{
	if (throttle == NULL)
		return;
	throttle->done += bytes;
	if (throttle->done < WORK)
		return;
	throttle->done = 0;
	throttle->pause(throttle->arg);
}
