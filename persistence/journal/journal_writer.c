/*
 * The writer: one batch at a time. While it syncs, the next batch fills, so
 * group commit needs no timer.
 */
#include <assert.h>

#include "persistence/journal/journal_internal.h"

bool
journal_can_write(const struct journal *journal)
{
	return !journal->has_failed && !journal->needs_segment &&
	       !journal->is_permanent &&
	       journal_queue_is_ready(&journal->queue);
}

bool
journal_has_cursor(const struct journal *journal)
{
	return journal->cursor != journal->cursor_written &&
	       !journal->needs_repair;
}

int
journal_sync(struct journal *journal)
{
	int64_t start_us = disk_monotonic_us(journal->disk), took_us;
	struct journal_stats *stats = &journal->stats;
	int error = segment_writer_sync(&journal->segment);

	if (error != 0) {
		journal_fail(journal, "sync", error);
		return error;
	}
	journal->synced = journal->written;
	journal->unsynced_since_us = -1;
	took_us = disk_monotonic_us(journal->disk) - start_us;
	journal_lock(journal);
	stats->syncs++;
	histogram_add(&stats->sync, (uint64_t)took_us, 1);
	journal_unlock(journal);
	return 0;
}

/* A segment is always synced before the next one, whose name implies it. */
static int
batch_put(struct journal *journal, struct batch *batch)
{
	int error;

	batch_finish(batch, journal->segment.salt, journal->synced);
	error =
	    segment_writer_append(&journal->segment, batch->bytes, batch->len);
	if (error != 0) {
		journal_fail(journal, "write", error);
		return error;
	}
	journal->written = batch_last_lsn(batch);
	if (journal->unsynced_since_us < 0)
		journal->unsynced_since_us = disk_monotonic_us(journal->disk);
	if (journal->options.sync == STORE_SYNC_ALWAYS || batch->seals ||
	    journal->synced < journal->opening_lsn)
		error = journal_sync(journal);
	return error;
}

/* The batch is committed, or has failed. */
static void
batch_give_back(struct journal *journal, struct batch *batch, bool is_committed)
{
	struct batch *superfluous;
	bool must_notify = false;

	journal_lock(journal);
	if (is_committed) {
		journal->committed = journal->written;
		journal->segment_bytes = journal->segment.end;
		journal->stats.batches++;
		must_notify = journal_set_notified(journal);
	}
	superfluous = journal_queue_give_back(&journal->queue, batch);
	journal_unlock(journal);
	if (must_notify)
		journal_notify(journal);
	batches_destroy(superfluous);
}

void
journal_set_watermark(struct journal *journal)
{
	if (journal->watermark_lsn == journal->synced || journal->needs_repair)
		return;
	journal->watermark_lsn = journal->synced;
	watermark_set_synced(&journal->watermark, journal->synced);
}

/*
 * Before clients are answered: after a kill at that moment the next start must
 * not take a damaged record for one that was never finished.
 */
static void
watermark_raise_to_written(struct journal *journal)
{
	if (journal->synced < journal->written)
		watermark_set_written(&journal->watermark, journal->written);
	journal_set_watermark(journal);
}

int
journal_begin_segment(struct journal *journal)
{
	uint64_t old_bytes = journal->segment.end;
	int error;

	assert(journal->written == journal->committed);
	watermark_open(&journal->watermark);
	error = segment_writer_begin(&journal->segment, journal->written + 1);
	if (error != 0)
		return error;
	journal_lock(journal);
	journal->needs_segment = false;
	journal->segment_bytes = journal->segment.end;
	journal->stats.segments++;
	journal->compact.old_segments += old_bytes > 0;
	journal->compact.old_bytes += old_bytes;
	journal->compact.last_lsn = journal->written;
	pthread_cond_signal(&journal->wake_compactor);
	journal_unlock(journal);
	return 0;
}

/*
 * Creates the next segment when this one is three quarters full. If there is no
 * space for it, the journal stops before it would need it.
 */
static void
segment_prepare_next(struct journal *journal)
{
	const struct segment_writer *segment = &journal->segment;
	int error;

	if (segment->next >= 0 || journal->error != NULL ||
	    segment->end < segment->segment_bytes / 4 * 3)
		return;
	error = segment_writer_prepare(&journal->segment);
	if (error != 0)
		journal_suspend(journal, "next segment", error);
}

static void
segment_rotate(struct journal *journal)
{
	int error = journal_begin_segment(journal);

	if (error != 0)
		journal_fail(journal, "next segment", error);
}

static void
batch_write(struct journal *journal, struct batch *batch)
{
	bool seals = batch->seals;
	size_t len = batch->len;

	if (batch_put(journal, batch) != 0) {
		batch_give_back(journal, batch, false);
		return;
	}
	/* It wakes up while the watermark is written. */
	journal_wake_loop(journal);
	watermark_raise_to_written(journal);
	batch_give_back(journal, batch, true);
	if (seals) {
		segment_rotate(journal);
		return;
	}
	segment_prepare_next(journal);
	if (journal->options.sync == STORE_SYNC_ALWAYS)
		segment_writer_zero_ahead(&journal->segment, len);
}

/* Also while read-only: what was written is acknowledged. */
int64_t
journal_sync_due_us(const struct journal *journal)
{
	if (journal->options.sync != STORE_SYNC_INTERVAL ||
	    journal->unsynced_since_us < 0 || journal->segment.is_distrusted)
		return INT64_MAX;
	return journal->unsynced_since_us +
	       journal->options.sync_interval_ms * 1000;
}

/* The kinds of work that are due, in the order in which they are done. */
struct work {
	bool has_cursor;
	struct batch *batch; /* NULL: none */
	bool has_sync;
	bool has_probe;
};

/* False: there is none. */
static bool
work_take(struct journal *journal, struct work *work)
{
	int64_t now_us = disk_monotonic_us(journal->disk);
	bool has_work;

	work->has_sync = now_us >= journal_sync_due_us(journal);
	work->has_probe = journal_probe_is_due(journal, now_us);
	work->batch = NULL;
	journal_lock(journal);
	work->has_cursor = journal_has_cursor(journal);
	if (work->has_cursor)
		journal->cursor_written = journal->cursor;
	else if (journal_can_write(journal))
		work->batch = journal_queue_take(&journal->queue);
	has_work = work->has_cursor || work->batch != NULL || work->has_sync ||
		   work->has_probe;
	if (has_work)
		journal_io_begin(journal, now_us);
	journal_unlock(journal);
	return has_work;
}

bool
journal_step(struct journal *journal)
{
	struct work work;

	if (!work_take(journal, &work))
		return !journal->has_threads && journal_compact(journal);
	if (work.has_cursor)
		watermark_set_cursor(&journal->watermark,
		    journal->cursor_written);
	else if (work.batch != NULL)
		batch_write(journal, work.batch);
	else if (!work.has_sync)
		journal_probe(journal);
	else if (journal_sync(journal) == 0)
		journal_set_watermark(journal);
	journal_io_end(journal);
	return true;
}
