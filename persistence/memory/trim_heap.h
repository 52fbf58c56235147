/* Returns freed memory to the system after a large decrease. */
#ifndef PERSISTENCE_TRIM_HEAP_H
#define PERSISTENCE_TRIM_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* Filled with zeros: no memory was used. */
struct trim_heap {
	size_t high; /* the largest number of bytes since the last trim */
};

/*
 * The owner of the memory calls this now and then with the bytes it uses. An
 * allocator keeps free memory between blocks that are in use, and a trim takes
 * time: it is done only if more than half of many megabytes was freed since
 * the last one. Returns whether it was done.
 */
bool trim_heap_watch(struct trim_heap *, size_t bytes);

#endif
