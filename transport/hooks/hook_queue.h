/*
 * Events that wait for their receiver, oldest first, in bounded memory. What is
 * beyond it is counted, and a gap takes its place.
 */
#ifndef TRANSPORT_HOOK_QUEUE_H
#define TRANSPORT_HOOK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/list.h"
#include "domain/base/str.h"

struct hook_event {
	struct list link;
	uint64_t lsn;  /* of its entry; 0: it has none */
	int64_t at_ms; /* when it was added; monotonic */
	size_t len;
	size_t room_len;
	char text[]; /* JSON; then the room whose log has its entry, if any */
};

struct hook_queue {
	struct list events;
	size_t count;
	size_t bytes;
	size_t most;
	/* Behind the last event: */
	uint64_t lost;     /* events that did not fit */
	uint64_t lost_lsn; /* the highest of them; 0: they have none */
};

void hook_queue_init(struct hook_queue *, size_t most);
void hook_queue_fini(struct hook_queue *);

/* Whether an event of so many bytes fits. */
bool hook_queue_has_space(const struct hook_queue *, size_t len);

/*
 * With the room whose log has the event's entry, or "". False: no memory, or
 * too little space.
 */
bool hook_queue_add(struct hook_queue *, struct str text, struct str room,
    uint64_t lsn, int64_t now_ms);

/* Notes that events are lost. */
void hook_queue_lose(struct hook_queue *, uint64_t count, uint64_t lsn);

/* NULL: it is empty. */
const struct hook_event *hook_queue_first(const struct hook_queue *);
/* NULL: it was the last. */
const struct hook_event *hook_queue_next(const struct hook_queue *,
    const struct hook_event *);

/* Removes the first events; returns the highest LSN of them. */
uint64_t hook_queue_remove(struct hook_queue *, size_t count);
/* Removes those of the log of a room, but none of the first ones. */
void hook_queue_remove_room(struct hook_queue *, size_t first, struct str room);

#endif
