#include "transport/wheel.h"

#include <stddef.h>

static void
list_init(struct wheel_node *head)
{
	head->prev = head->next = head;
}

static void
list_append(struct wheel_node *head, struct wheel_node *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* Everything from one list to another, which becomes its whole content. */
static void
list_move(struct wheel_node *from, struct wheel_node *to)
{
	list_init(to);
	if (from->next == from)
		return;
	to->next = from->next;
	to->prev = from->prev;
	to->next->prev = to;
	to->prev->next = to;
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
	list_append(&wheel->slots[due % WHEEL_SLOTS], node);
}

void
wheel_cancel(struct wheel_node *node)
{
	if (!wheel_is_scheduled(node))
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->prev = node->next = NULL;
}

static void
fire_slot(struct wheel_node *slot, uint32_t now, wheel_fire *fire, void *arg)
{
	struct wheel_node pending;

	list_move(slot, &pending);
	while (pending.next != &pending) {
		struct wheel_node *node = pending.next;

		wheel_cancel(node);
		if (node->due > now)
			list_append(slot, node); /* a later round's */
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
