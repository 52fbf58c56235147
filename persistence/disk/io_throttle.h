/*
 * Work that nobody waits for, and that reads a whole store, throttle now and
 * then: it would keep the disk and the system busy while others wait for them.
 */
#ifndef PERSISTENCE_IO_THROTTLE_H
#define PERSISTENCE_IO_THROTTLE_H

#include <stddef.h>

struct io_throttle {
	void (*pause)(void *arg);
	void *arg;
	size_t done; /* bytes since the last pause; 0 at first */
};

/* So many bytes more were dealt with. Accepts NULL. */
void io_throttle_note(struct io_throttle *, size_t bytes);

#endif
