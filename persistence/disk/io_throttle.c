#include "persistence/disk/io_throttle.h"

/* What a disk reads at once, and a processor sums up in no time. */
#define WORK ((size_t)256 << 10)

void
io_throttle_note(struct io_throttle *rests, size_t bytes)
{
	if (rests == NULL)
		return;
	rests->done += bytes;
	if (rests->done < WORK)
		return;
	rests->done = 0;
	rests->rest(rests->arg);
}
