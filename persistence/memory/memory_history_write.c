/* Adds messages to a history in memory, and changes them. */
#include <assert.h>
#include <stdlib.h>

#include "persistence/memory/memory_history_internal.h"

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
	struct memory_history *self = memory_history_of(base);
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
	memory_history_account(memory_history_of(base), log);
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
	message_push(memory_history_of(base), kept->log, kept, kept->seq);
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
		message_push(memory_history_of(base), log, kept, message->seq);
	return error;
}

static void
log_note_last(struct room_log *log, uint64_t seq, int64_t at_ms)
{
	if (seq > log->ring.last)
		log->ring.last = seq;
	if (at_ms > log->last_at_ms)
		log->last_at_ms = at_ms;
	if (at_ms > log->prepared_at_ms)
		log->prepared_at_ms = at_ms;
}

void
memory_history_trim(struct history *base, struct str room, uint64_t seq,
    int64_t at_ms)
{
	struct room_log *log = memory_history_find(base, room);

	if (log == NULL)
		return;
	while (log->ring.count > 0 && message_ring_number(&log->ring, 0) <= seq)
		memory_history_drop_oldest(memory_history_of(base), log);
	log_note_last(log, seq, at_ms);
}

void
memory_history_set_span(struct history *base, struct str room,
    const struct history_span *span)
{
	struct room_log *log = memory_history_find(base, room);

	if (log == NULL)
		return;
	log_note_last(log, span->last, span->last_at_ms);
	if (span->evicted > log->evicted)
		log->evicted = span->evicted;
}

/* --- changing a message --------------------------------------------------- */

/* NULL: the room does not have it. Else *at is its place in the ring. */
static struct kept_message *
log_find_message(const struct room_log *log, uint64_t seq, size_t *at)
{
	struct kept_message *kept;

	if (log == NULL)
		return NULL;
	*at = message_ring_find(&log->ring, seq);
	if (*at == log->ring.count)
		return NULL;
	kept = message_ring_at(&log->ring, *at);
	return kept->seq == seq ? kept : NULL;
}

bool
memory_history_has(struct history *base, struct str room, uint64_t seq)
{
	size_t at;

	return log_find_message(memory_history_find(base, room), seq, &at) !=
	       NULL;
}

/* A copy of the message with another body. NULL: no memory. */
static struct kept_message *
copy_with_body(const struct kept_message *kept, struct str body,
    int64_t edited_ms)
{
	struct kept_message *copy;
	struct message message;

	kept_message_show(kept, &message);
	message.body = body;
	message.edited_ms = edited_ms;
	copy = kept_message_create(&message);
	if (copy != NULL) {
		copy->log = kept->log;
		copy->seq = kept->seq;
	}
	return copy;
}

/* The size of a message of the room has changed. */
static void
room_resize(struct memory_history *self, struct room_log *log, size_t was,
    size_t is)
{
	room_sizes_set(memory_history_sizes(self, log), &log->size,
	    log->size.bytes - was + is);
	self->bytes += is - was;
}

/* Puts a copy in the place of a message, which is freed. */
static void
message_replace(struct memory_history *self, struct kept_message *old,
    size_t at, struct kept_message *copy)
{
	struct room_log *log = old->log;
	struct str key = kept_message_key(copy);

	if (key.len > 0 && id_map_find(&log->by_key, key) == old)
		id_map_replace(&log->by_key, copy);
	list_replace(&old->in_order, &copy->in_order);
	message_ring_replace(&log->ring, at, copy);
	room_resize(self, log, kept_message_bytes(old),
	    kept_message_bytes(copy));
	free(old);
}

enum chat_error
memory_history_prepare_body(struct history *base, struct str room, uint64_t seq,
    struct str body, int64_t edited_ms, struct kept_message **out)
{
	const struct room_log *log = memory_history_find(base, room);
	const struct kept_message *kept;
	size_t at;

	assert(body.len > 0 && edited_ms > 0);
	kept = log_find_message(log, seq, &at);
	if (kept == NULL)
		return CHAT_MESSAGE_NOT_FOUND;
	*out = copy_with_body(kept, body, edited_ms);
	return *out != NULL ? CHAT_OK : CHAT_UNAVAILABLE;
}

void
memory_history_commit_body(struct history *base, struct kept_message *copy)
{
	struct room_log *log = copy->log;
	struct kept_message *kept;
	size_t at;

	kept = log_find_message(log, copy->seq, &at);
	if (kept == NULL) {
		free(copy);
		return;
	}
	message_replace(memory_history_of(base), kept, at, copy);
	memory_history_make_space(memory_history_of(base), log);
}

void
memory_history_abandon_body(struct kept_message *copy)
{
	free(copy);
}

/* Without memory for a smaller copy the block stays as large as it is. */
void
memory_history_redact(struct history *base, struct str room, uint64_t seq)
{
	struct memory_history *self = memory_history_of(base);
	struct room_log *log = memory_history_find(base, room);
	struct kept_message *kept, *copy;
	size_t at, was;

	kept = log_find_message(log, seq, &at);
	if (kept == NULL || kept->state == KEPT_REDACTED)
		return;
	copy = copy_with_body(kept, STR_ABSENT, 0);
	if (copy != NULL) {
		message_replace(self, kept, at, copy);
		return;
	}
	was = kept_message_bytes(kept);
	kept_message_redact(kept);
	room_resize(self, log, was, kept_message_bytes(kept));
}

enum chat_error
memory_history_amend(struct history *base, struct str room, uint64_t seq,
    struct str body, int64_t edited_ms)
{
	const struct room_log *log = memory_history_find(base, room);
	const struct kept_message *kept;
	struct kept_message *copy;
	enum chat_error error;
	size_t at;

	kept = log_find_message(log, seq, &at);
	if (kept == NULL || kept->state == KEPT_REDACTED)
		return CHAT_MESSAGE_NOT_FOUND;
	if (body.len == 0) {
		memory_history_redact(base, room, seq);
		return CHAT_OK;
	}
	error = memory_history_prepare_body(base, room, seq, body, edited_ms,
	    &copy);
	if (error == CHAT_OK)
		memory_history_commit_body(base, copy);
	return error;
}
