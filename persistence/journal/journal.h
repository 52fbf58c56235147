/*
 * The journal: records are appended in memory, written and synced in groups by
 * a thread, and committed in order.
 */
#ifndef PERSISTENCE_JOURNAL_H
#define PERSISTENCE_JOURNAL_H

#include "domain/base/histogram.h"
#include "domain/error.h"
#include "persistence/disk/disk.h"
#include "persistence/format/record.h"
#include "persistence/store_options.h"

struct journal;
struct recovery_result;

struct journal_config {
	struct disk *disk;                   /* borrowed */
	const struct store_options *options; /* copied */
	const struct recovery_result
	    *recovered; /* read by journal_create() only */
	/*
	 * Compacts: makes one snapshot of everything up to last_lsn, after
	 * which a segment begins, and removes the files that it covers.
	 * *live_bytes: the size of its records. 0 or an errno. Called by the
	 * compactor thread. NULL: no compaction.
	 */
	int (*compact)(void *arg, uint64_t last_lsn, uint64_t *live_bytes);
	/*
	 * Repairs the files if recovery had no space for it. Called by the
	 * writer before anything is written. 0 or an errno. NULL: the journal
	 * stays read-only.
	 */
	int (*repair)(void *arg);
	void *arg;
	int64_t end_ms; /* how long to wait for threads at the end; 0: 2 s */
};

/*
 * Begins a new segment after what was recovered, and writes OPEN and LOST
 * records, synced. On a full disk the journal starts read-only. Starts no
 * thread. NULL: an error was logged.
 */
struct journal *journal_create(const struct journal_config *);

/* Starts the writer and the compactor thread. False: an error was logged. */
bool journal_start(struct journal *);

/*
 * Writes what is pending and CLOSE, synced unless the disk fails; ends the
 * threads and frees the journal. Accepts NULL.
 *
 * False: a thread is still blocked by the disk. Uncommitted records may be
 * missing, as after a crash, and the journal and everything it was created with
 * must stay until the process ends.
 */
bool journal_destroy(struct journal *);

/*
 * --- for the event loop: these never wait for the disk ---------------------
 */

/*
 * Space for the payload of one more record, exactly this long, to be filled and
 * committed before any other call. NULL: *error is CHAT_UNAVAILABLE (read-only,
 * queue full, no memory) or CHAT_MESSAGE_TOO_LARGE.
 */
char *journal_reserve(struct journal *, size_t payload_len,
    enum chat_error *error);
/* Returns the LSN of the record. */
uint64_t journal_commit(struct journal *, enum record_type);

/*
 * What happened up to this LSN was received by another program; lower ones than
 * before are ignored. Written by the writer before its next batch, and not
 * synced; a failure is logged once.
 */
void journal_set_cursor(struct journal *, uint64_t lsn);

/*
 * Readable when records were committed, or when the state of the disk changed.
 */
int journal_fd(const struct journal *);

/* What became of the records that were appended. */
struct journal_progress {
	uint64_t committed; /* everything up to here is committed */
	/* The range of records that failed; the disk may still have them. */
	uint64_t failed_first; /* 0: none failed */
	uint64_t failed_last;
	bool give_up; /* the disk failed and store.on_io_error is exit */
};
/*
 * Reads the progress and clears the descriptor. LSNs of failed records are used
 * again afterwards.
 */
void journal_poll(struct journal *, struct journal_progress *);

/* Makes the descriptor readable: the loop is to poll, again or already. */
void journal_wake_loop(struct journal *);

/* The last LSN that was assigned; the highest that is committed. */
uint64_t journal_last(const struct journal *);
uint64_t journal_committed(struct journal *);

/*
 * Why nothing can be written, as "disk full"; NULL: it can. Also set while the
 * disk has not answered for 5 s: appended records wait then.
 */
const char *journal_error(struct journal *);

/* Whether clients should be slowed down: the queue is three quarters full. */
bool journal_is_under_pressure(struct journal *);

struct journal_stats {
	uint64_t appended, batches, syncs, failures, compactions;
	size_t pending_bytes;
	struct histogram sync; /* how long syncs took */
	uint64_t segments;     /* created since the start */
	uint64_t bytes; /* of all segments that are not covered by a snapshot */
};
void journal_stats(struct journal *, struct journal_stats *);

/*
 * --- for the compactor ------------------------------------------------------
 */

/* False: the journal grows faster than the compaction runs. */
bool journal_may_throttle(struct journal *);

/*
 * Sleeps for a moment if it may; never without threads. False: the compaction
 * is to end, since the journal does, or it is held.
 */
bool journal_throttle(struct journal *);

/* Until it is not held any more, none begins. True: none runs. */
bool journal_hold_compaction(struct journal *, bool is_held);

/*
 * --- the work of the threads, for them and for tests
 * --------------------------
 */

/*
 * Does one piece of work: writes and syncs a batch, rotates, syncs when it is
 * time, probes a full disk; compacts if there is no thread for it. False: there
 * was nothing to do.
 */
bool journal_step(struct journal *);

#endif
