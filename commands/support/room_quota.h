/*
 * How many rooms there may be of one origin, and persistent ones of one user
 * and in all: these stay when their members have left, so clients without an
 * account could fill the server with them.
 */
#ifndef COMMANDS_ROOM_QUOTA_H
#define COMMANDS_ROOM_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/error.h"

struct request;

/* Filled with zeros: nothing was created. */
struct room_quota {
	/* Persistent rooms, as counted then and created since. */
	size_t persistent;
	int64_t counted_ms; /* monotonic; 0: never */
	/* Creations of the last hour. */
	struct room_creation {
		uint64_t origin;
		int64_t at_ms; /* monotonic */
	} * recent;
	size_t recent_count;
	size_t recent_capacity;
	bool has_begun; /* those before the start are among them */
};

void room_quota_fini(struct room_quota *);

/*
 * Whether the author's address may have one more room.
 * CHAT_TOO_MANY_ROOMS: it has as many as it may have at a time.
 */
enum chat_error room_quota_check_origin(struct request *, bool persistent);

/* The origin that a room of the author counts for; 0: for none. */
uint64_t room_quota_origin(const struct request *);

/*
 * Counts a persistent room that the author is about to create.
 * CHAT_TOO_MANY_ROOMS, CHAT_UNAVAILABLE (no memory): it may not.
 */
enum chat_error room_quota_take(struct request *);

#endif
