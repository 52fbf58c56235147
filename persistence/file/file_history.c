/*
 * The history in memory, with some functions of its table replaced: messages
 * expire by a clock that can be trusted.
 */
#include "persistence/file/file_internal.h"
#include "persistence/memory/memory_history.h"

/* The table is a part of the store. */
static struct file_store *
self_of(struct history *base)
{
	return LIST_OWNER(base->ops, struct file_store, history_ops);
}

/* It decides which messages are expired, nothing else. */
static int64_t
trusted_ms(struct file_store *self, int64_t now_ms)
{
	return trusted_clock_now(&self->clock, now_ms,
	    disk_monotonic_us(self->disk) / 1000,
	    self->options->clock_trust_ms);
}

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

bool
file_history_init(struct file_store *self)
{
	self->history = memory_history_create(self->limits);
	if (self->history == NULL)
		return false;
	self->memory_history = self->history->ops;
	self->history_ops = *self->memory_history;
	self->history_ops.find_key = find_key;
	self->history_ops.span = span;
	self->history_ops.each = each;
	self->history_ops.expire = expire;
	self->history->ops = &self->history_ops;
	return true;
}

void
file_history_fini(struct file_store *self)
{
	history_destroy(self->history);
}
