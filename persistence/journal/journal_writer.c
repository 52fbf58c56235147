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

static bool
cursor_write(struct journal *journal)
{
	bool is_due;

	journal_lock(journal);
	is_due = journal_has_cursor(journal);
	if (is_due)
		journal->cursor_written = journal->cursor;
	journal_unlock(journal);
	if (is_due)
		watermark_set_cursor(&journal->watermark,
		    journal->cursor_written);
	return is_due;
}

static struct batch *
batch_take(struct journal *journal)
{
	struct batch *batch = NULL;

	journal_lock(journal);
	if (journal_can_write(journal))
		batch = journal_queue_take(&journal->queue);
	journal_unlock(journal);
	return batch;
}

static void
batch_give_back(struct journal *journal, struct batch *batch)
{
	struct batch *superfluous;

	journal_lock(journal);
	superfluous = journal_queue_give_back(&journal->queue, batch);
	journal_unlock(journal);
	batches_destroy(superfluous);
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

static void
batch_commit(struct journal *journal)
{
	bool must_notify;

	journal_lock(journal);
	journal->committed = journal->written;
	journal->segment_bytes = journal->segment.end;
	journal->stats.batches++;
	must_notify = journal_set_notified(journal);
	journal_unlock(journal);
	if (must_notify)
		journal_notify(journal);
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

static bool
batch_write(struct journal *journal)
{
	struct batch *batch = batch_take(journal);
	bool seals, is_put;
	size_t len;

	if (batch == NULL)
		return false;
	seals = batch->seals;
	len = batch->len;
	is_put = batch_put(journal, batch) == 0;
	if (is_put) {
		/* It wakes up while the watermark is written. */
		journal_wake_loop(journal);
		watermark_raise_to_written(journal);
		batch_commit(journal);
	}
	batch_give_back(journal, batch);
	if (!is_put)
		return true;
	if (seals) {
		segment_rotate(journal);
		return true;
	}
	segment_prepare_next(journal);
	if (journal->options.sync == STORE_SYNC_ALWAYS)
		segment_writer_zero_ahead(&journal->segment, len);
	return true;
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

static bool
interval_sync(struct journal *journal)
{
	if (disk_monotonic_us(journal->disk) < journal_sync_due_us(journal))
		return false;
	if (journal_sync(journal) == 0)
		journal_set_watermark(journal);
	return true;
}

bool
journal_step(struct journal *journal)
{
	bool did;

	journal_io_begin(journal);
	did = cursor_write(journal) || batch_write(journal) ||
	      interval_sync(journal) || journal_probe(journal);
	journal_io_end(journal);
	return did || (!journal->has_threads && journal_compact(journal));
}
