/*
 * Eviction: which messages are dropped when there is too much.
 *
 *  - A room beyond its own limits loses its oldest messages.
 *  - If all rooms together hold too much, the largest room loses its oldest
 *    message: a room below its fair share loses none.
 *  - Rooms that are not persistent are sure of a quarter of the total; above
 *    that they lose messages before persistent rooms.
 *
 * Keys of evicted messages are kept for a while.
 */
#include <assert.h>
#include <stdlib.h>

#include "persistence/memory/memory_history_internal.h"

/* The part of the total that rooms which are not persistent are sure of. */
#define ONE_OFF_SHARE 4

/* The part of the total that keys of evicted messages may take. */
#define KEYS_SHARE 8
#define KEYS_MOST ((size_t)32 << 20) /* if the total is not limited */

/* --- keys ----------------------------------------------------------------- */

/*
 * The key of an evicted message, so that a retry is not stored again. A message
 * with the key as its only text follows in the same block.
 */
struct evicted_key {
	struct list in_order; /* of eviction */
	struct list in_room;
	struct kept_message *message;
	size_t bytes;
};

static void
key_forget(struct memory_history *self, struct evicted_key *evicted)
{
	struct room_log *log = evicted->message->log;
	struct str key = kept_message_key(evicted->message);

	/* A later message may have the key by now. */
	if (id_map_find(&log->by_key, key) == evicted->message)
		id_map_remove(&log->by_key, key);
	list_remove(&evicted->in_order);
	list_remove(&evicted->in_room);
	self->bytes -= evicted->bytes;
	self->evicted_key_bytes -= evicted->bytes;
	free(evicted);
	memory_history_account(self, log);
}

static struct evicted_key *
key_oldest(const struct memory_history *self)
{
	return LIST_OWNER(self->evicted_keys.next, struct evicted_key,
	    in_order);
}

static struct evicted_key *
key_create(struct room_log *log, const struct message *message)
{
	struct str key = message->key;
	size_t bytes =
	    sizeof(struct evicted_key) + sizeof(struct kept_message) + key.len;
	struct evicted_key *evicted = malloc(bytes);

	if (evicted == NULL)
		return NULL;
	evicted->bytes = bytes;
	evicted->message = (struct kept_message *)(void *)(evicted + 1);
	*evicted->message = (struct kept_message){ .log = log,
		.seq = message->seq,
		.at_ms = message->at_ms,
		.key_len = (uint16_t)key.len,
		.state = KEPT_KEY };
	memcpy(evicted->message->texts, key.data, key.len);
	return evicted;
}

static size_t
keys_most(const struct memory_history *self)
{
	size_t total_bytes = self->limits->total_bytes;

	return total_bytes > 0 ? total_bytes / KEYS_SHARE : KEYS_MOST;
}

/* The key is in the map already. */
static void
key_add(struct memory_history *self, struct evicted_key *evicted)
{
	list_append(&self->evicted_keys, &evicted->in_order);
	list_append(&evicted->message->log->evicted_keys, &evicted->in_room);
	self->bytes += evicted->bytes;
	self->evicted_key_bytes += evicted->bytes;
	while (self->evicted_key_bytes > keys_most(self))
		key_forget(self, key_oldest(self));
}

/* Without memory the key is dropped with its message. */
static void
key_keep(struct memory_history *self, const struct kept_message *kept,
    int64_t now_ms)
{
	struct room_log *log = kept->log;
	struct evicted_key *evicted;
	struct message message;

	kept_message_show(kept, &message);
	if (message.key.len == 0 ||
	    id_map_find(&log->by_key, message.key) != kept ||
	    kept->at_ms <= now_ms - self->limits->key_age_ms)
		return;
	evicted = key_create(log, &message);
	if (evicted == NULL)
		return;
	id_map_replace(&log->by_key, evicted->message);
	key_add(self, evicted);
}

enum chat_error
memory_history_put_key(struct history *base, struct str room,
    const struct message *message)
{
	struct memory_history *self = memory_history_of(base);
	struct room_log *log = memory_history_find(base, room);
	struct evicted_key *evicted;

	assert(message->key.len > 0);
	if (log == NULL)
		return CHAT_ROOM_NOT_FOUND;
	if (id_map_find(&log->by_key, message->key) != NULL)
		return CHAT_OK;
	evicted = key_create(log, message);
	if (evicted == NULL)
		return CHAT_UNAVAILABLE;
	if (!id_map_put(&log->by_key, evicted->message)) {
		free(evicted);
		return CHAT_UNAVAILABLE;
	}
	memory_history_account(self, log);
	key_add(self, evicted);
	return CHAT_OK;
}

static const struct kept_message *
key_message(const struct list *in_room)
{
	return LIST_OWNER(in_room, struct evicted_key, in_room)->message;
}

/* The latest are the last. */
void
memory_history_each_key(struct history *base, struct str room,
    uint64_t after_seq, history_visit *visit, void *arg)
{
	const struct room_log *log = memory_history_find(base, room);
	const struct list *all, *at;
	struct message message;

	if (log == NULL)
		return;
	all = &log->evicted_keys;
	at = all->previous;
	while (at != all && key_message(at)->seq > after_seq)
		at = at->previous;
	for (at = at->next; at != all; at = at->next) {
		kept_message_show(key_message(at), &message);
		if (!visit(&message, arg))
			return;
	}
}

void
memory_history_expire_keys(struct memory_history *self, int64_t now_ms)
{
	int64_t limit_ms = now_ms - self->limits->key_age_ms;

	while (!list_is_empty(&self->evicted_keys) &&
	       key_oldest(self)->message->at_ms <= limit_ms)
		key_forget(self, key_oldest(self));
}

void
memory_history_forget_keys(struct memory_history *self, struct room_log *log)
{
	while (!list_is_empty(&log->evicted_keys))
		key_forget(self, LIST_OWNER(log->evicted_keys.next,
				     struct evicted_key, in_room));
}

/* --- messages ------------------------------------------------------------- */

struct room_sizes *
memory_history_sizes(struct memory_history *self, const struct room_log *log)
{
	return log->is_persistent ? &self->persistent : &self->one_off;
}

static void
oldest_evict(struct memory_history *self, struct room_log *log, int64_t now_ms)
{
	const struct kept_message *oldest = message_ring_at(&log->ring, 0);

	if (!memory_history_is_expired(self, log, oldest, now_ms))
		log->evicted = oldest->seq;
	key_keep(self, oldest, now_ms);
	memory_history_drop_oldest(self, log);
}

static bool
room_exceeds_limits(const struct memory_history *self,
    const struct room_log *log)
{
	const struct history_limits *limits = self->limits;

	return (limits->messages > 0 && log->ring.count > limits->messages) ||
	       (limits->bytes > 0 && log->size.bytes > limits->bytes);
}

/* The room that loses a message next. NULL: the newest is the only message. */
static struct room_log *
room_to_shrink(const struct memory_history *self, const struct room_log *newest)
{
	const struct room_size *but =
	    newest->ring.count == 1 ? &newest->size : NULL;
	bool one_off_first =
	    self->one_off.bytes > self->limits->total_bytes / ONE_OFF_SHARE;
	struct room_size *size =
	    room_sizes_largest(one_off_first ? &self->one_off
					     : &self->persistent,
		but);

	if (size == NULL)
		size = room_sizes_largest(one_off_first ? &self->persistent
							: &self->one_off,
		    but);
	return size != NULL ? LIST_OWNER(size, struct room_log, size) : NULL;
}

void
memory_history_make_space(struct memory_history *self, struct room_log *log)
{
	int64_t now_ms = log->last_at_ms;
	size_t total_bytes = self->limits->total_bytes;
	struct room_log *largest;

	assert(log->ring.count > 0);
	while (log->ring.count > 1 && room_exceeds_limits(self, log))
		oldest_evict(self, log, now_ms);
	while (total_bytes > 0 && self->bytes > total_bytes &&
	       (largest = room_to_shrink(self, log)) != NULL)
		oldest_evict(self, largest, now_ms);
}

void
memory_history_shrink(struct history *base, struct str room,
    const struct history_span *span)
{
	struct memory_history *self = memory_history_of(base);
	struct room_log *log = memory_history_find(base, room);

	if (log == NULL)
		return;
	while (log->ring.count > 0 &&
	       message_ring_number(&log->ring, 0) < span->first) {
		if (message_ring_number(&log->ring, 0) <= span->evicted)
			oldest_evict(self, log, log->last_at_ms);
		else
			memory_history_drop_oldest(self, log);
	}
}
