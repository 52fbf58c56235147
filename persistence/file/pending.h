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
struct room_fifo;

enum pending_kind {
	PENDING_EVENT,
	PENDING_ENTER,
	PENDING_LEAVE
};

/* What was to be published, or who was to come or go. */
struct pending_item {
	struct list link;
	struct room_fifo *lane; /* NULL: it concerns no room */
	uint64_t lsn;           /* its own; 0: it only waits for others */
	uint64_t needs;         /* it is let through when this is committed */
	size_t bytes;
	enum pending_kind kind;
	struct event *event;      /* right behind it; NULL unless it is one */
	struct audience audience; /* of coming and going: who, and where */
	char texts[];             /* of the audience */
};

struct pending_queue {
	struct list all;
	struct id_map lanes;    /* by room */
	struct fifo_arena belt; /* what is held lies there */
	size_t bytes;
};

void pending_queue_init(struct pending_queue *);

/* Lets go of everything. */
void pending_queue_fini(struct pending_queue *);

/* NULL: there is nothing. */
struct pending_item *pending_queue_first(const struct pending_queue *);
struct pending_item *pending_queue_next(const struct pending_queue *,
    const struct pending_item *);

/* Whether something in the queue concerns a room. */
bool pending_queue_concerns(const struct pending_queue *, struct str room);

/*
 * Copy an event to the end of the queue. NULL: there is no memory, or more
 * than `most` bytes would be held; nothing has changed.
 */
struct pending_item *pending_queue_add_event(struct pending_queue *,
    const struct event *, const struct audience *, size_t most);

/* The same with somebody who comes or goes. */
struct pending_item *pending_queue_add_move(struct pending_queue *,
    enum pending_kind, struct str member_id, struct str room, size_t most);

/* Take something out and let go of it. */
void pending_queue_remove(struct pending_queue *, struct pending_item *);

#endif
