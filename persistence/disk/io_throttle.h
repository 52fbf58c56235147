/*
 * Pauses for background work that reads a whole store, so that the disk and the
 * processor are free for others.
 */
#ifndef PERSISTENCE_IO_THROTTLE_H
#define PERSISTENCE_IO_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>

struct io_throttle {
	bool (*pause)(void *arg); /* false: the work is to end */
	void *arg;
	size_t done; /* bytes since the last pause; 0 at first */
};

/*
 * Counts bytes of work, and pauses if it is time. 0, or ECANCELED: it is to
 * end. Accepts NULL.
 */
int io_throttle_note(struct io_throttle *, size_t bytes);

#endif
