/* The inside of the history in memory, for memory_history*.c. */
#ifndef PERSISTENCE_MEMORY_HISTORY_INTERNAL_H
#define PERSISTENCE_MEMORY_HISTORY_INTERNAL_H

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/message_ring.h"
#include "persistence/memory/room_sizes.h"
#include "persistence/memory/trim_heap.h"
#include "persistence/memory/trusted_clock.h"

/* The messages of one room. */
struct room_log {
	struct list in_rooms;
	struct message_ring ring;
	struct id_map by_key; /* messages that have a key */
	int64_t ttl_ms;
	int64_t last_at_ms;
	int64_t prepared_at_ms; /* of the newest that was prepared */
	uint64_t evicted;       /* see struct history_span */
	bool is_persistent;
	struct room_size size;    /* bytes of the messages */
	struct list evicted_keys; /* memory_history_evict.c */
	size_t own_bytes;         /* this block, the ring, the map */
	size_t room_len;
	char room[]; /* id, without NUL */
};

struct memory_history {
	struct history base;
	const struct history_limits *limits;
	struct clock *clock; /* NULL: any time is trusted */
	struct trusted_clock trusted_clock;
	const int64_t *clock_trust_ms;
	struct id_map logs;
	struct room_log *recent;  /* found last: a command asks several times */
	struct list mortal_rooms; /* whose messages have a ttl of their own */
	struct list other_rooms;
	struct list in_order;                  /* the messages of all rooms */
	struct room_sizes persistent, one_off; /* rooms that hold messages */
	struct list evicted_keys;
	size_t evicted_key_bytes;
	size_t bytes;
	struct trim_heap trim_heap;
	memory_history_drop *on_drop; /* NULL: none */
	void *on_drop_arg;
};

static inline struct memory_history *
memory_history_of(struct history *base)
{
	return (struct memory_history *)base;
}

/* NULL: there is no such room. */
struct room_log *memory_history_find(struct history *, struct str room);

/* To be called when the ring or the map may have changed their size. */
void memory_history_account(struct memory_history *, struct room_log *);

/* Drops the oldest message of the room. */
void memory_history_drop_oldest(struct memory_history *, struct room_log *);

/* memory_history_write.c */
enum chat_error memory_history_amend(struct history *, struct str room,
    uint64_t seq, struct str body, int64_t edited_ms);

/* Whether a message of the room is expired. */
bool memory_history_is_expired(const struct memory_history *,
    const struct room_log *, const struct kept_message *, int64_t now_ms);

/* --- memory_history_evict.c ----------------------------------------------- */

/* The sizes of persistent rooms, or of the others. */
struct room_sizes *memory_history_sizes(struct memory_history *,
    const struct room_log *);

/*
 * After a new message: evicts until the limits are met, but never that message.
 */
void memory_history_make_space(struct memory_history *, struct room_log *);

/* Drops keys of evicted messages: old ones, or all of a room. */
void memory_history_expire_keys(struct memory_history *, int64_t now_ms);
void memory_history_forget_keys(struct memory_history *, struct room_log *);

#endif
