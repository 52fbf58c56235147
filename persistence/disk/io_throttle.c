#include "persistence/disk/io_throttle.h"

#include <errno.h>

/* Work between two pauses. */
#define WORK ((size_t)256 << 10)

int
io_throttle_note(struct io_throttle *throttle, size_t bytes)
{
	if (throttle == NULL)
		return 0;
	throttle->done += bytes;
	if (throttle->done < WORK)
		return 0;
	throttle->done = 0;
	return throttle->pause(throttle->arg) ? 0 : ECANCELED;
}
