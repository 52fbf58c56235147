#include <assert.h>
#include <stdlib.h>

#include "persistence/memory/memory_history_internal.h"

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

struct room_log *
memory_history_find(struct history *base, struct str room)
{
	struct memory_history *self = memory_history_of(base);
	struct room_log *log = self->recent;

	if (log != NULL && str_equal(log_key(log), room))
		return log;
	log = id_map_find(&self->logs, room);
	if (log != NULL)
		self->recent = log;
	return log;
}

void
memory_history_account(struct memory_history *self, struct room_log *log)
{
	size_t own_bytes = sizeof(*log) + log->room_len +
			   message_ring_bytes(&log->ring) +
			   id_map_bytes(&log->by_key);

	self->bytes += own_bytes - log->own_bytes;
	log->own_bytes = own_bytes;
}

/* The oldest message of all rooms; there is one. */
static struct kept_message *
memory_history_oldest(const struct memory_history *self)
{
	return LIST_OWNER(self->in_order.next, struct kept_message, in_order);
}

static void
message_forget(struct memory_history *self, struct room_log *log,
    struct kept_message *kept)
{
	struct str key = kept_message_key(kept);
	size_t bytes = kept_message_bytes(kept);

	/* The key may lead to a later message by now. */
	if (key.len > 0 && id_map_find(&log->by_key, key) == kept)
		id_map_remove(&log->by_key, key);
	if (self->on_drop != NULL)
		self->on_drop(self->on_drop_arg, log_key(log), kept->seq);
	list_remove(&kept->in_order);
	room_sizes_set(memory_history_sizes(self, log), &log->size,
	    log->size.bytes - bytes);
	self->bytes -= bytes;
	free(kept);
	memory_history_account(self, log);
}

void
memory_history_drop_oldest(struct memory_history *self, struct room_log *log)
{
	message_forget(self, log, message_ring_pop(&log->ring));
}

/* Messages of this time and older are expired. INT64_MIN: none. */
static int64_t
expiry_limit_ms(int64_t life_ms, int64_t now_ms)
{
	return life_ms > 0 ? now_ms - life_ms : INT64_MIN;
}

static int64_t
room_life_ms(const struct memory_history *self, const struct room_log *log)
{
	int64_t age_ms = self->limits->age_ms;

	if (log->ttl_ms == 0 || (age_ms > 0 && age_ms < log->ttl_ms))
		return age_ms;
	return log->ttl_ms;
}

/* How many messages of the room are expired. */
static size_t
room_count_expired(const struct memory_history *self,
    const struct room_log *log, int64_t now_ms)
{
	return message_ring_seek(&log->ring,
	    expiry_limit_ms(room_life_ms(self, log), now_ms));
}

bool
memory_history_is_expired(const struct memory_history *self,
    const struct room_log *log, const struct kept_message *kept, int64_t now_ms)
{
	return kept->at_ms <= expiry_limit_ms(room_life_ms(self, log), now_ms);
}

static enum chat_error
history_open_room(struct history *base, struct str room, int64_t ttl_ms,
    bool persistent)
{
	struct memory_history *self = memory_history_of(base);
	struct room_log *log;

	if (memory_history_find(base, room) != NULL)
		return CHAT_ROOM_EXISTS;
	log = malloc(sizeof(*log) + room.len);
	if (log == NULL)
		return CHAT_UNAVAILABLE;
	*log = (struct room_log){ .ttl_ms = ttl_ms,
		.is_persistent = persistent,
		.room_len = room.len };
	memcpy(log->room, room.data, room.len);
	message_ring_init(&log->ring);
	list_init(&log->evicted_keys);
	id_map_init(&log->by_key, message_key);
	if (!id_map_put(&self->logs, log)) {
		free(log);
		return CHAT_UNAVAILABLE;
	}
	list_append(ttl_ms > 0 ? &self->mortal_rooms : &self->other_rooms,
	    &log->in_rooms);
	memory_history_account(self, log);
	return CHAT_OK;
}

static void
room_log_close(struct memory_history *self, struct room_log *log)
{
	while (log->ring.count > 0)
		memory_history_drop_oldest(self, log);
	memory_history_forget_keys(self, log);
	message_ring_fini(&log->ring);
	id_map_fini(&log->by_key);
	id_map_remove(&self->logs, log_key(log));
	list_remove(&log->in_rooms);
	if (self->recent == log)
		self->recent = NULL;
	self->bytes -= log->own_bytes;
	free(log);
}

static void
history_close_room(struct history *base, struct str room)
{
	struct memory_history *self = memory_history_of(base);
	struct room_log *log = memory_history_find(base, room);

	if (log != NULL)
		room_log_close(self, log);
}

static enum chat_error
history_append_message(struct history *base, struct str room,
    struct message *message)
{
	struct kept_message *kept;
	enum chat_error error;

	error = memory_history_prepare(base, room, message, &kept);
	if (error == CHAT_OK)
		memory_history_commit(base, kept, NULL);
	return error;
}

static int64_t
history_trusted_time_ms(struct history *base, int64_t now_ms)
{
	struct memory_history *self = memory_history_of(base);

	if (self->clock == NULL)
		return now_ms;
	return trusted_clock_now(&self->trusted_clock, now_ms,
	    clock_monotonic_ms(self->clock), *self->clock_trust_ms);
}

static bool
history_find_message(struct history *base, struct str room, struct str key,
    int64_t now_ms, struct message *out)
{
	struct memory_history *self = memory_history_of(base);
	const struct room_log *log = memory_history_find(base, room);
	const struct kept_message *kept;

	now_ms = history_trusted_time_ms(base, now_ms);
	if (log == NULL)
		return false;
	kept = id_map_find(&log->by_key, key);
	if (kept == NULL || memory_history_is_expired(self, log, kept, now_ms))
		return false;
	if (kept_message_is_evicted(kept) &&
	    kept->at_ms <= now_ms - self->limits->key_age_ms)
		return false;
	kept_message_show(kept, out);
	return true;
}

static enum chat_error
history_room_span(struct history *base, struct str room, int64_t now_ms,
    struct history_span *out)
{
	struct memory_history *self = memory_history_of(base);
	const struct room_log *log = memory_history_find(base, room);
	size_t first;

	now_ms = history_trusted_time_ms(base, now_ms);
	if (log == NULL)
		return CHAT_ROOM_NOT_FOUND;
	first = room_count_expired(self, log, now_ms);
	out->first = message_ring_number(&log->ring, first);
	out->last = log->ring.last;
	out->last_at_ms = log->last_at_ms;
	out->evicted = log->evicted;
	return CHAT_OK;
}

static void
history_each_message(struct history *base, struct str room, uint64_t from_seq,
    int64_t now_ms, history_visit *visit, void *arg)
{
	struct memory_history *self = memory_history_of(base);
	const struct room_log *log = memory_history_find(base, room);
	struct message message;
	size_t i, first;

	now_ms = history_trusted_time_ms(base, now_ms);
	if (log == NULL)
		return;
	i = message_ring_find(&log->ring, from_seq);
	first = room_count_expired(self, log, now_ms);
	for (i = i > first ? i : first; i < log->ring.count; i++) {
		kept_message_show(message_ring_at(&log->ring, i), &message);
		if (!visit(&message, arg))
			return;
	}
}

/*
 * Rooms without a ttl of their own need no visit: their messages expire in
 * order of arrival. One that arrived while the clock was ahead delays later
 * ones, which are not shown all the same.
 */
static void
history_expire_messages(struct history *base, int64_t now_ms)
{
	struct memory_history *self = memory_history_of(base);
	const struct list *mortals = &self->mortal_rooms;
	int64_t limit_ms;

	now_ms = history_trusted_time_ms(base, now_ms);
	limit_ms = expiry_limit_ms(self->limits->age_ms, now_ms);
	for (struct list *at = mortals->next; at != mortals; at = at->next) {
		struct room_log *log =
		    LIST_OWNER(at, struct room_log, in_rooms);
		size_t expired = room_count_expired(self, log, now_ms);

		while (expired-- > 0)
			memory_history_drop_oldest(self, log);
	}
	while (!list_is_empty(&self->in_order) &&
	       memory_history_oldest(self)->at_ms <= limit_ms)
		memory_history_drop_oldest(self,
		    memory_history_oldest(self)->log);
	memory_history_expire_keys(self, now_ms);
	trim_heap_watch(&self->trim_heap, self->bytes);
}

static size_t
history_held_bytes(struct history *base)
{
	return memory_history_of(base)->bytes;
}

static void
room_logs_close(struct memory_history *self, struct list *rooms)
{
	while (!list_is_empty(rooms))
		room_log_close(self,
		    LIST_OWNER(rooms->next, struct room_log, in_rooms));
}

static void
history_free(struct history *base)
{
	struct memory_history *self = memory_history_of(base);

	room_logs_close(self, &self->mortal_rooms);
	room_logs_close(self, &self->other_rooms);
	assert(self->bytes == 0);
	id_map_fini(&self->logs);
	free(self);
}

static const struct history_ops ops = {
	.open = history_open_room,
	.close = history_close_room,
	.append = history_append_message,
	.amend = memory_history_amend,
	.find_key = history_find_message,
	.span = history_room_span,
	.each = history_each_message,
	.expire = history_expire_messages,
	.bytes = history_held_bytes,
	.trusted_ms = history_trusted_time_ms,
	.destroy = history_free,
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
	list_init(&self->evicted_keys);
	room_sizes_init(&self->persistent);
	room_sizes_init(&self->one_off);
	self->limits = limits;
	id_map_init(&self->logs, log_key);
	return &self->base;
}

void
memory_history_check_clock(struct history *base, struct clock *clock,
    const int64_t *trust_ms)
{
	struct memory_history *self = memory_history_of(base);

	self->clock = clock;
	self->clock_trust_ms = trust_ms;
	trusted_clock_init(&self->trusted_clock, clock_wall_ms(clock),
	    clock_monotonic_ms(clock));
}

void
memory_history_set_limits(struct history *base,
    const struct history_limits *limits)
{
	memory_history_of(base)->limits = limits;
}

void
memory_history_on_drop(struct history *base, memory_history_drop *on_drop,
    void *arg)
{
	struct memory_history *self = memory_history_of(base);

	self->on_drop = on_drop;
	self->on_drop_arg = arg;
}
