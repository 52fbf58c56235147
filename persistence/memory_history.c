#include "persistence/memory_history.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/id_map.h"
#include "domain/list.h"
#include "persistence/message_ring.h"

/* What was said in one room. */
struct room_log {
	struct list in_rooms;
	struct message_ring ring;
	struct id_map by_key; /* only the messages that have one */
	int64_t ttl_ms;
	int64_t last_at_ms;
	size_t message_bytes;
	size_t own_bytes; /* this block, the ring, the map */
	size_t room_len;
	char room[]; /* id, without NUL */
};

struct memory_history {
	struct history base;
	const struct history_limits *limits;
	struct id_map logs;
	struct list mortal_rooms; /* with a life of their own for messages */
	struct list other_rooms;
	struct list in_order; /* the messages of all rooms */
	size_t bytes;
};

static struct memory_history *
self_of(struct history *base)
{
	return (struct memory_history *)base;
}

static struct str
log_key(const void *entry)
{
	const struct room_log *log = entry;

	return str_slice(log->room, log->room_len);
}

static struct str
message_key(const void *kept)
{
	return kept_message_key(kept);
}

static struct room_log *
find_log(struct memory_history *self, struct str room)
{
	return id_map_find(&self->logs, room);
}

/* Whenever the ring or the map may have changed their size. */
static void
account(struct memory_history *self, struct room_log *log)
{
	size_t own_bytes = sizeof(*log) + log->room_len +
			   message_ring_bytes(&log->ring) +
			   id_map_bytes(&log->by_key);

	self->bytes += own_bytes - log->own_bytes;
	log->own_bytes = own_bytes;
}

static struct kept_message *
oldest_of_all(const struct memory_history *self)
{
	return LIST_OWNER(self->in_order.next, struct kept_message, in_order);
}

static void
drop_oldest(struct memory_history *self, struct room_log *log)
{
	struct kept_message *kept = message_ring_pop(&log->ring);
	struct str key = kept_message_key(kept);
	size_t bytes = kept_message_bytes(kept);

	/* The key may lead to a later message by now. */
	if (key.len > 0 && id_map_find(&log->by_key, key) == kept)
		id_map_remove(&log->by_key, key);
	list_remove(&kept->in_order);
	log->message_bytes -= bytes;
	self->bytes -= bytes;
	free(kept);
	account(self, log);
}

/* Messages of this time and earlier ones are too old. INT64_MIN: none is. */
static int64_t
expired_at(int64_t life_ms, int64_t now_ms)
{
	return life_ms > 0 ? now_ms - life_ms : INT64_MIN;
}

static int64_t
life_of(const struct memory_history *self, const struct room_log *log)
{
	int64_t age_ms = self->limits->age_ms;

	if (log->ttl_ms == 0 || (age_ms > 0 && age_ms < log->ttl_ms))
		return age_ms;
	return log->ttl_ms;
}

/* last + 1 if there is nothing to be shown. */
static uint64_t
first_shown(const struct memory_history *self, const struct room_log *log,
    int64_t now_ms)
{
	return message_ring_seek(&log->ring,
	    expired_at(life_of(self, log), now_ms));
}

static enum chat_error
open_room(struct history *base, struct str room, int64_t ttl_ms)
{
	struct memory_history *self = self_of(base);
	struct room_log *log;

	if (find_log(self, room) != NULL)
		return CHAT_ROOM_EXISTS;
	log = malloc(sizeof(*log) + room.len);
	if (log == NULL)
		return CHAT_UNAVAILABLE;
	*log = (struct room_log){ .ttl_ms = ttl_ms, .room_len = room.len };
	memcpy(log->room, room.data, room.len);
	message_ring_init(&log->ring);
	id_map_init(&log->by_key, message_key);
	if (!id_map_put(&self->logs, log)) {
		free(log);
		return CHAT_UNAVAILABLE;
	}
	list_append(ttl_ms > 0 ? &self->mortal_rooms : &self->other_rooms,
	    &log->in_rooms);
	account(self, log);
	return CHAT_OK;
}

static void
close_log(struct memory_history *self, struct room_log *log)
{
	while (message_ring_count(&log->ring) > 0)
		drop_oldest(self, log);
	message_ring_fini(&log->ring);
	id_map_fini(&log->by_key);
	id_map_remove(&self->logs, log_key(log));
	list_remove(&log->in_rooms);
	self->bytes -= log->own_bytes;
	free(log);
}

static void
close_room(struct history *base, struct str room)
{
	struct memory_history *self = self_of(base);
	struct room_log *log = find_log(self, room);

	if (log != NULL)
		close_log(self, log);
}

/* A key that is there already leads to the later message from now on. */
static bool
index_key(struct room_log *log, struct kept_message *kept)
{
	if (kept->key_len == 0)
		return true;
	if (id_map_find(&log->by_key, kept_message_key(kept)) == NULL)
		return id_map_put(&log->by_key, kept);
	id_map_replace(&log->by_key, kept);
	return true;
}

static bool
exceeds_limits(const struct memory_history *self, const struct room_log *log)
{
	const struct history_limits *limits = self->limits;

	return (limits->messages > 0 &&
		   message_ring_count(&log->ring) > limits->messages) ||
	       (limits->bytes > 0 && log->message_bytes > limits->bytes);
}

/* Nothing but the newest message is safe. */
static void
keep_within_limits(struct memory_history *self, struct room_log *log)
{
	const struct kept_message *newest =
	    message_ring_at(&log->ring, log->ring.last);
	size_t total_bytes = self->limits->total_bytes;

	while (message_ring_count(&log->ring) > 1 && exceeds_limits(self, log))
		drop_oldest(self, log);
	while (total_bytes > 0 && self->bytes > total_bytes &&
	       oldest_of_all(self) != newest)
		drop_oldest(self, oldest_of_all(self)->log);
}

static enum chat_error
append(struct history *base, struct str room, struct message *message)
{
	struct memory_history *self = self_of(base);
	struct room_log *log = find_log(self, room);
	struct kept_message *kept;
	bool is_kept;

	if (log == NULL)
		return CHAT_ROOM_NOT_FOUND;
	kept = kept_message_create(message);
	if (kept == NULL)
		return CHAT_UNAVAILABLE;
	is_kept = message_ring_reserve(&log->ring) && index_key(log, kept);
	account(self, log);
	if (!is_kept) {
		free(kept);
		return CHAT_UNAVAILABLE;
	}
	if (kept->at_ms < log->last_at_ms)
		kept->at_ms = log->last_at_ms;
	kept->log = log;
	message_ring_push(&log->ring, kept);
	list_append(&self->in_order, &kept->in_order);
	log->last_at_ms = kept->at_ms;
	log->message_bytes += kept_message_bytes(kept);
	self->bytes += kept_message_bytes(kept);
	message->seq = kept->seq;
	message->lsn = kept->lsn;
	message->at_ms = kept->at_ms;
	keep_within_limits(self, log);
	return CHAT_OK;
}

static bool
find_key(struct history *base, struct str room, struct str key, int64_t now_ms,
    struct message *out)
{
	struct memory_history *self = self_of(base);
	const struct room_log *log = find_log(self, room);
	const struct kept_message *kept;

	if (log == NULL)
		return false;
	kept = id_map_find(&log->by_key, key);
	if (kept == NULL ||
	    kept->at_ms <= expired_at(life_of(self, log), now_ms))
		return false;
	kept_message_show(kept, out);
	return true;
}

static enum chat_error
span(struct history *base, struct str room, int64_t now_ms,
    struct history_span *out)
{
	struct memory_history *self = self_of(base);
	const struct room_log *log = find_log(self, room);

	if (log == NULL)
		return CHAT_ROOM_NOT_FOUND;
	out->first = first_shown(self, log, now_ms);
	out->last = log->ring.last;
	out->last_at_ms = log->last_at_ms;
	out->lsn = 0;
	if (out->first <= out->last)
		out->lsn = message_ring_at(&log->ring, out->last)->lsn;
	return CHAT_OK;
}

static void
each(struct history *base, struct str room, uint64_t from_seq, int64_t now_ms,
    history_visit *visit, void *arg)
{
	struct memory_history *self = self_of(base);
	const struct room_log *log = find_log(self, room);
	struct message message;
	uint64_t seq;

	if (log == NULL)
		return;
	seq = first_shown(self, log, now_ms);
	if (seq < from_seq)
		seq = from_seq;
	for (; seq <= log->ring.last; seq++) {
		kept_message_show(message_ring_at(&log->ring, seq), &message);
		if (!visit(&message, arg))
			return;
	}
}

/*
 * Rooms without a life of their own need no visit: their messages grow too
 * old in order of arrival. One that came while the clock was ahead delays
 * those behind it, which are not shown any more all the same.
 */
static void
expire(struct history *base, int64_t now_ms)
{
	struct memory_history *self = self_of(base);
	const struct list *mortals = &self->mortal_rooms;
	int64_t limit_ms = expired_at(self->limits->age_ms, now_ms);

	for (struct list *at = mortals->next; at != mortals; at = at->next) {
		struct room_log *log =
		    LIST_OWNER(at, struct room_log, in_rooms);
		uint64_t first = first_shown(self, log, now_ms);

		while (log->ring.first < first)
			drop_oldest(self, log);
	}
	while (!list_is_empty(&self->in_order) &&
	       oldest_of_all(self)->at_ms <= limit_ms)
		drop_oldest(self, oldest_of_all(self)->log);
}

static size_t
bytes(struct history *base)
{
	return self_of(base)->bytes;
}

static void
close_all(struct memory_history *self, struct list *rooms)
{
	while (!list_is_empty(rooms))
		close_log(self,
		    LIST_OWNER(rooms->next, struct room_log, in_rooms));
}

static void
destroy(struct history *base)
{
	struct memory_history *self = self_of(base);

	close_all(self, &self->mortal_rooms);
	close_all(self, &self->other_rooms);
	assert(self->bytes == 0);
	id_map_fini(&self->logs);
	free(self);
}

static const struct history_ops ops = {
	.open = open_room,
	.close = close_room,
	.append = append,
	.find_key = find_key,
	.span = span,
	.each = each,
	.expire = expire,
	.bytes = bytes,
	.destroy = destroy,
};

struct history *
memory_history_create(const struct history_limits *limits)
{
	struct memory_history *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &ops;
	list_init(&self->mortal_rooms);
	list_init(&self->other_rooms);
	list_init(&self->in_order);
	self->limits = limits;
	id_map_init(&self->logs, log_key);
	return &self->base;
}
