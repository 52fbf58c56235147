/*
 * The history in memory, with one function of its table replaced: the
 * compacting thread learns the limits and the time when messages expire.
 */
#include "persistence/file/file_internal.h"
#include "persistence/memory/memory_history.h"

#define HOUR_MS 3600000

/* The table is a part of the store. */
static struct file_store *
file_history_of(struct history *base)
{
	return LIST_OWNER(base->ops, struct file_store, history_ops);
}

static void
file_history_expire(struct history *base, int64_t now_ms)
{
	struct file_store *self = file_history_of(base);

	self->memory_history->expire(base, now_ms);
	if (clock_monotonic_ms(&self->clock) - self->activity_ms >= HOUR_MS) {
		self->activity_ms = clock_monotonic_ms(&self->clock);
		journaled_rooms_note_activity(self);
	}
	file_store_note_limits(self,
	    self->memory_history->trusted_ms(base, now_ms));
}

/* --- the clock of the disk ------------------------------------------------ */

static struct disk *
clock_disk(struct clock *clock)
{
	return LIST_OWNER(clock, struct file_store, clock)->disk;
}

static int64_t
disk_clock_wall_ms(struct clock *clock)
{
	return disk_wall_ms(clock_disk(clock));
}

static int64_t
disk_clock_monotonic_ms(struct clock *clock)
{
	return disk_monotonic_us(clock_disk(clock)) / 1000;
}

static const struct clock_ops disk_clock_ops = {
	.wall_ms = disk_clock_wall_ms,
	.monotonic_ms = disk_clock_monotonic_ms,
};

bool
file_history_init(struct file_store *self)
{
	self->history = memory_history_create(self->limits);
	if (self->history == NULL)
		return false;
	self->memory_history = self->history->ops;
	self->history_ops = *self->memory_history;
	self->history_ops.expire = file_history_expire;
	self->history->ops = &self->history_ops;
	self->clock.ops = &disk_clock_ops;
	memory_history_check_clock(self->history, &self->clock,
	    &self->options->clock_trust_ms);
	return true;
}

void
file_history_fini(struct file_store *self)
{
	history_destroy(self->history);
}
