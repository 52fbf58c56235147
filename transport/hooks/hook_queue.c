#include "transport/hooks/hook_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct hook_event *
hook_event_of(struct list *link)
{
	return LIST_OWNER(link, struct hook_event, link);
}

void
hook_queue_init(struct hook_queue *queue, size_t most)
{
	*queue = (struct hook_queue){ .most = most };
	list_init(&queue->events);
}

void
hook_queue_fini(struct hook_queue *queue)
{
	hook_queue_remove(queue, queue->count);
}

bool
hook_queue_has_space(const struct hook_queue *queue, size_t len)
{
	size_t size = sizeof(struct hook_event) + len;

	return size <= queue->most && queue->bytes <= queue->most - size;
}

bool
hook_queue_add(struct hook_queue *queue, struct str text, struct str room,
    uint64_t lsn, int64_t now_ms)
{
	size_t size = sizeof(struct hook_event) + text.len + room.len;
	struct hook_event *event;

	if (!hook_queue_has_space(queue, text.len + room.len))
		return false;
	event = malloc(size);
	if (event == NULL)
		return false;
	event->lsn = lsn;
	event->at_ms = now_ms;
	event->len = text.len;
	event->room_len = room.len;
	str_put(str_put(event->text, text), room);
	list_append(&queue->events, &event->link);
	queue->count++;
	queue->bytes += size;
	return true;
}

void
hook_queue_lose(struct hook_queue *queue, uint64_t count, uint64_t lsn)
{
	queue->lost += count;
	if (lsn > queue->lost_lsn)
		queue->lost_lsn = lsn;
}

const struct hook_event *
hook_queue_first(const struct hook_queue *queue)
{
	return queue->count == 0 ? NULL : hook_event_of(queue->events.next);
}

const struct hook_event *
hook_queue_next(const struct hook_queue *queue, const struct hook_event *event)
{
	struct list *next = event->link.next;

	return next == &queue->events ? NULL : hook_event_of(next);
}

static void
hook_event_remove(struct hook_queue *queue, struct hook_event *event)
{
	list_remove(&event->link);
	queue->count--;
	queue->bytes -= sizeof(*event) + event->len + event->room_len;
	free(event);
}

uint64_t
hook_queue_remove(struct hook_queue *queue, size_t count)
{
	uint64_t highest = 0;

	assert(count <= queue->count);
	for (; count > 0; count--) {
		struct hook_event *event = hook_event_of(queue->events.next);

		if (event->lsn > highest)
			highest = event->lsn;
		hook_event_remove(queue, event);
	}
	return highest;
}

void
hook_queue_remove_room(struct hook_queue *queue, size_t first, struct str room)
{
	struct list *at = queue->events.next;

	assert(first <= queue->count && room.len > 0);
	for (; first > 0; first--)
		at = at->next;
	while (at != &queue->events) {
		struct hook_event *event = hook_event_of(at);

		at = at->next;
		if (str_equal(str_slice(event->text + event->len,
				  event->room_len),
			room))
			hook_event_remove(queue, event);
	}
}
