/* Adds messages to a history in memory. */
#include <assert.h>
#include <stdlib.h>

#include "persistence/memory/memory_history_internal.h"

static struct memory_history *
self_of(struct history *base)
{
	return (struct memory_history *)base;
}

/*
 * Does what may fail: reserves a slot of the ring, and lets the key lead to
 * this message.
 */
static bool
log_reserve(struct memory_history *self, struct room_log *log,
    struct kept_message *kept)
{
	struct str key = kept_message_key(kept);
	bool is_ready = message_ring_reserve(&log->ring);

	if (is_ready && key.len > 0) {
		if (id_map_find(&log->by_key, key) != NULL)
			id_map_replace(&log->by_key, kept);
		else
			is_ready = id_map_put(&log->by_key, kept);
		if (!is_ready)
			message_ring_release(&log->ring);
	}
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
	if (!log_reserve(self, log, kept)) {
		free(kept);
		return CHAT_UNAVAILABLE;
	}
	kept->log = log;
	kept->seq = log->ring.last + log->ring.reserved;
	if (kept->at_ms < log->prepared_at_ms)
		kept->at_ms = log->prepared_at_ms;
	log->prepared_at_ms = kept->at_ms;
	message->seq = kept->seq;
	message->at_ms = kept->at_ms;
	*out = kept;
	return CHAT_OK;
}

/* Lets the key lead to the newest other message that has it. */
static void
release_key(struct room_log *log, const struct kept_message *kept)
{
	struct str key = kept_message_key(kept);
	size_t i = log->ring.count;

	if (key.len == 0 || id_map_find(&log->by_key, key) != kept)
		return;
	while (i-- > 0) {
		struct kept_message *earlier = message_ring_at(&log->ring, i);

		if (str_equal(kept_message_key(earlier), key)) {
			id_map_replace(&log->by_key, earlier);
			return;
		}
	}
	id_map_remove(&log->by_key, key);
}

void
memory_history_abandon(struct history *base, struct kept_message *kept)
{
	struct room_log *log = kept->log;

	assert(kept->seq == log->ring.last + log->ring.reserved);
	release_key(log, kept);
	message_ring_release(&log->ring);
	if (log->ring.reserved == 0)
		log->prepared_at_ms = log->last_at_ms;
	free(kept);
	memory_history_account(self_of(base), log);
}

/* Adds a prepared message and evicts what exceeds the limits. */
static void
message_push(struct memory_history *self, struct room_log *log,
    struct kept_message *kept, uint64_t seq)
{
	message_ring_push(&log->ring, kept, seq);
	list_append(&self->in_order, &kept->in_order);
	log->last_at_ms = kept->at_ms;
	room_sizes_set(memory_history_sizes(self, log), &log->size,
	    log->size.bytes + kept_message_bytes(kept));
	self->bytes += kept_message_bytes(kept);
	memory_history_make_space(self, log);
}

void
memory_history_commit(struct history *base, struct kept_message *kept,
    struct message *out)
{
	assert(kept->seq == kept->log->ring.last + 1);
	message_push(self_of(base), kept->log, kept, kept->seq);
	if (out != NULL)
		kept_message_show(kept, out);
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
		message_push(self_of(base), log, kept, message->seq);
	return error;
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
	if (at_ms > log->prepared_at_ms)
		log->prepared_at_ms = at_ms;
}
