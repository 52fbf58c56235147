/* Gives memory back to the system once much less is held than there was. */
#ifndef PERSISTENCE_TRIM_HEAP_H
#define PERSISTENCE_TRIM_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed: nothing was held yet. */
struct trim_heap {
	size_t high; /* the most that was held since the last time */
};

/*
 * To be told now and then what is held. An allocator keeps what lies between
 * what is still in use: looking for it takes time, so that is done only after
 * the greater part of many megabytes has gone. Returns whether it was.
 */
bool trim_heap_watch(struct trim_heap *, size_t held);

#endif
