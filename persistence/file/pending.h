/* What waits at the gate, in the order in which it came. */
#ifndef PERSISTENCE_PENDING_H
#define PERSISTENCE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/event.h"
#include "persistence/file/fifo_arena.h"

/* A room that something in the queue concerns; gone with the last of these. */
struct lane;

enum held_kind {
	HELD_EVENT,
	HELD_ENTER,
	HELD_LEAVE
};

/* What was to be published, or who was to come or go. */
struct held {
	struct list link;
	struct lane *lane; /* NULL: it concerns no room */
	uint64_t lsn;      /* its own; 0: it only waits for others */
	uint64_t needs;    /* it is let through when this is committed */
	size_t bytes;
	enum held_kind kind;
	struct event *event;      /* right behind it; NULL unless it is one */
	struct audience audience; /* of coming and going: who, and where */
	char texts[];             /* of the audience */
};

struct held_queue {
	struct list all;
	struct id_map lanes; /* by room */
	struct belt belt;    /* what is held lies there */
	size_t bytes;
};

void held_queue_init(struct held_queue *);

/* Lets go of everything. */
void held_queue_fini(struct held_queue *);

/* NULL: there is nothing. */
struct held *held_queue_first(const struct held_queue *);
struct held *held_queue_next(const struct held_queue *, const struct held *);

/* Whether something in the queue concerns a room. */
bool held_queue_concerns(const struct held_queue *, struct str room);

/*
 * Copy an event to the end of the queue. NULL: there is no memory, or more
 * than `most` bytes would be held; nothing has changed.
 */
struct held *held_queue_add_event(struct held_queue *, const struct event *,
    const struct audience *, size_t most);

/* The same with somebody who comes or goes. */
struct held *held_queue_add_move(struct held_queue *, enum held_kind,
    struct str member_id, struct str room, size_t most);

/* Take something out and let go of it. */
void held_queue_remove(struct held_queue *, struct held *);

#endif
