/* Rooms by how much their messages take: the largest is found at once. */
#ifndef PERSISTENCE_ROOM_SIZES_H
#define PERSISTENCE_ROOM_SIZES_H

#include <stddef.h>
#include <stdint.h>

#include "domain/base/list.h"

/* Sizes that differ by less than a quarter may share a bucket. */
#define ROOM_SIZE_BUCKETS 256

/* A part of the room. Filled with zeros: the room holds nothing. */
struct room_size {
	struct list link; /* in a bucket, unless bytes are 0 */
	size_t bytes;
};

struct room_sizes {
	struct list buckets[ROOM_SIZE_BUCKETS];
	uint64_t used[ROOM_SIZE_BUCKETS / 64]; /* a bit for each bucket */
	size_t bytes;                          /* of all rooms */
};

void room_sizes_init(struct room_sizes *);

/* Sets the size of a room; 0 removes it. */
void room_sizes_set(struct room_sizes *, struct room_size *, size_t bytes);

/* One of the largest but this one (may be NULL). NULL: there is none. */
struct room_size *room_sizes_largest(const struct room_sizes *,
    const struct room_size *but);

#endif
