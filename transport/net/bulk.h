/*
 * Bulk work of a loop: transfers of files, which may wait for messages.
 *
 * Whatever has some is a task in a queue. At the end of a turn, when the turn's
 * messages are sent, the tasks do a small piece each, one after the other, for
 * BULK_TIME_US; then the loop looks for input again. So a message waits for
 * that long at most, whatever is transferred, and a busy chat leaves transfers
 * that part of each turn.
 */
#ifndef TRANSPORT_BULK_H
#define TRANSPORT_BULK_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/list.h"

#define BULK_TIME_US 50

struct bulk {
	struct list tasks;
	struct list later; /* until the next tick */
};

struct bulk_task {
	struct list link;
	/* One piece: some 16 KiB. It is not in the queue any more. */
	void (*run)(struct bulk_task *);
};

void bulk_init(struct bulk *);
void bulk_task_init(struct bulk_task *, void (*run)(struct bulk_task *));

/* Behind all others, unless it is in the queue. */
void bulk_add(struct bulk *, struct bulk_task *);

/* The same with the next tick: it cannot go on now. It is in no queue. */
void bulk_add_later(struct bulk *, struct bulk_task *);
void bulk_tick(struct bulk *);

/* It need not be in the queue. */
void bulk_remove(struct bulk_task *);

static inline bool
bulk_waits(const struct bulk *bulk)
{
	return !list_is_empty(&bulk->tasks);
}

/* Whether a task was run. */
bool bulk_run(struct bulk *, int64_t (*now_ns)(void));

#endif
