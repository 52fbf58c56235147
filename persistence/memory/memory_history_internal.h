/* A history in memory from inside: for memory_history*.c alone. */
#ifndef PERSISTENCE_MEMORY_HISTORY_INTERNAL_H
#define PERSISTENCE_MEMORY_HISTORY_INTERNAL_H

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "persistence/memory/memory_history.h"
#include "persistence/memory/message_ring.h"
#include "persistence/memory/trim_heap.h"

/* What was said in one room. */
struct room_log {
	struct list in_rooms;
	struct message_ring ring;
	struct id_map by_key; /* only the messages that have one */
	int64_t ttl_ms;
	int64_t last_at_ms;
	uint64_t evicted; /* see struct history_span */
	size_t message_bytes;
	size_t own_bytes; /* this block, the ring, the map */
	size_t room_len;
	char room[]; /* id, without NUL */
};

struct memory_history {
	struct history base;
	const struct history_limits *limits;
	struct id_map logs;
	struct list mortal_rooms; /* with a life of their own for messages */
	struct list other_rooms;
	struct list in_order; /* the messages of all rooms */
	size_t bytes;
	struct trim_heap ebb;
};

/* NULL: there is no such room. */
struct room_log *memory_history_find(struct history *, struct str room);

/* The oldest message of all rooms; there is one. */
struct kept_message *memory_history_oldest(const struct memory_history *);

/* Whenever the room's ring or map may have changed their size. */
void memory_history_account(struct memory_history *, struct room_log *);

/* The room's oldest message goes, or its newest. */
void memory_history_drop_oldest(struct memory_history *, struct room_log *);

/* The same for want of space; it counts as evicted unless it was too old. */
void memory_history_evict(struct memory_history *, struct room_log *,
    int64_t now_ms);
void memory_history_drop_newest(struct memory_history *, struct room_log *);

#endif
