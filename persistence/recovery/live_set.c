#include "persistence/recovery/live_set.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "domain/base/array.h"

static struct str
room_key(const void *entry)
{
	const struct live_set_room *room = entry;

	return str_slice(room->id, room->id_len);
}

void
live_set_init(struct live_set *census, const struct history_limits *limits)
{
	*census = (struct live_set){ .limits = limits };
	id_map_init(&census->rooms, room_key);
	list_init(&census->all);
}

struct live_set_room *
live_set_find(const struct live_set *census, struct str id)
{
	return id_map_find(&census->rooms, id);
}

/* Finds the room, or has it born with this record. NULL: no memory. */
static struct live_set_room *
need_room(struct live_set *census, struct str id, uint64_t lsn)
{
	struct live_set_room *room = live_set_find(census, id);

	if (room != NULL)
		return room;
	assert(id.len < ROOM_ID_SIZE);
	room = malloc(sizeof(*room) + id.len);
	if (room == NULL)
		return NULL;
	*room =
	    (struct live_set_room){ .born = lsn, .id_len = (uint8_t)id.len };
	memcpy(room->id, id.data, id.len);
	if (!id_map_put(&census->rooms, room)) {
		free(room);
		return NULL;
	}
	list_append(&census->all, &room->link);
	return room;
}

static void
remove_room(struct live_set *census, struct live_set_room *room)
{
	id_map_remove(&census->rooms, room_key(room));
	list_remove(&room->link);
	free(room->payload);
	free(room->marks);
	free(room);
}

void
live_set_fini(struct live_set *census)
{
	while (!list_is_empty(&census->all))
		remove_room(census,
		    LIST_OWNER(census->all.next, struct live_set_room, link));
	id_map_fini(&census->rooms);
	free(census->lost);
}

/* --- one room's messages -------------------------------------------------- */

static struct live_set_mark *
oldest(const struct live_set_room *room)
{
	return &room->marks[room->head];
}

static void
drop_oldest(struct live_set_room *room)
{
	const struct live_set_mark *mark = oldest(room);

	room->trimmed = mark->seq;
	room->trimmed_ms = mark->at_ms;
	room->bytes -= mark->bytes;
	room->head++;
	room->count--;
}

/* What is free at the front is used before there is more at the end. */
static bool
reserve(struct live_set_room *room)
{
	struct live_set_mark *marks;

	if (room->head + room->count < room->capacity)
		return true;
	if (room->head > room->capacity / 2) {
		memmove(room->marks, oldest(room),
		    room->count * sizeof(*room->marks));
		room->head = 0;
		return true;
	}
	marks = array_grow(room->marks, room->capacity, &room->capacity,
	    sizeof(*marks));
	if (marks == NULL)
		return false;
	room->marks = marks;
	return true;
}

static bool
exceeds(const struct live_set_room *room, const struct history_limits *limits)
{
	return (limits->messages > 0 && room->count > limits->messages) ||
	       (limits->bytes > 0 && room->bytes > limits->bytes);
}

/* --- record by record ----------------------------------------------------- */

static int
add_room(struct live_set *census, const struct record *record)
{
	struct live_set_room *found;
	struct room room;
	char *payload;

	if (!room_entry_read(record->payload, &room))
		return EIO;
	found = need_room(census, str_from(room.id), record->lsn);
	payload = malloc(record->payload.len);
	if (found == NULL || payload == NULL) {
		free(payload);
		return ENOMEM;
	}
	memcpy(payload, record->payload.data, record->payload.len);
	free(found->payload);
	found->payload = payload;
	found->payload_len = record->payload.len;
	found->ttl_ms = room.ttl_ms;
	return 0;
}

static int
remove_gone(struct live_set *census, const struct record *record)
{
	struct live_set_room *room;
	struct str id;

	if (!gone_entry_read(record->payload, &id))
		return EIO;
	room = live_set_find(census, id);
	if (room != NULL)
		remove_room(census, room);
	return 0;
}

/* A message is counted as less than the history counts it, never as more. */
static int
add_message(struct live_set *census, const struct record *record)
{
	struct live_set_room *room;
	struct message message;
	struct str id;
	size_t bytes;

	if (!message_entry_read(record->payload, &id, &message) ||
	    id.len >= ROOM_ID_SIZE)
		return EIO;
	room = need_room(census, id, record->lsn);
	if (room == NULL || !reserve(room))
		return ENOMEM;
	if (message.seq <= room->last)
		return 0;
	bytes = message.body.len + message.author.len + message.author_id.len +
		message.key.len;
	room->marks[room->head + room->count++] =
	    (struct live_set_mark){ message.seq, message.at_ms, bytes };
	room->last = message.seq;
	room->bytes += bytes;
	while (room->count > 1 && exceeds(room, census->limits))
		drop_oldest(room);
	return 0;
}

static int
add_trim(struct live_set *census, const struct record *record)
{
	struct live_set_room *room;
	uint64_t seq;
	int64_t at_ms;
	struct str id;

	if (!trim_entry_read(record->payload, &id, &seq, &at_ms) ||
	    id.len >= ROOM_ID_SIZE)
		return EIO;
	room = need_room(census, id, record->lsn);
	if (room == NULL)
		return ENOMEM;
	while (room->count > 0 && oldest(room)->seq <= seq)
		drop_oldest(room);
	if (seq > room->trimmed) {
		room->trimmed = seq;
		room->trimmed_ms = at_ms;
	}
	if (seq > room->last)
		room->last = seq;
	return 0;
}

static int
add_lost(struct live_set *census, const struct record *record)
{
	struct lost_range *lost = array_grow(census->lost, census->lost_count,
	    &census->lost_capacity, sizeof(*lost));

	if (lost == NULL)
		return ENOMEM;
	census->lost = lost;
	return lost_entry_read(record->payload, &lost[census->lost_count++])
		   ? 0
		   : EIO;
}

int
live_set_add(struct live_set *census, const struct record *record)
{
	switch (record->type) {
	case RECORD_OPEN:
		census->last_open = record->lsn;
		return 0;
	case RECORD_ROOM:
		return add_room(census, record);
	case RECORD_ROOM_GONE:
		return remove_gone(census, record);
	case RECORD_MESSAGE:
		census->first_open = census->last_open;
		return add_message(census, record);
	case RECORD_TRIM:
		return add_trim(census, record);
	case RECORD_LOST:
		return add_lost(census, record);
	default:
		return 0;
	}
}

/* --- and when all was added ----------------------------------------------- */

static void
expire(struct live_set_room *room, const struct history_limits *limits,
    int64_t now_ms)
{
	int64_t life_ms = limits->age_ms;

	if (room->ttl_ms > 0 && (life_ms == 0 || room->ttl_ms < life_ms))
		life_ms = room->ttl_ms;
	while (life_ms > 0 && room->count > 0 &&
	       oldest(room)->at_ms <= now_ms - life_ms)
		drop_oldest(room);
}

void
live_set_finish(struct live_set *census, int64_t now_ms)
{
	const struct list *all = &census->all;

	for (struct list *at = all->next; at != all; at = at->next)
		expire(LIST_OWNER(at, struct live_set_room, link),
		    census->limits, now_ms);
}

bool
live_set_knows_lost(const struct live_set *census, uint64_t first,
    uint64_t last)
{
	for (size_t i = 0; i < census->lost_count; i++)
		if (census->lost[i].first <= first &&
		    last <= census->lost[i].last)
			return true;
	return false;
}
