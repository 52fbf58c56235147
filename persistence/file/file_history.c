/*
 * What was said, in memory; some slots of its table are others. What is said in
 * persistent rooms the journal keeps, too, and the time is one to be trusted.
 */
#include <stdlib.h>

#include "persistence/file/file_internal.h"
#include "persistence/format/record_payload.h"
#include "persistence/memory/memory_history.h"

/* The table is a part of it. */
static struct file_store *
self_of(struct history *base)
{
	return LIST_OWNER(base->ops, struct file_store, history_ops);
}

/* Only what is too old is decided by it. */
static int64_t
trusted_ms(struct file_store *self, int64_t now_ms)
{
	return trusted_clock_now(&self->clock, now_ms,
	    disk_monotonic_us(self->disk) / 1000,
	    self->options->clock_trust_ms);
}

/* --- what is said --------------------------------------------------------- */

/* The message has its number. */
static enum chat_error
append_message(struct file_store *self, struct str room,
    struct message *message)
{
	struct change *change = change_create(CHANGE_MESSAGE, room);
	enum chat_error error = CHAT_UNAVAILABLE;
	char *payload = NULL;

	if (change != NULL)
		payload = journal_reserve(self->journal,
		    message_payload_size(room, message), &error);
	if (payload == NULL) {
		free(change);
		return error;
	}
	message_payload_write(payload, room, message);
	message->lsn = journal_commit(self->journal, RECORD_MESSAGE);
	change->seq = message->seq;
	undo_log_note(self, change, message->lsn);
	return CHAT_OK;
}

static enum chat_error
append(struct history *base, struct str room, struct message *message)
{
	struct file_store *self = self_of(base);
	struct kept_message *kept;
	enum chat_error error;

	if (journaled_rooms_find(self, room) == NULL)
		return self->memory_history->append(base, room, message);
	error = journaled_rooms_append_epochs(self);
	if (error == CHAT_OK)
		error = memory_history_prepare(base, room, message, &kept);
	if (error != CHAT_OK)
		return error;
	error = append_message(self, room, message);
	if (error == CHAT_OK)
		memory_history_keep(base, kept, message->lsn);
	else
		memory_history_abandon(base, kept);
	return error;
}

/* --- what time it is ------------------------------------------------------ */

static bool
find_key(struct history *base, struct str room, struct str key, int64_t now_ms,
    struct message *out)
{
	struct file_store *self = self_of(base);

	return self->memory_history->find_key(base, room, key,
	    trusted_ms(self, now_ms), out);
}

static enum chat_error
span(struct history *base, struct str room, int64_t now_ms,
    struct history_span *out)
{
	struct file_store *self = self_of(base);

	return self->memory_history->span(base, room, trusted_ms(self, now_ms),
	    out);
}

static void
each(struct history *base, struct str room, uint64_t from_seq, int64_t now_ms,
    history_visit *visit, void *arg)
{
	struct file_store *self = self_of(base);

	self->memory_history->each(base, room, from_seq,
	    trusted_ms(self, now_ms), visit, arg);
}

static void
expire(struct history *base, int64_t now_ms)
{
	struct file_store *self = self_of(base);
	int64_t trusted_now_ms = trusted_ms(self, now_ms);

	self->memory_history->expire(base, trusted_now_ms);
	file_store_note_limits(self, trusted_now_ms);
}

/* --- life ----------------------------------------------------------------- */

/* It goes with the file store. */
static void
destroy(struct history *base)
{
	(void)base;
}

bool
file_history_init(struct file_store *self)
{
	self->history = memory_history_create(self->limits);
	if (self->history == NULL)
		return false;
	self->memory_history = self->history->ops;
	self->history_ops = *self->memory_history;
	self->history_ops.append = append;
	self->history_ops.find_key = find_key;
	self->history_ops.span = span;
	self->history_ops.each = each;
	self->history_ops.expire = expire;
	self->history_ops.destroy = destroy;
	self->history->ops = &self->history_ops;
	return true;
}

void
file_history_fini(struct file_store *self)
{
	if (self->history != NULL)
		self->memory_history->destroy(self->history);
}
