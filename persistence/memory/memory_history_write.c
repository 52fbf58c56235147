/* How messages come into a history in memory, and the newest out again. */
#include <assert.h>
#include <stdlib.h>

#include "persistence/memory/memory_history_internal.h"

static struct memory_history *
self_of(struct history *base)
{
	return (struct memory_history *)base;
}

/* What may fail is done first: a place in the ring, and one for the key. */
static bool
reserve(struct memory_history *self, struct room_log *log,
    struct kept_message *kept)
{
	struct str key = kept_message_key(kept);
	bool is_ready;

	is_ready = message_ring_reserve(&log->ring) &&
		   (key.len == 0 || id_map_find(&log->by_key, key) != NULL ||
		       id_map_put(&log->by_key, kept));
	memory_history_account(self, log);
	return is_ready;
}

enum chat_error
memory_history_prepare(struct history *base, struct str room,
    struct message *message, struct kept_message **out)
{
	struct memory_history *self = self_of(base);
	struct room_log *log = memory_history_find(base, room);
	struct kept_message *kept;

	if (log == NULL)
		return CHAT_ROOM_NOT_FOUND;
	kept = kept_message_create(message);
	if (kept == NULL)
		return CHAT_UNAVAILABLE;
	if (!reserve(self, log, kept)) {
		free(kept);
		return CHAT_UNAVAILABLE;
	}
	kept->log = log;
	if (kept->at_ms < log->last_at_ms)
		kept->at_ms = log->last_at_ms;
	message->seq = log->ring.last + 1;
	message->at_ms = kept->at_ms;
	message->lsn = 0;
	*out = kept;
	return CHAT_OK;
}

void
memory_history_abandon(struct history *base, struct kept_message *kept)
{
	struct room_log *log = kept->log;
	struct str key = kept_message_key(kept);

	if (key.len > 0 && id_map_find(&log->by_key, key) == kept)
		id_map_remove(&log->by_key, key);
	free(kept);
	memory_history_account(self_of(base), log);
}

/* A prepared message gets its place; what exceeds the limits then goes. */
static void
push(struct memory_history *self, struct room_log *log,
    struct kept_message *kept, uint64_t seq)
{
	/* A key that is there leads to the later message from now on. */
	if (kept->key_len > 0)
		id_map_replace(&log->by_key, kept);
	message_ring_push(&log->ring, kept, seq);
	list_append(&self->in_order, &kept->in_order);
	log->last_at_ms = kept->at_ms;
	room_sizes_set(memory_history_sizes(self, log), &log->size,
	    log->size.bytes + kept_message_bytes(kept));
	self->bytes += kept_message_bytes(kept);
	memory_history_make_space(self, log);
}

void
memory_history_keep(struct history *base, struct kept_message *kept,
    uint64_t lsn)
{
	kept->lsn = lsn;
	push(self_of(base), kept->log, kept, kept->log->ring.last + 1);
}

enum chat_error
memory_history_put(struct history *base, struct str room,
    const struct message *message)
{
	struct room_log *log = memory_history_find(base, room);
	struct message copy = *message;
	struct kept_message *kept;
	enum chat_error error;

	if (log == NULL)
		return CHAT_ROOM_NOT_FOUND;
	if (message->seq <= log->ring.last)
		return CHAT_OK;
	error = memory_history_prepare(base, room, &copy, &kept);
	if (error == CHAT_OK)
		push(self_of(base), log, kept, message->seq);
	return error;
}

void
memory_history_take_back(struct history *base, struct str room, uint64_t seq)
{
	struct room_log *log = memory_history_find(base, room);

	if (log == NULL)
		return;
	assert(log->ring.last == seq);
	/* The limits may have let it go already, for another room's sake. */
	if (log->ring.count > 0 &&
	    message_ring_number(&log->ring, log->ring.count - 1) == seq)
		memory_history_drop_newest(self_of(base), log);
	log->ring.last = seq - 1;
	if (log->evicted == seq)
		log->evicted--;
}

void
memory_history_trim(struct history *base, struct str room, uint64_t seq,
    int64_t at_ms)
{
	struct room_log *log = memory_history_find(base, room);

	if (log == NULL)
		return;
	while (log->ring.count > 0 && message_ring_number(&log->ring, 0) <= seq)
		memory_history_drop_oldest(self_of(base), log);
	if (seq > log->ring.last)
		log->ring.last = seq;
	if (at_ms > log->last_at_ms)
		log->last_at_ms = at_ms;
}
