#include "persistence/compaction/live_set.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "domain/base/array.h"

static struct str
live_room_key(const void *entry)
{
	const struct live_set_room *room = entry;

	return str_slice(room->id, room->id_len);
}

static struct str
attribute_key(const void *entry)
{
	const struct live_attribute *attribute = entry;

	return str_slice(attribute->key, attribute->key_len);
}

void
live_set_init(struct live_set *live, const struct history_limits *limits,
    int64_t now_ms)
{
	*live = (struct live_set){ .limits = limits, .now_ms = now_ms };
	id_map_init(&live->rooms, live_room_key);
	list_init(&live->all);
}

struct live_set_room *
live_set_find(const struct live_set *live, struct str id)
{
	return id_map_find(&live->rooms, id);
}

/* Finds the room, or adds it: this is its first record. NULL: no memory. */
static struct live_set_room *
live_room_need(struct live_set *live, struct str id, uint64_t lsn)
{
	struct live_set_room *room = live_set_find(live, id);

	if (room != NULL)
		return room;
	assert(id.len < ROOM_ID_SIZE);
	room = malloc(sizeof(*room) + id.len);
	if (room == NULL)
		return NULL;
	*room =
	    (struct live_set_room){ .born = lsn, .id_len = (uint8_t)id.len };
	memcpy(room->id, id.data, id.len);
	if (!id_map_put(&live->rooms, room)) {
		free(room);
		return NULL;
	}
	id_map_init(&room->attributes, attribute_key);
	list_init(&room->all_attributes);
	list_append(&live->all, &room->link);
	return room;
}

static void
attribute_remove(struct live_set_room *room, struct live_attribute *attribute)
{
	id_map_remove(&room->attributes, attribute_key(attribute));
	list_remove(&attribute->link);
	free(attribute);
}

static void
live_room_remove(struct live_set *live, struct live_set_room *room)
{
	struct list *attributes = &room->all_attributes;

	while (!list_is_empty(attributes))
		attribute_remove(room,
		    LIST_OWNER(attributes->next, struct live_attribute, link));
	id_map_fini(&room->attributes);
	id_map_remove(&live->rooms, live_room_key(room));
	list_remove(&room->link);
	free(room->payload);
	free(room->messages);
	free(room);
}

void
live_set_fini(struct live_set *live)
{
	while (!list_is_empty(&live->all))
		live_room_remove(live,
		    LIST_OWNER(live->all.next, struct live_set_room, link));
	id_map_fini(&live->rooms);
	lost_list_fini(&live->lost);
}

/* --- messages of a room --------------------------------------------------- */

static struct live_message *
room_oldest(const struct live_set_room *room)
{
	return &room->messages[room->head];
}

static void
room_drop_oldest(struct live_set_room *room)
{
	const struct live_message *message = room_oldest(room);

	assert(room->count > 0);
	room->trimmed = message->seq;
	room->trimmed_ms = message->at_ms;
	room->bytes -= message->bytes;
	room->head++;
	room->count--;
}

/* Moves the messages to the front before the array grows. */
static bool
room_reserve(struct live_set_room *room)
{
	struct live_message *messages;

	if (room->head + room->count < room->capacity)
		return true;
	if (room->head > room->capacity / 2) {
		memmove(room->messages, room_oldest(room),
		    room->count * sizeof(*room->messages));
		room->head = 0;
		return true;
	}
	messages = array_grow(room->messages, room->capacity, &room->capacity,
	    sizeof(*messages));
	if (messages == NULL)
		return false;
	room->messages = messages;
	return true;
}

static bool
room_exceeds(const struct live_set_room *room,
    const struct history_limits *limits)
{
	return (limits->messages > 0 && room->count > limits->messages) ||
	       (limits->bytes > 0 && room->bytes > limits->bytes);
}

/* Whether a retry must still be known, though its message may be evicted. */
static bool
key_is_live(const struct live_set *live, const struct live_message *message)
{
	return message->has_key &&
	       message->at_ms > live->now_ms - live->limits->key_age_ms;
}

static void
room_drop_excess(const struct live_set *live, struct live_set_room *room)
{
	while (room->count > 1 && room_exceeds(room, live->limits) &&
	       !key_is_live(live, room_oldest(room)))
		room_drop_oldest(room);
}

/* NULL: the room does not have it. */
static struct live_message *
room_message(const struct live_set_room *room, uint64_t seq)
{
	size_t begin = room->head, end = room->head + room->count;

	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (room->messages[middle].seq == seq)
			return &room->messages[middle];
		if (room->messages[middle].seq < seq)
			begin = middle + 1;
		else
			end = middle;
	}
	return NULL;
}

static void
message_set_body(struct live_set_room *room, struct live_message *message,
    size_t body_bytes)
{
	room->bytes += body_bytes - message->body_bytes;
	message->bytes += body_bytes - message->body_bytes;
	message->body_bytes = (uint32_t)body_bytes;
	message->is_bare = true;
}

/* --- records -------------------------------------------------------------- */

static int
live_room_add(struct live_set *live, const struct record *record)
{
	struct live_set_room *found;
	struct room room;
	char *payload;

	if (!room_payload_read(record->payload, &room))
		return EIO;
	found = live_room_need(live, str_from(room.id), record->lsn);
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
room_gone_add(struct live_set *live, const struct record *record)
{
	struct live_set_room *room;
	struct str id;

	if (!room_gone_payload_read(record->payload, &id))
		return EIO;
	room = live_set_find(live, id);
	if (room != NULL)
		live_room_remove(live, room);
	return 0;
}

/*
 * Counts a message as smaller than the history does, never as larger: what the
 * history would keep must not be dropped here.
 */
static int
message_add(struct live_set *live, const struct record *record)
{
	struct live_set_room *room;
	struct message message;
	struct str id;
	size_t bytes;

	if (!message_payload_read(record->payload, &id, &message) ||
	    id.len >= ROOM_ID_SIZE)
		return EIO;
	room = live_room_need(live, id, record->lsn);
	if (room == NULL || !room_reserve(room))
		return ENOMEM;
	if (message.seq <= room->last)
		return 0;
	bytes = message.body.len + message.author.len + message.author_id.len +
		message.key.len;
	room->messages[room->head + room->count++] =
	    (struct live_message){ .seq = message.seq,
		    .at_ms = message.at_ms,
		    .bytes = bytes,
		    .body_bytes = (uint32_t)message.body.len,
		    .has_key = message.key.len > 0 };
	room->last = message.seq;
	room->bytes += bytes;
	room_drop_excess(live, room);
	return 0;
}

/* NULL: no memory. */
static struct live_attribute *
attribute_create(struct live_set_room *room, struct str key)
{
	struct live_attribute *created = malloc(sizeof(*created) + key.len);

	if (created == NULL)
		return NULL;
	created->key_len = (uint8_t)key.len;
	memcpy(created->key, key.data, key.len);
	if (!id_map_put(&room->attributes, created)) {
		free(created);
		return NULL;
	}
	list_append(&room->all_attributes, &created->link);
	return created;
}

/* An empty value removes the attribute. */
static int
room_set_attribute(struct live_set_room *room,
    const struct attribute *attribute, uint64_t lsn)
{
	char buffer[ATTRIBUTE_KEY_MOST];
	struct str key = attribute_key_write(buffer, attribute);
	struct live_attribute *found = id_map_find(&room->attributes, key);

	if (attribute->value.len == 0) {
		if (found != NULL)
			attribute_remove(room, found);
		return 0;
	}
	if (found == NULL)
		found = attribute_create(room, key);
	if (found == NULL)
		return ENOMEM;
	found->lsn = lsn;
	return 0;
}

/*
 * One of a message that is not there, or is redacted, changes nothing: the
 * replay ignores it, too. A redaction makes the message's other attributes
 * dead, see live_set_has_attribute().
 */
static int
attribute_add(struct live_set *live, const struct record *record)
{
	struct live_message *message;
	struct live_set_room *room;
	struct attribute attribute;
	struct str id;
	int error;

	if (!attribute_payload_read(record->payload, &id, &attribute) ||
	    id.len >= ROOM_ID_SIZE)
		return EIO;
	room = live_room_need(live, id, record->lsn);
	if (room == NULL)
		return ENOMEM;
	if (attribute.seq == 0)
		return room_set_attribute(room, &attribute, record->lsn);
	message = room_message(room, attribute.seq);
	if (message == NULL || message->is_redacted)
		return 0;
	error = room_set_attribute(room, &attribute, record->lsn);
	if (error != 0)
		return error;
	message->is_redacted = attribute.kind == ATTRIBUTE_REDACTION;
	if (message->is_redacted || attribute.kind == ATTRIBUTE_EDIT)
		message_set_body(room, message, attribute.body.len);
	room_drop_excess(live, room);
	return 0;
}

static int
trim_add(struct live_set *live, const struct record *record)
{
	struct live_set_room *room;
	uint64_t seq;
	int64_t at_ms;
	struct str id;

	if (!trim_payload_read(record->payload, &id, &seq, &at_ms) ||
	    id.len >= ROOM_ID_SIZE)
		return EIO;
	room = live_room_need(live, id, record->lsn);
	if (room == NULL)
		return ENOMEM;
	while (room->count > 0 && room_oldest(room)->seq <= seq)
		room_drop_oldest(room);
	if (seq > room->trimmed) {
		room->trimmed = seq;
		room->trimmed_ms = at_ms;
	}
	if (seq > room->last)
		room->last = seq;
	return 0;
}

static int
lost_add(struct live_set *live, const struct record *record)
{
	struct lost_range range;

	if (!lost_payload_read(record->payload, &range))
		return EIO;
	return lost_list_add(&live->lost, &range) ? 0 : ENOMEM;
}

int
live_set_add(struct live_set *live, const struct record *record)
{
	switch (record->type) {
	case RECORD_OPEN:
		live->last_open = record->lsn;
		return 0;
	case RECORD_ROOM:
		return live_room_add(live, record);
	case RECORD_ROOM_GONE:
		return room_gone_add(live, record);
	case RECORD_MESSAGE:
	case RECORD_MESSAGE_BARE:
		live->first_open = live->last_open;
		return message_add(live, record);
	case RECORD_ATTRIBUTE:
		return attribute_add(live, record);
	case RECORD_TRIM:
		return trim_add(live, record);
	case RECORD_LOST:
		return lost_add(live, record);
	default:
		return 0;
	}
}

/* --- finishing ------------------------------------------------------------ */

static void
room_expire(struct live_set_room *room, const struct history_limits *limits,
    int64_t now_ms)
{
	int64_t life_ms = limits->age_ms;

	if (room->ttl_ms > 0 && (life_ms == 0 || room->ttl_ms < life_ms))
		life_ms = room->ttl_ms;
	while (life_ms > 0 && room->count > 0 &&
	       room_oldest(room)->at_ms <= now_ms - life_ms)
		room_drop_oldest(room);
}

void
live_set_finish(struct live_set *live)
{
	const struct list *all = &live->all;

	for (struct list *at = all->next; at != all; at = at->next)
		room_expire(LIST_OWNER(at, struct live_set_room, link),
		    live->limits, live->now_ms);
	lost_list_merge(&live->lost);
}

bool
live_set_is_bare(const struct live_set_room *room, uint64_t seq)
{
	const struct live_message *message = room_message(room, seq);

	return message != NULL && message->is_bare;
}

bool
live_set_has_attribute(const struct live_set_room *room,
    const struct attribute *attribute, uint64_t lsn)
{
	char buffer[ATTRIBUTE_KEY_MOST];
	const struct live_attribute *found = id_map_find(&room->attributes,
	    attribute_key_write(buffer, attribute));
	const struct live_message *message;

	if (found == NULL || found->lsn != lsn)
		return false;
	if (attribute->seq == 0)
		return true;
	message = room_message(room, attribute->seq);
	return message != NULL && (!message->is_redacted ||
				      attribute->kind == ATTRIBUTE_REDACTION);
}

bool
live_set_knows_lost(const struct live_set *live, uint64_t first, uint64_t last)
{
	for (size_t i = 0; i < live->lost.count; i++) {
		const struct lost_range *range = &live->lost.ranges[i];

		if (range->snapshot == 0 && range->first <= first &&
		    last <= range->last)
			return true;
	}
	return false;
}
