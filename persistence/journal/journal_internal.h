/*
 * The journal from within, for its own files:
 *
 *   journal.c            birth and death
 *   journal_loop.c       what the loop calls
 *   journal_step.c       what the writer does
 *   journal_failure.c    when the disk says no, and whether it still does
 *   journal_compactor.c  when to compact, and how fast
 *   journal_threads.c    who plays the writer and the compactor
 */
#ifndef PERSISTENCE_JOURNAL_INTERNAL_H
#define PERSISTENCE_JOURNAL_INTERNAL_H

#include <pthread.h>

#include "persistence/format/segment_writer.h"
#include "persistence/format/watermark.h"
#include "persistence/journal/journal.h"
#include "persistence/journal/journal_queue.h"

/* So long the disk may take to answer before that is said. */
#define JOURNAL_STALL_US (5 * INT64_C(1000000))

/* And so long the end waits for it. */
#define JOURNAL_END_MS 2000

struct journal {
	struct disk *disk;
	struct store_options options;
	void *arg; /* of the configured functions */
	int event_fd;

	/* The loop's own. */
	uint64_t next_lsn;
	/* How much of the segment the records given numbers so far will take:
	 * the loop decides where a segment ends, since the SEAL has a number.
	 */
	uint64_t segment_fill;
	size_t reserved; /* payload length; while the open batch is pinned */

	/* The writer's own. */
	struct segment_writer segment;
	struct watermark watermark;
	uint64_t written; /* last LSN in the file */
	uint64_t synced;  /* everything up to here is on the disk */
	uint64_t marked;  /* the watermark says so */
	/* Up to here this run only says that it begins. Synced before anything
	 * is told, whatever the policy: or the next one would not know that
	 * there was more. */
	uint64_t opening;
	bool needs_repair; /* the files, before anything is written */
	int (*repair)(void *arg);
	int64_t unsynced_since_us; /* -1: everything written is synced */
	int64_t probe_at_us;

	/* Everybody's, under the lock: it is held for a moment, never across a
	 * file call. */
	pthread_mutex_t lock;
	pthread_cond_t wake_writer, wake_compactor, end;
	bool is_stopping, writer_waits;
	bool writer_ended, compactor_ended; /* they may be joined */
	struct journal_queue queue;
	uint64_t committed;
	bool is_poked; /* the descriptor was made readable */
	/* Everything above `committed` failed, and the loop has not heard. */
	bool has_failed;
	/* A new segment must be begun before anything can be written. */
	bool needs_segment;
	const char *trouble; /* why nothing can be written; NULL */
	bool is_for_good;    /* until the next start */
	bool is_busy;        /* the writer is with the disk … */
	int64_t busy_since_us;
	bool stall_is_told;
	uint64_t segment_bytes; /* of the one being written */
	struct journal_stats figures;

	struct {
		int (*run)(void *arg, uint64_t last_lsn, uint64_t *live_bytes);
		uint64_t last_lsn;     /* before the segment being written */
		uint64_t tried_lsn;    /* with or without success */
		uint64_t old_segments; /* before that one … */
		uint64_t old_bytes;    /* … and how much is in them */
		uint64_t live_bytes;
		uint64_t begun_bytes; /* of all segments, when it began */
	} compact;

	/* Known before there are threads, and after them. */
	bool has_threads, writer_runs, compactor_runs;
	pthread_t writer, compactor;
	int64_t end_ms;
};

static inline void
journal_lock(struct journal *journal)
{
	pthread_mutex_lock(&journal->lock);
}

static inline void
journal_unlock(struct journal *journal)
{
	pthread_mutex_unlock(&journal->lock);
}

/* Under the lock; true: call journal_poke() once it is let go of. */
static inline bool
journal_has_news(struct journal *journal)
{
	bool is_first = !journal->is_poked;

	journal->is_poked = true;
	return is_first;
}
void journal_poke(struct journal *);

/* --- journal_loop.c ------------------------------------------------------- */

/* Like journal_reserve(), whether it is read-only or not; NULL: no memory. */
char *journal_reserve_own(struct journal *, size_t payload_len);

/* --- journal_step.c, without the lock ------------------------------------- */

/* Whether the writer has something to write, and may; under the lock. */
bool journal_can_write(const struct journal *);
/* Syncs what was written. 0 or an errno; a failure was dealt with. */
int journal_sync(struct journal *);
/* Sets the watermark to what is synced. */
void journal_mark(struct journal *);
/* When it is time to sync; INT64_MAX: never. */
int64_t journal_sync_due_us(const struct journal *);
/* Begins the segment that follows what is committed. 0 or an errno. */
int journal_begin_segment(struct journal *);

/* --- journal_failure.c ---------------------------------------------------- */

/* The writer meets the disk: how long it takes is watched. */
void journal_meet_disk(struct journal *);
void journal_leave_disk(struct journal *);

/* What is not committed will not be: the loop is told. */
void journal_fail(struct journal *, const char *what, int error);
/* Nothing failed so far, but the next thing would. */
void journal_refuse(struct journal *, const char *what, int error);
/* Looks for room from time to time. False: it is not time. */
bool journal_probe(struct journal *);

/* --- journal_compactor.c -------------------------------------------------- */

/* Under the lock. */
bool journal_is_to_compact(const struct journal *);
/* False: there is no need to. */
bool journal_compact(struct journal *);

/* --- journal.c ------------------------------------------------------------ */

/* Makes up for a repair that recovery had no space for. 0 or an errno. */
int journal_repair(struct journal *);
/* Writes what is pending, and CLOSE. */
void journal_end(struct journal *);

/* --- journal_threads.c ---------------------------------------------------- */

/* The threads end, the writer with journal_end(). False: not in time; they are
 * still with the disk. */
bool journal_stop(struct journal *);

#endif
