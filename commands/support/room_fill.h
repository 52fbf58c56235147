/*
 * How fast one address may replace what rooms remember: a client without an
 * account must not push the messages of others out of a history at once, nor
 * out of what is kept of the lobby for slow readers.
 */
#ifndef COMMANDS_ROOM_FILL_H
#define COMMANDS_ROOM_FILL_H

#include <stdint.h>

#define ROOM_FILL_SLOTS 1024

struct request;

/* Filled with zeros: nothing was posted. */
struct room_fill {
	/* Of one address in one room; the key is a hash of both. */
	struct room_fill_slot {
		uint64_t key;
		int64_t
		    paid_at_us; /* monotonic: when its share is free again */
	} slots[ROOM_FILL_SLOTS];
};

/*
 * Counts the author's message in the request's room, or in the lobby. Returns
 * how many milliseconds the author is to wait before the next one; half a
 * history may be filled at once.
 */
int64_t room_fill_take(struct request *);

#endif
