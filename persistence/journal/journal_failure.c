/* Disk errors: read-only, probes, and the way back. */
#include <assert.h>
#include <errno.h>

#include "domain/log.h"
#include "persistence/journal/journal_internal.h"

/*
 * Invariant: no two records on the disk have the same LSN.
 *
 * Failed records give their LSNs back, from committed + 1 on. These LSNs are
 * used again only in a new segment, and that one begins only after the old
 * segment was cut back to its last good end and the cut was synced. So when a
 * record with such an LSN is written again, the first one is gone for good. A
 * crash before the cut is synced finds at most records whose senders got
 * store_failed: the outcome was unknown.
 *
 * After a failed sync the state of the file is unknown, and cannot be found
 * out: the pages count as clean, and a second sync would succeed without having
 * written them. Then this process writes nothing any more and assigns none of
 * these LSNs again; the next start reads what the disk has.
 */

static const char *
error_text(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return "disk full";
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return "system out of resources";
	default:
		return "disk error";
	}
}

void
journal_io_begin(struct journal *journal, int64_t now_us)
{
	assert(!journal->is_busy);
	journal->is_busy = true;
	journal->busy_since_us = now_us;
}

void
journal_io_end(struct journal *journal)
{
	int64_t took_us =
	    disk_monotonic_us(journal->disk) - journal->busy_since_us;

	assert(journal->is_busy);
	journal_lock(journal);
	journal->is_busy = false;
	journal->stall_is_logged = false;
	journal_unlock(journal);
	if (took_us >= JOURNAL_STALL_US)
		log_warn("store: the disk answered after %lld ms",
		    (long long)(took_us / 1000));
}

static void
probe_set(struct journal *journal)
{
	journal->probe_at_us =
	    disk_monotonic_us(journal->disk) + journal->options.probe_ms * 1000;
}

/* Under the lock. Whether the state changed. */
static bool
error_set(struct journal *journal, int error, bool for_good)
{
	bool is_new =
	    journal->error == NULL || for_good != journal->is_permanent;

	journal->error = error_text(for_good ? EIO : error);
	journal->is_permanent = for_good;
	return is_new;
}

/*
 * Logs each change of state once, and notifies the loop. has_failed: nothing
 * above `committed` will be written.
 */
static void
error_notify(struct journal *journal, const char *what, int error,
    bool for_good, bool has_failed)
{
	bool is_new, must_notify;

	journal_lock(journal);
	is_new = error_set(journal, error, for_good);
	if (has_failed) {
		journal->has_failed = true;
		journal->needs_segment = true;
		journal->stats.failures++;
	}
	must_notify = (is_new || has_failed) && journal_set_notified(journal);
	journal_unlock(journal);
	if (is_new)
		log_error("store: %s: %s: read-only%s", what, strerror(error),
		    for_good ? " until restart" : "");
	if (must_notify)
		journal_notify(journal);
}

static void
recovery_notify(struct journal *journal)
{
	bool must_notify;

	journal_lock(journal);
	journal->error = NULL;
	must_notify = journal_set_notified(journal);
	journal_unlock(journal);
	log_info("store: writing again");
	if (must_notify)
		journal_notify(journal);
}

static bool
error_is_permanent(const struct journal *journal, int error)
{
	return journal->is_permanent || journal->segment.is_distrusted ||
	       !disk_error_is_temporary(error);
}

/*
 * Cuts off what a failed write left behind. This syncs everything before it,
 * too.
 */
static int
segment_cut_back(struct journal *journal)
{
	int error;

	if (!journal->segment.is_torn)
		return 0;
	error = segment_writer_cut(&journal->segment);
	if (error != 0) {
		error_notify(journal, "cut back", error,
		    error_is_permanent(journal, error), false);
		return error;
	}
	journal->synced = journal->written;
	journal->unsynced_since_us = -1;
	journal_set_watermark(journal);
	return 0;
}

void
journal_fail(struct journal *journal, const char *what, int error)
{
	bool for_good = error_is_permanent(journal, error);

	assert(error != 0);
	probe_set(journal);
	error_notify(journal, what, error, for_good, true);
	if (!for_good)
		segment_cut_back(journal);
}

void
journal_suspend(struct journal *journal, const char *what, int error)
{
	assert(error != 0);
	if (error_is_permanent(journal, error)) {
		journal_fail(journal, what, error);
		return;
	}
	probe_set(journal);
	error_notify(journal, what, error, false, false);
}

static bool
disk_has_room(struct journal *journal, uint64_t least)
{
	uint64_t bytes;

	/* If the free space is unknown, a write will show it. */
	return disk_free_bytes(journal->disk, &bytes) != 0 || bytes >= least;
}

/* Allocates space: only that shows that there is some. */
static int
segment_take_room(struct journal *journal)
{
	int error = journal_repair(journal);

	if (error != 0)
		return error;
	return journal->needs_segment
		   ? journal_begin_segment(journal)
		   : segment_writer_prepare(&journal->segment);
}

static void
writing_try_again(struct journal *journal)
{
	int error;

	if (segment_cut_back(journal) != 0 ||
	    !disk_has_room(journal,
		2 * (uint64_t)journal->options.min_free_bytes))
		return;
	error = segment_take_room(journal);
	if (error != 0) {
		journal_suspend(journal, "next segment", error);
		return;
	}
	recovery_notify(journal);
}

bool
journal_probe_is_due(const struct journal *journal, int64_t now_us)
{
	return !journal->is_permanent && now_us >= journal->probe_at_us;
}

void
journal_probe(struct journal *journal)
{
	probe_set(journal);
	if (journal->error != NULL)
		writing_try_again(journal);
	else if (!disk_has_room(journal, journal->options.min_free_bytes))
		journal_suspend(journal, "under store.min_free", ENOSPC);
}
