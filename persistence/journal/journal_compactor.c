/* When to compact, and how much to slow a compaction down. */
#include <errno.h>
#include <time.h>

#include "domain/log.h"
#include "persistence/journal/journal_internal.h"

/* With more segments than this, small ones are a reason to compact. */
#define SCATTERED 64

#define REST_NS (3 * 1000000L)

static uint64_t
journal_bytes(const struct journal *journal)
{
	return journal->compact.old_bytes + journal->segment_bytes;
}

static bool
journal_is_long(const struct journal *journal)
{
	uint64_t bytes = journal_bytes(journal);

	return bytes >= journal->options.compact_after_bytes &&
	       bytes / 2 >= journal->compact.live_bytes;
}

/*
 * Every start begins a segment. A program that restarts every minute would
 * leave more files than the next start can read in time.
 */
static bool
journal_is_scattered(const struct journal *journal)
{
	uint64_t segments = journal->compact.old_segments;

	return segments >= SCATTERED && journal->compact.old_bytes / segments <
					    journal->options.segment_bytes / 4;
}

bool
journal_is_to_compact(const struct journal *journal)
{
	/*
	 * Without a new sealed segment the snapshot would get the name of the
	 * last one. A failed compaction is tried again after the next segment.
	 */
	return journal->compact.run != NULL && !journal->compact.is_held &&
	       journal->compact.last_lsn > journal->compact.tried_lsn &&
	       (journal_is_long(journal) || journal_is_scattered(journal));
}

static void
compaction_finish(struct journal *journal, uint64_t covered_segments,
    uint64_t covered_bytes, uint64_t live_bytes)
{
	journal_lock(journal);
	journal->compact.old_segments -= covered_segments;
	journal->compact.old_bytes -= covered_bytes;
	journal->compact.live_bytes = live_bytes;
	journal->stats.compactions++;
	journal_unlock(journal);
}

bool
journal_compact(struct journal *journal)
{
	uint64_t last_lsn, segments, bytes, live_bytes = 0;
	bool is_due;
	int error;

	journal_lock(journal);
	is_due = journal_is_to_compact(journal);
	last_lsn = journal->compact.last_lsn;
	segments = journal->compact.old_segments;
	bytes = journal->compact.old_bytes;
	if (is_due) {
		journal->compact.tried_lsn = last_lsn;
		journal->compact.start_bytes = journal_bytes(journal);
		journal->compact.is_running = true;
	}
	journal_unlock(journal);
	if (!is_due)
		return false;
	error = journal->compact.run(journal->arg, last_lsn, &live_bytes);
	if (error == 0)
		compaction_finish(journal, segments, bytes, live_bytes);
	journal_lock(journal);
	journal->compact.is_running = false;
	if (error == ECANCELED)
		journal->compact.tried_lsn = 0;
	journal_unlock(journal);
	if (error != 0 && error != ECANCELED)
		log_warn("store: compaction: %s", strerror(error));
	return true;
}

/*
 * A compaction that takes breaks while the journal grows by half would never
 * end.
 */
bool
journal_may_throttle(struct journal *journal)
{
	bool has_time;

	journal_lock(journal);
	has_time =
	    journal_bytes(journal) / 3 < journal->compact.start_bytes / 2;
	journal_unlock(journal);
	return has_time;
}

bool
journal_throttle(struct journal *journal)
{
	struct timespec time = { .tv_nsec = REST_NS };
	bool is_to_end;

	journal_lock(journal);
	is_to_end = journal->is_stopping || journal->compact.is_held;
	journal_unlock(journal);
	if (!is_to_end && journal->has_threads && journal_may_throttle(journal))
		nanosleep(&time, NULL);
	return !is_to_end;
}

bool
journal_hold_compaction(struct journal *journal, bool is_held)
{
	bool is_running;

	journal_lock(journal);
	journal->compact.is_held = is_held;
	is_running = journal->compact.is_running;
	pthread_cond_signal(&journal->wake_compactor);
	journal_unlock(journal);
	return !is_running;
}
