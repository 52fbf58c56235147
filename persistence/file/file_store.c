#include "persistence/file/file_store.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "domain/log.h"
#include "persistence/compaction/compaction.h"
#include "persistence/file/file_internal.h"
#include "persistence/format/store_lock.h"
#include "persistence/format/watermark.h"
#include "persistence/memory/memory_attributes.h"
#include "persistence/memory/memory_rooms.h"

/* --- opening -------------------------------------------------------------- */

/* NULL: no memory. */
static struct file_store *
file_store_create(const struct file_store_config *config)
{
	struct file_store *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->disk = config->disk;
	self->options = config->options;
	self->limits = config->limits;
	self->ids = config->ids;
	self->log.observer = config->observer;
	self->lock = -1;
	pthread_mutex_init(&self->mutex, NULL);
	journaled_rooms_init(self);
	file_log_init(self);
	self->rooms = memory_rooms_create();
	self->attributes = memory_attributes_create();
	if (self->rooms != NULL && self->attributes != NULL &&
	    file_history_init(self)) {
		memory_attributes_follow(self->attributes, self->history);
		return self;
	}
	file_store_close(self);
	return NULL;
}

static enum file_store_end
lock_store(struct file_store *self)
{
	int error = store_lock_take(self->disk, &self->lock);

	if (error == 0)
		return FILE_STORE_OPEN;
	self->lock = -1;
	if (error == EAGAIN) {
		log_error("store %s: another server uses it",
		    self->options->dir);
		return FILE_STORE_IN_USE;
	}
	log_error("store %s: cannot be locked: %s", self->options->dir,
	    strerror(error));
	return FILE_STORE_FAILED;
}

static enum file_store_end
check_recovery(const struct file_store *self, enum recovery_status end,
    const struct recovery_result *result)
{
	const char *dir = self->options->dir;

	switch (end) {
	case RECOVERY_DAMAGED:
		if (self->options->on_damage != STORE_REFUSE)
			return FILE_STORE_OPEN;
		break;
	case RECOVERY_OK:
	case RECOVERY_TORN:
		return FILE_STORE_OPEN;
	case RECOVERY_NEWER:
	case RECOVERY_FOREIGN:
	case RECOVERY_CHANGED:
		break;
	case RECOVERY_FAILED:
		log_error("store %s: cannot be read: %s", dir, result->why);
		return FILE_STORE_FAILED;
	}
	log_error("store %s: not opened: %s", dir, result->why);
	return FILE_STORE_REFUSED;
}

static void
log_recovery(const struct file_store *self,
    const struct recovery_result *result)
{
	const char *dir = self->options->dir;

	if (result->torn_bytes > 0)
		log_warn("store %s: truncated an unfinished tail: %" PRIu64
			 " bytes, %" PRIu64 " records, none acknowledged",
		    dir, result->torn_bytes, result->torn_records);
	if (result->lost_records > 0)
		log_error("store %s: lost %" PRIu64 " records", dir,
		    result->lost_records);
	log_info("store %s: %zu rooms, %zu bytes of history, from %" PRIu64
		 " records",
	    dir, room_store_count(self->rooms), history_bytes(self->history),
	    result->records);
}

void
file_store_note_limits(struct file_store *self, int64_t now_ms)
{
	pthread_mutex_lock(&self->mutex);
	self->noted_limits = *self->limits;
	self->noted_ms = now_ms;
	pthread_mutex_unlock(&self->mutex);
}

static bool
pause_compaction(void *arg)
{
	struct file_store *self = arg;

	return journal_throttle(self->journal);
}

static int
file_store_compact(void *arg, uint64_t last_lsn, uint64_t *live_bytes)
{
	struct file_store *self = arg;
	struct io_throttle throttle = { .pause = pause_compaction,
		.arg = self };
	struct history_limits limits;
	int64_t now_ms;

	pthread_mutex_lock(&self->mutex);
	limits = self->noted_limits;
	now_ms = self->noted_ms;
	pthread_mutex_unlock(&self->mutex);
	return compaction_run(self->disk, self->store_id, last_lsn, &limits,
	    now_ms, &throttle, live_bytes);
}

static int
file_store_repair(void *arg)
{
	struct file_store *self = arg;

	return recovery_repair(self->disk, self->repair_lsn);
}

/*
 * New epochs are on the disk before a client sees them. While the disk is full
 * they wait, and are written before the first message is.
 */
static void
write_epochs(struct file_store *self)
{
	struct journal *journal = self->journal;

	if (!self->epochs_are_unsaved)
		return;
	(void)journaled_rooms_append_epochs(self);
	while (journal_committed(journal) < journal_last(journal) &&
	       journal_step(journal))
		continue;
}

static void
cursor_put(const struct file_store *self, uint64_t lsn)
{
	int error = watermark_put_cursor(self->disk, self->store_id, lsn);

	if (error != 0)
		log_warn("store %s: %s: %s", self->options->dir, WATERMARK_NAME,
		    strerror(error));
}

/* LSNs behind the end of the journal will be of other entries. */
static void
cursor_limit(const struct file_store *self, struct recovery_result *result)
{
	if (result->cursor < result->next_lsn)
		return;
	result->cursor = result->next_lsn - 1;
	cursor_put(self, result->cursor);
}

/* An observer that is new gets what comes from now on. */
static void
cursor_begin(const struct file_store *self)
{
	if (self->log.observer != NULL)
		cursor_put(self, journal_committed(self->journal));
}

static enum file_store_end
open_journal(struct file_store *self, struct recovery_result *result,
    bool no_threads)
{
	struct journal_config config = {
		.disk = self->disk,
		.options = self->options,
		.recovered = result,
		.compact = file_store_compact,
		.repair = file_store_repair,
		.arg = self,
	};

	self->repair_lsn = result->next_lsn;
	memcpy(self->store_id, result->store_id, sizeof(self->store_id));
	self->lost = result->lost_records;
	cursor_limit(self, result);
	file_store_note_limits(self, disk_wall_ms(self->disk));
	self->journal = journal_create(&config);
	if (self->journal == NULL)
		return FILE_STORE_FAILED;
	if (result->cursor == 0)
		cursor_begin(self);
	file_log_commit(self, journal_committed(self->journal));
	write_epochs(self);
	if (no_threads || journal_start(self->journal))
		return FILE_STORE_OPEN;
	return FILE_STORE_FAILED;
}

static void
file_recovery_end(struct file_store *self)
{
	if (self->recovery == NULL)
		return;
	recovery_destroy(self->recovery->steps);
	recovery_result_fini(&self->recovery->result);
	free(self->recovery);
	self->recovery = NULL;
}

/* False: no memory. */
static bool
file_recovery_begin(struct file_store *self)
{
	struct recovery_config config = {
		.disk = self->disk,
		.mode = RECOVERY_REPAIR,
		.refuse_damage = self->options->on_damage == STORE_REFUSE,
	};
	struct file_recovery *recovery = calloc(1, sizeof(*recovery));

	self->recovery = recovery;
	if (recovery == NULL)
		return false;
	file_replay_init(&recovery->replay, self, &recovery->result);
	recovery->steps =
	    recovery_create(&config, &recovery->replay.base, &recovery->result);
	return recovery->steps != NULL;
}

static enum file_store_end
file_store_recover(struct file_store *self, bool no_threads)
{
	struct file_recovery *recovery = self->recovery;
	struct recovery_result *result = &recovery->result;
	enum file_store_end end;

	end = check_recovery(self, recovery_finish(recovery->steps), result);
	if (end != FILE_STORE_OPEN)
		return end;
	file_replay_finish(&recovery->replay, result->epochs_invalid_up_to);
	log_recovery(self, result);
	end = open_journal(self, result, no_threads);
	file_recovery_end(self);
	return end;
}

/* A store that is not open, with a recovery that has not begun. */
static struct file_store *
file_store_prepare(const struct file_store_config *config)
{
	struct file_store *self = file_store_create(config);

	if (self == NULL || file_recovery_begin(self))
		return self;
	log_error("store %s: out of memory", self->options->dir);
	file_store_close(self);
	return NULL;
}

static bool
store_read_on(struct file_store *self)
{
	return recovery_read_ahead(self->recovery->steps) == RECOVERY_OK;
}

void
file_store_read_ahead(const struct file_store_config *config,
    struct file_store **ahead)
{
	if (*ahead == NULL)
		*ahead = file_store_prepare(config);
	if (*ahead == NULL || store_read_on(*ahead))
		return;
	file_store_close(*ahead);
	*ahead = NULL;
}

enum file_store_end
file_store_open(const struct file_store_config *config, struct file_store **out)
{
	struct file_store *self = config->ahead;
	enum file_store_end end;

	*out = NULL;
	if (self != NULL)
		file_store_read_ahead(config, &self);
	if (self == NULL)
		self = file_store_prepare(config);
	if (self == NULL)
		return FILE_STORE_FAILED;
	end = lock_store(self);
	if (end == FILE_STORE_OPEN)
		end = file_store_recover(self, config->no_threads);
	if (end == FILE_STORE_OPEN)
		*out = self;
	else
		file_store_close(self);
	return end;
}

/* --- closing -------------------------------------------------------------- */

bool
file_store_hold(struct file_store *self, bool is_held)
{
	return journal_hold_compaction(self->journal, is_held);
}

bool
file_store_release(struct file_store *self)
{
	file_recovery_end(self);
	if (!journal_destroy(self->journal))
		return false;
	self->journal = NULL;
	if (self->lock != -1)
		store_lock_release(self->disk, self->lock);
	self->lock = -1;
	return true;
}

bool
file_store_close(struct file_store *self)
{
	if (self == NULL)
		return true;
	if (!file_store_release(self))
		return false;
	file_log_fini(self);
	journaled_rooms_fini(self);
	file_history_fini(self);
	attribute_store_destroy(self->attributes);
	room_store_destroy(self->rooms);
	pthread_mutex_destroy(&self->mutex);
	free(self);
	return true;
}

/* --- while it is open ----------------------------------------------------- */

struct room_store *
file_store_rooms(struct file_store *self)
{
	return self->rooms;
}

struct history *
file_store_history(struct file_store *self)
{
	return self->history;
}

struct attribute_store *
file_store_attributes(struct file_store *self)
{
	return self->attributes;
}

struct commit_log *
file_store_log(struct file_store *self)
{
	return &self->log;
}

struct journal *
file_store_journal(struct file_store *self)
{
	return self->journal;
}

void
file_store_acknowledge(struct file_store *self, uint64_t lsn)
{
	uint64_t done = file_log_done(self);

	assert(lsn <= done);
	journal_set_cursor(self->journal, lsn == 0 ? done : lsn);
}

void
file_store_stats(struct file_store *self, struct store_health *out)
{
	struct journal_stats stats;

	journal_stats(self->journal, &stats);
	*out = (struct store_health){
		.is_kept = true,
		.is_writable = journal_error(self->journal) == NULL,
		.lost = self->lost,
		.bytes = stats.bytes,
		.waiting = stats.pending_bytes,
		.appended = stats.appended,
		.batches = stats.batches,
		.segments = stats.segments,
		.syncs = stats.syncs,
		.failures = stats.failures,
		.compacted = stats.compactions,
		.sync = stats.sync,
	};
}

bool
file_store_is_under_pressure(struct file_store *self)
{
	return self->pending_bytes > file_log_most(self) / 4 * 3 ||
	       journal_is_under_pressure(self->journal);
}

bool
file_store_poll(struct file_store *self)
{
	struct journal_progress progress;

	journal_poll(self->journal, &progress);
	file_log_commit(self, progress.committed);
	if (progress.failed_first != 0)
		file_log_drop(self, progress.failed_first);
	if (file_log_run(self))
		journal_wake_loop(self->journal);
	return !progress.give_up;
}
