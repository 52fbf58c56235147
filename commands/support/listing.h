/*
 * Lists of rooms and of members, in pages.
 *
 * A long list is built at most once a second and is up to a second old; a
 * short one is built for each request.
 */
#ifndef COMMANDS_LISTING_H
#define COMMANDS_LISTING_H

#include <stdint.h>

#include "commands/support/string_list.h"
#include "domain/event.h"
#include "domain/room.h"

struct request;

/* The number of rooms whose list of members is cached. */
#define LISTING_PLACES 8

/* Filled with zeros it is empty, without memory. */
struct listing {
	struct string_list texts; /* `stride` for each entry, the key first */
	size_t stride;
	size_t count;
	struct room_entry *rooms; /* NULL: a list of members */
	uint32_t *by_key;         /* positions; NULL: not sorted yet */
	int64_t built_ms;         /* by the monotonic clock */
	char room[ROOM_ID_SIZE];  /* of a list of members; "": the lobby */
};

struct listings {
	struct listing rooms;
	struct listing guest_rooms;
	struct listing members[LISTING_PLACES];
	unsigned oldest; /* of members: the one that is replaced next */
};

void listings_fini(struct listings *);

/* Frees the lists that are out of date. */
void listings_tick(struct listings *, int64_t now_ms);

/*
 * All rooms, in order of creation, or those with guests in them; the members
 * of the lobby (`room` is absent) or of a room, in order of arrival. Borrowed
 * until the next request. CHAT_UNAVAILABLE: no memory.
 */
enum chat_error listing_of_rooms(const struct request *, bool of_guests,
    struct listing **out);
enum chat_error listing_of_members(const struct request *, struct str room,
    struct listing **out);

/* Fills in how many messages the room has, and when the last one was posted. */
void listing_count_messages(const struct request *, struct str room_id,
    struct room_entry *);

struct listing_query {
	struct str after; /* absent: from the start */
	size_t limit;     /* entries; 0: no limit */
	size_t bytes;     /* what the entries may cost */
	size_t texts;     /* of an entry that cost their length */
	size_t extra;     /* what an entry costs besides */
	/* Whether an entry is part of the answer; NULL: each is. */
	bool (*shows)(const struct listing *, uint32_t position,
	    const void *arg);
	const void *arg;
};

struct listing_page {
	uint32_t *positions; /* owned: free() it in any case */
	size_t count;
	bool more;
};

/*
 * Everything in the order of the list, if neither `after` nor `limit` is given
 * and it fits; else a page in order of the keys, byte by byte: the first
 * entries behind `after`. Entries with the same key are on the same page.
 * CHAT_UNAVAILABLE: no memory.
 */
enum chat_error listing_page(struct listing *, const struct listing_query *,
    struct listing_page *out);

#endif
