/* What was said, in memory; of persistent rooms the journal keeps it, too. */
#include <stdlib.h>

#include "persistence/entries.h"
#include "persistence/file_parts.h"
#include "persistence/memory_history.h"

static struct file_store *
self_of(struct history *base)
{
	return LIST_OWNER(base, struct file_store, history);
}

static struct history *
memory_of(struct history *base)
{
	return self_of(base)->memory_history;
}

/* Only what is too old is decided by it. */
static int64_t
trusted_ms(struct history *base, int64_t now_ms)
{
	struct file_store *self = self_of(base);

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
		    message_entry_size(room, message), &error);
	if (payload == NULL) {
		free(change);
		return error;
	}
	message_entry_write(payload, room, message);
	message->lsn = journal_commit(self->journal, RECORD_MESSAGE);
	change->seq = message->seq;
	file_changes_note(self, change, message->lsn);
	return CHAT_OK;
}

static enum chat_error
append(struct history *base, struct str room, struct message *message)
{
	struct file_store *self = self_of(base);
	struct kept_message *kept;
	enum chat_error error;

	if (file_kept_find(self, room) == NULL)
		return history_append(self->memory_history, room, message);
	error = file_kept_append_epochs(self);
	if (error == CHAT_OK)
		error = memory_history_prepare(self->memory_history, room,
		    message, &kept);
	if (error != CHAT_OK)
		return error;
	error = append_message(self, room, message);
	if (error == CHAT_OK)
		memory_history_keep(self->memory_history, kept, message->lsn);
	else
		memory_history_abandon(self->memory_history, kept);
	return error;
}

/* --- what memory knows best ----------------------------------------------- */

static enum chat_error
open_room(struct history *base, struct str room, int64_t ttl_ms)
{
	return history_open(memory_of(base), room, ttl_ms);
}

static void
close_room(struct history *base, struct str room)
{
	history_close(memory_of(base), room);
}

static bool
find_key(struct history *base, struct str room, struct str key, int64_t now_ms,
    struct message *out)
{
	return history_find_key(memory_of(base), room, key,
	    trusted_ms(base, now_ms), out);
}

static enum chat_error
span(struct history *base, struct str room, int64_t now_ms,
    struct history_span *out)
{
	return history_span(memory_of(base), room, trusted_ms(base, now_ms),
	    out);
}

static void
each(struct history *base, struct str room, uint64_t from_seq, int64_t now_ms,
    history_visit *visit, void *arg)
{
	history_each(memory_of(base), room, from_seq, trusted_ms(base, now_ms),
	    visit, arg);
}

static void
expire(struct history *base, int64_t now_ms)
{
	int64_t trusted_now_ms = trusted_ms(base, now_ms);

	history_expire(memory_of(base), trusted_now_ms);
	file_store_note_limits(self_of(base), trusted_now_ms);
}

static size_t
bytes(struct history *base)
{
	return history_bytes(memory_of(base));
}

/* It goes with the file store. */
static void
destroy(struct history *base)
{
	(void)base;
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

void
file_history_init(struct file_store *self)
{
	self->history.ops = &ops;
}
