/* Deadlines of many connections in one timer: a hashed wheel. Pure. */
#ifndef TRANSPORT_WHEEL_H
#define TRANSPORT_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/list.h"

/* One tick of the wheel. Times on it are counted in ticks from its start. */
#define WHEEL_TICK_MS 100
#define WHEEL_SLOTS 512

/* Part of whatever has a deadline. Zeroed: has none. */
struct wheel_node {
	struct list link;
	uint32_t due;
};

struct wheel {
	uint32_t now;
	struct list slots[WHEEL_SLOTS];
};

void wheel_init(struct wheel *);

/* Fire at this tick, or at the next one if it is past; moves the node. */
void wheel_schedule(struct wheel *, struct wheel_node *, uint32_t due);

/* Nothing happens to a node that is not scheduled. */
void wheel_cancel(struct wheel_node *);

static inline bool
wheel_is_scheduled(const struct wheel_node *node)
{
	return node->link.next != NULL;
}

/*
 * Move on to `now`, calling fire for each node that is due, no longer
 * scheduled then. fire may schedule and cancel any node.
 */
typedef void wheel_fire(struct wheel_node *, void *arg);
void wheel_advance(struct wheel *, uint32_t now, wheel_fire *, void *arg);

/* Milliseconds as ticks, rounded up: a deadline is never early. */
static inline uint32_t
wheel_ticks(int64_t ms)
{
	return (uint32_t)((ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS);
}

/* The earlier of two moments, of which 0 is none. */
static inline uint32_t
wheel_earlier(uint32_t a, uint32_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* A duration after a moment; none without both. */
static inline uint32_t
wheel_after(uint32_t since, int64_t ms)
{
	return since == 0 || ms == 0 ? 0 : since + wheel_ticks(ms);
}

#endif
