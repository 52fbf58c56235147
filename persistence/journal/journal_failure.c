/* When the disk says no, and whether it still does. */
#include <errno.h>

#include "domain/log.h"
#include "persistence/journal/journal_internal.h"

/*
 * Why no record is ever found in the place of another with its number:
 *
 * What failed gives its numbers back, from committed + 1 on. They are given out
 * again only for records in a *new* segment, and that one is begun only after
 * the old one was cut back to its last good end and the cut was synced. So when
 * a record with such a number can be on the disk for the second time, the first
 * one is gone for good, whatever part of it may have been there. A crash before
 * the cut is synced finds at most what failed, whose senders were told that
 * nobody knows.
 *
 * If the sync fails, of the cut or of anything else, nobody knows either, and
 * it cannot be asked: the pages count as clean, a second sync would succeed
 * without having written them. Then nothing is written any more by this
 * process, and the numbers are not given out again; the next one reads what the
 * disk itself has.
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
journal_meet_disk(struct journal *journal)
{
	int64_t now_us = disk_monotonic_us(journal->disk);

	journal_lock(journal);
	journal->is_busy = true;
	journal->busy_since_us = now_us;
	journal_unlock(journal);
}

void
journal_leave_disk(struct journal *journal)
{
	int64_t took_us =
	    disk_monotonic_us(journal->disk) - journal->busy_since_us;

	journal_lock(journal);
	journal->is_busy = false;
	journal->stall_is_told = false;
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

/* Under the lock. Whether that is another trouble than before. */
static bool
error_set(struct journal *journal, int error, bool for_good)
{
	bool is_new =
	    journal->trouble == NULL || for_good != journal->is_for_good;

	journal->trouble = error_text(for_good ? EIO : error);
	journal->is_for_good = for_good;
	return is_new;
}

/* One line for each change, and the loop hears of it: also that nothing above
 * `committed` will be written, if that is so. */
static void
error_notify(struct journal *journal, const char *what, int error,
    bool for_good, bool has_failed)
{
	bool is_new, is_news;

	journal_lock(journal);
	is_new = error_set(journal, error, for_good);
	if (has_failed) {
		journal->has_failed = true;
		journal->needs_segment = true;
		journal->figures.failures++;
	}
	is_news = (is_new || has_failed) && journal_has_news(journal);
	journal_unlock(journal);
	if (is_new)
		log_error("store: %s: %s: read-only%s", what, strerror(error),
		    for_good ? " until restart" : "");
	if (is_news)
		journal_poke(journal);
}

static void
recovery_notify(struct journal *journal)
{
	bool is_news;

	journal_lock(journal);
	journal->trouble = NULL;
	is_news = journal_has_news(journal);
	journal_unlock(journal);
	log_info("store: writing again");
	if (is_news)
		journal_poke(journal);
}

static bool
error_is_permanent(const struct journal *journal, int error)
{
	return journal->is_for_good || journal->segment.is_distrusted ||
	       !disk_error_is_temporary(error);
}

/* What a failed write left behind. Everything before it is synced as well. */
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
	journal_mark(journal);
	return 0;
}

void
journal_fail(struct journal *journal, const char *what, int error)
{
	bool for_good = error_is_permanent(journal, error);

	probe_set(journal);
	error_notify(journal, what, error, for_good, true);
	if (!for_good)
		segment_cut_back(journal);
}

void
journal_refuse(struct journal *journal, const char *what, int error)
{
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

	/* Who cannot tell must not stop everything: a write will. */
	return disk_free_bytes(journal->disk, &bytes) != 0 || bytes >= least;
}

/* Only what really takes room shows that there is some. */
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
		journal_refuse(journal, "next segment", error);
		return;
	}
	recovery_notify(journal);
}

bool
journal_probe(struct journal *journal)
{
	if (journal->is_for_good ||
	    disk_monotonic_us(journal->disk) < journal->probe_at_us)
		return false;
	probe_set(journal);
	if (journal->trouble != NULL)
		writing_try_again(journal);
	else if (!disk_has_room(journal, journal->options.min_free_bytes))
		journal_refuse(journal, "under store.min_free", ENOSPC);
	return true;
}
