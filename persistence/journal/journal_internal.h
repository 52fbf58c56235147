/*
 * The inside of the journal, for its own files:
 *
 *   journal.c            creates and destroys it
 *   journal_append.c     the side of the event loop
 *   journal_writer.c     the writer thread: batches, syncs, segments
 *   journal_failure.c    disk errors and probes
 *   journal_compactor.c  when to compact
 *   journal_threads.c    the threads
 */
#ifndef PERSISTENCE_JOURNAL_INTERNAL_H
#define PERSISTENCE_JOURNAL_INTERNAL_H

#include <pthread.h>

#include "persistence/format/segment_writer.h"
#include "persistence/format/watermark.h"
#include "persistence/journal/journal.h"
#include "persistence/journal/journal_queue.h"

/* A disk that does not answer for so long is reported. */
#define JOURNAL_STALL_US (5 * INT64_C(1000000))

/* How long the end waits for the disk. */
#define JOURNAL_END_MS 2000

struct journal {
	struct disk *disk;
	struct store_options options;
	void *arg; /* of the configured functions */
	int event_fd;

	/* Used by the event loop only. */
	uint64_t next_lsn;
	/*
	 * The size of the segment once all assigned records are written. The
	 * loop decides where a segment ends, since its SEAL has an LSN.
	 */
	uint64_t segment_fill;
	size_t reserved; /* payload length, while a record is reserved */

	/* Used by the writer only. */
	struct segment_writer segment;
	struct watermark watermark;
	uint64_t written;       /* last LSN that was written */
	uint64_t synced;        /* everything up to here is on the disk */
	uint64_t watermark_lsn; /* what the watermark was set to */
	uint64_t cursor_written;
	/*
	 * The last of the OPEN and LOST records that begin this run. They are
	 * synced before anything is committed, whatever the policy: the next
	 * start must know that this run existed.
	 */
	uint64_t opening_lsn;
	bool needs_repair; /* before anything is written */
	int (*repair)(void *arg);
	int64_t unsynced_since_us; /* -1: everything written is synced */
	int64_t probe_at_us;

	/* Shared, under the lock. It is never held during a file call. */
	pthread_mutex_t lock;
	pthread_cond_t wake_writer, wake_compactor, end;
	bool is_stopping, writer_waits;
	bool writer_ended, compactor_ended; /* they may be joined */
	struct journal_queue queue;
	uint64_t committed;
	uint64_t cursor;  /* see journal_set_cursor() */
	bool is_notified; /* the descriptor is readable */
	/* Everything above `committed` failed, and the loop has not polled. */
	bool has_failed;
	/* A new segment must be begun before anything can be written. */
	bool needs_segment;
	const char *error; /* why nothing can be written; NULL: it can */
	bool is_permanent; /* no probe will help */
	bool is_busy;      /* the writer is in a file call */
	int64_t busy_since_us;
	bool stall_is_logged;
	uint64_t segment_bytes; /* of the one being written */
	struct journal_stats stats;

	struct {
		int (*run)(void *arg, uint64_t last_lsn, uint64_t *live_bytes);
		uint64_t last_lsn;     /* of the last sealed segment */
		uint64_t tried_lsn;    /* of the last attempt */
		uint64_t old_segments; /* sealed, not covered by a snapshot */
		uint64_t old_bytes;    /* the size of those */
		uint64_t live_bytes;
		uint64_t start_bytes; /* of all segments, at its start */
		bool is_running;
		bool is_held; /* none begins, and one that runs ends */
	} compact;

	/* Written only while there are no threads. */
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

/* Under the lock. True: call journal_notify() after unlocking. */
static inline bool
journal_set_notified(struct journal *journal)
{
	bool is_first = !journal->is_notified;

	journal->is_notified = true;
	return is_first;
}
void journal_notify(struct journal *);

/* --- journal_append.c ----------------------------------------------------- */

/* As journal_reserve(), but also while read-only. NULL: no memory. */
char *journal_reserve_own(struct journal *, size_t payload_len);

/* --- journal_writer.c, without the lock ----------------------------------- */

/* Under the lock: whether there is a batch, and it may be written. */
bool journal_can_write(const struct journal *);
/* Under the lock, by the writer: whether the cursor is to be written. */
bool journal_has_cursor(const struct journal *);
/* Syncs what was written. 0 or an errno; a failure was handled. */
int journal_sync(struct journal *);
/* Sets the watermark to what is synced. */
void journal_set_watermark(struct journal *);
/* When the next sync is due; INT64_MAX: never. */
int64_t journal_sync_due_us(const struct journal *);
/* Begins the next segment. 0 or an errno. */
int journal_begin_segment(struct journal *);

/* --- journal_failure.c ---------------------------------------------------- */

/*
 * Around the file calls of the writer: measures how long they take. The first
 * one is called under the lock.
 */
void journal_io_begin(struct journal *, int64_t now_us);
void journal_io_end(struct journal *);

/* Everything that is not committed fails. The loop is notified. */
void journal_fail(struct journal *, const char *what, int error);
/*
 * Nothing has failed, but no more may be appended: for example, the next
 * segment cannot be created.
 */
void journal_suspend(struct journal *, const char *what, int error);
/* Looks whether the disk can be written to again, or still has space. */
bool journal_probe_is_due(const struct journal *, int64_t now_us);
void journal_probe(struct journal *);

/* --- journal_compactor.c -------------------------------------------------- */

/* Under the lock. */
bool journal_is_to_compact(const struct journal *);
/* False: it is not due. */
bool journal_compact(struct journal *);

/* --- journal.c ------------------------------------------------------------ */

/* Does the repair that recovery had no space for. 0 or an errno. */
int journal_repair(struct journal *);
/* Writes what is pending, and CLOSE. */
void journal_end(struct journal *);

/* --- journal_threads.c ---------------------------------------------------- */

/*
 * Ends the threads, the writer after journal_end(). False: one is still blocked
 * by the disk.
 */
bool journal_stop(struct journal *);

#endif
