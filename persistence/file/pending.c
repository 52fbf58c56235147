#include "persistence/file/pending.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>

#include "domain/event_copy.h"

struct lane {
	size_t count; /* of what is held in it */
	size_t room_len;
	char room[];
};

static struct str
lane_key(const void *entry)
{
	const struct lane *lane = entry;

	return str_slice(lane->room, lane->room_len);
}

void
held_queue_init(struct held_queue *queue)
{
	list_init(&queue->all);
	id_map_init(&queue->lanes, lane_key);
	belt_init(&queue->belt);
	queue->bytes = 0;
}

void
held_queue_fini(struct held_queue *queue)
{
	struct held *held;

	while ((held = held_queue_first(queue)) != NULL)
		held_queue_remove(queue, held);
	assert(queue->bytes == 0 && id_map_count(&queue->lanes) == 0);
	id_map_fini(&queue->lanes);
	belt_fini(&queue->belt);
}

static struct held *
owner_of(const struct held_queue *queue, struct list *link)
{
	return link != &queue->all ? LIST_OWNER(link, struct held, link) : NULL;
}

struct held *
held_queue_first(const struct held_queue *queue)
{
	return owner_of(queue, queue->all.next);
}

struct held *
held_queue_next(const struct held_queue *queue, const struct held *held)
{
	return owner_of(queue, held->link.next);
}

bool
held_queue_concerns(const struct held_queue *queue, struct str room)
{
	return id_map_count(&queue->lanes) > 0 && room.len > 0 &&
	       id_map_find(&queue->lanes, room) != NULL;
}

/* Finds the room's lane, or makes one. NULL: no memory. */
static struct lane *
need_lane(struct held_queue *queue, struct str room)
{
	struct lane *lane = id_map_find(&queue->lanes, room);

	if (lane != NULL)
		return lane;
	lane = malloc(sizeof(*lane) + room.len);
	if (lane == NULL)
		return NULL;
	*lane = (struct lane){ .room_len = room.len };
	memcpy(lane->room, room.data, room.len);
	if (id_map_put(&queue->lanes, lane))
		return lane;
	free(lane);
	return NULL;
}

static struct str
keep_text(struct str text, char **end)
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
	return aligned(sizeof(struct held) + audience->member_id.len +
		       audience->room.len + audience->except.len);
}

static struct held *
held_create(struct held_queue *queue, const struct audience *audience,
    size_t size)
{
	struct held *held = belt_put(&queue->belt, size);
	char *end;

	if (held == NULL)
		return NULL;
	*held = (struct held){ .bytes = size };
	end = held->texts;
	held->audience = (struct audience){ .kind = audience->kind,
		.member_id = keep_text(audience->member_id, &end),
		.room = keep_text(audience->room, &end),
		.except = keep_text(audience->except, &end) };
	return held;
}

static bool
has_place(const struct held_queue *queue, size_t size, size_t most)
{
	return size <= most && queue->bytes <= most - size;
}

/* Takes the thing; removes it if there is no memory for its lane. */
static struct held *
add(struct held_queue *queue, struct held *held, struct str room)
{
	if (room.len > 0) {
		held->lane = need_lane(queue, room);
		if (held->lane == NULL) {
			belt_remove(&queue->belt, held);
			return NULL;
		}
		held->lane->count++;
	}
	list_append(&queue->all, &held->link);
	queue->bytes += held->bytes;
	return held;
}

struct held *
held_queue_add_event(struct held_queue *queue, const struct event *event,
    const struct audience *audience, size_t most)
{
	size_t before = size_for(audience), size = before + event_size(event);
	struct held *held;

	if (!has_place(queue, size, most))
		return NULL;
	held = held_create(queue, audience, size);
	if (held == NULL)
		return NULL;
	held->kind = HELD_EVENT;
	held->lsn = event->lsn;
	held->event = event_copy(event, (char *)held + before);
	return add(queue, held, event->room);
}

struct held *
held_queue_add_move(struct held_queue *queue, enum held_kind kind,
    struct str member_id, struct str room, size_t most)
{
	struct audience audience = {
		.kind = AUDIENCE_ONE, .member_id = member_id, .room = room
	};
	size_t size = size_for(&audience);
	struct held *held;

	if (!has_place(queue, size, most))
		return NULL;
	held = held_create(queue, &audience, size);
	if (held == NULL)
		return NULL;
	held->kind = kind;
	return add(queue, held, room);
}

static void
leave_lane(struct held_queue *queue, struct lane *lane)
{
	if (--lane->count > 0)
		return;
	id_map_remove(&queue->lanes, lane_key(lane));
	free(lane);
}

void
held_queue_remove(struct held_queue *queue, struct held *held)
{
	if (held->lane != NULL)
		leave_lane(queue, held->lane);
	list_remove(&held->link);
	queue->bytes -= held->bytes;
	belt_remove(&queue->belt, held);
}
