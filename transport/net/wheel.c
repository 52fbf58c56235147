#include "transport/net/wheel.h"

#include <stddef.h>

/* Everything from one list to another, which becomes its whole content. */
static void
list_move(struct list *from, struct list *to)
{
	list_init(to);
	if (list_is_empty(from))
		return;
	list_insert_after(from->previous, to);
	list_remove(from);
	list_init(from);
}

void
wheel_init(struct wheel *wheel)
{
	wheel->now = 0;
	for (size_t i = 0; i < WHEEL_SLOTS; i++)
		list_init(&wheel->slots[i]);
}

void
wheel_schedule(struct wheel *wheel, struct wheel_node *node, uint32_t due)
{
	wheel_cancel(node);
	if (due <= wheel->now)
		due = wheel->now + 1;
	node->due = due;
	list_append(&wheel->slots[due % WHEEL_SLOTS], &node->link);
}

void
wheel_cancel(struct wheel_node *node)
{
	if (!wheel_is_scheduled(node))
		return;
	list_remove(&node->link);
	node->link = (struct list){ NULL, NULL };
}

static void
fire_slot(struct list *slot, uint32_t now, wheel_fire *fire, void *arg)
{
	struct list pending;

	list_move(slot, &pending);
	while (!list_is_empty(&pending)) {
		struct wheel_node *node =
		    LIST_OWNER(pending.next, struct wheel_node, link);

		wheel_cancel(node);
		if (node->due > now)
			list_append(slot, &node->link); /* a later round's */
		else
			fire(node, arg);
	}
}

void
wheel_advance(struct wheel *wheel, uint32_t now, wheel_fire *fire, void *arg)
{
	uint32_t from = wheel->now + 1;

	if (now <= wheel->now)
		return;
	/* After a long sleep each slot is looked at once, not once a tick. */
	if (now - wheel->now > WHEEL_SLOTS)
		from = now - WHEEL_SLOTS + 1;
	wheel->now = now;
	for (uint32_t tick = from; tick <= now; tick++)
		fire_slot(&wheel->slots[tick % WHEEL_SLOTS], now, fire, arg);
}
