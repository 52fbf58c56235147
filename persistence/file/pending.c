#include "persistence/file/pending.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>

#include "domain/event_copy.h"

struct room_fifo {
	size_t count; /* of what is held in it */
	size_t room_len;
	char room[];
};

static struct str
lane_key(const void *entry)
{
	const struct room_fifo *lane = entry;

	return str_slice(lane->room, lane->room_len);
}

void
pending_queue_init(struct pending_queue *queue)
{
	list_init(&queue->all);
	id_map_init(&queue->lanes, lane_key);
	fifo_arena_init(&queue->belt);
	queue->bytes = 0;
}

void
pending_queue_fini(struct pending_queue *queue)
{
	struct pending_item *held;

	while ((held = pending_queue_first(queue)) != NULL)
		pending_queue_remove(queue, held);
	assert(queue->bytes == 0 && id_map_count(&queue->lanes) == 0);
	id_map_fini(&queue->lanes);
	fifo_arena_fini(&queue->belt);
}

static struct pending_item *
owner_of(const struct pending_queue *queue, struct list *link)
{
	return link != &queue->all ? LIST_OWNER(link, struct pending_item, link)
				   : NULL;
}

struct pending_item *
pending_queue_first(const struct pending_queue *queue)
{
	return owner_of(queue, queue->all.next);
}

struct pending_item *
pending_queue_next(const struct pending_queue *queue,
    const struct pending_item *held)
{
	return owner_of(queue, held->link.next);
}

bool
pending_queue_concerns(const struct pending_queue *queue, struct str room)
{
	return id_map_count(&queue->lanes) > 0 && room.len > 0 &&
	       id_map_find(&queue->lanes, room) != NULL;
}

/* Finds the room's lane, or makes one. NULL: no memory. */
static struct room_fifo *
need_lane(struct pending_queue *queue, struct str room)
{
	struct room_fifo *lane = id_map_find(&queue->lanes, room);

	if (lane != NULL)
		return lane;
	lane = malloc(sizeof(*lane) + room.len);
	if (lane == NULL)
		return NULL;
	*lane = (struct room_fifo){ .room_len = room.len };
	memcpy(lane->room, room.data, room.len);
	if (id_map_put(&queue->lanes, lane))
		return lane;
	free(lane);
	return NULL;
}

static struct str
scratch_text(struct str text, char **end)
{
	struct str kept = { text.data != NULL ? *end : NULL, text.len };

	if (text.len > 0)
		*end = mempcpy(*end, text.data, text.len);
	return kept;
}

/* So that an event can stand behind it. */
static size_t
aligned(size_t size)
{
	return (size + alignof(struct event) - 1) &
	       ~(alignof(struct event) - 1);
}

static size_t
size_for(const struct audience *audience)
{
	return aligned(sizeof(struct pending_item) + audience->member_id.len +
		       audience->room.len + audience->except.len);
}

static struct pending_item *
held_create(struct pending_queue *queue, const struct audience *audience,
    size_t size)
{
	struct pending_item *held = fifo_arena_put(&queue->belt, size);
	char *end;

	if (held == NULL)
		return NULL;
	*held = (struct pending_item){ .bytes = size };
	end = held->texts;
	held->audience = (struct audience){ .kind = audience->kind,
		.member_id = scratch_text(audience->member_id, &end),
		.room = scratch_text(audience->room, &end),
		.except = scratch_text(audience->except, &end) };
	return held;
}

static bool
has_place(const struct pending_queue *queue, size_t size, size_t most)
{
	return size <= most && queue->bytes <= most - size;
}

/* Takes the thing; removes it if there is no memory for its lane. */
static struct pending_item *
add(struct pending_queue *queue, struct pending_item *held, struct str room)
{
	if (room.len > 0) {
		held->lane = need_lane(queue, room);
		if (held->lane == NULL) {
			fifo_arena_remove(&queue->belt, held);
			return NULL;
		}
		held->lane->count++;
	}
	list_append(&queue->all, &held->link);
	queue->bytes += held->bytes;
	return held;
}

struct pending_item *
pending_queue_add_event(struct pending_queue *queue, const struct event *event,
    const struct audience *audience, size_t most)
{
	size_t before = size_for(audience), size = before + event_size(event);
	struct pending_item *held;

	if (!has_place(queue, size, most))
		return NULL;
	held = held_create(queue, audience, size);
	if (held == NULL)
		return NULL;
	held->kind = PENDING_EVENT;
	held->lsn = event->lsn;
	held->event = event_copy(event, (char *)held + before);
	return add(queue, held, event->room);
}

struct pending_item *
pending_queue_add_move(struct pending_queue *queue, enum pending_kind kind,
    struct str member_id, struct str room, size_t most)
{
	struct audience audience = {
		.kind = AUDIENCE_ONE, .member_id = member_id, .room = room
	};
	size_t size = size_for(&audience);
	struct pending_item *held;

	if (!has_place(queue, size, most))
		return NULL;
	held = held_create(queue, &audience, size);
	if (held == NULL)
		return NULL;
	held->kind = kind;
	return add(queue, held, room);
}

static void
leave_lane(struct pending_queue *queue, struct room_fifo *lane)
{
	if (--lane->count > 0)
		return;
	id_map_remove(&queue->lanes, lane_key(lane));
	free(lane);
}

void
pending_queue_remove(struct pending_queue *queue, struct pending_item *held)
{
	if (held->lane != NULL)
		leave_lane(queue, held->lane);
	list_remove(&held->link);
	queue->bytes -= held->bytes;
	fifo_arena_remove(&queue->belt, held);
}
