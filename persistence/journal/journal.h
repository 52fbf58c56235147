/*
 * The journal: everything that changes is appended, made durable in groups by
 * a thread of its own, and acknowledged in order.
 */
#ifndef PERSISTENCE_JOURNAL_H
#define PERSISTENCE_JOURNAL_H

#include "domain/error.h"
#include "persistence/disk/disk.h"
#include "persistence/format/record.h"
#include "persistence/store_options.h"

struct journal;
struct recovery_result;

struct journal_config {
	struct disk *disk;                       /* borrowed */
	const struct store_options *options;     /* copied */
	const struct recovery_result *recovered; /* for journal_create() only */
	/*
	 * Makes one snapshot of everything up to last_lsn, behind which there
	 * is a segment's beginning; removes what it covers, and says how many
	 * bytes are alive. 0 or an errno. Called by a thread of its own once
	 * journal_start() was. NULL: nothing is ever compacted.
	 */
	int (*compact)(void *arg, uint64_t last_lsn, uint64_t *live_bytes);
	/*
	 * Repairs the files, if recovery had no space for it: called before
	 * anything is written, by the writer's thread. 0 or an errno. NULL: the
	 * journal stays read-only.
	 */
	int (*repair)(void *arg);
	void *arg;
	int64_t end_ms; /* so long the end waits for threads; 0: 2 s */
};

/*
 * Opens a new segment behind what recovery found, writes OPEN (and LOST), and
 * syncs. If the disk is merely full, it is read-only at first. NULL: it was
 * logged why. No thread yet.
 */
struct journal *journal_create(const struct journal_config *);

/* From now on threads do what journal_step() does. False: logged. */
bool journal_start(struct journal *);

/*
 * Writes what is pending, and CLOSE; synced, unless the disk fails. Threads
 * end. Frees it. Accepts NULL.
 *
 * False: the disk does not let go of a thread. What nobody was told of may be
 * missing, as after a crash; and the journal and all that it was created with
 * have to stay as they are until the process ends.
 */
bool journal_destroy(struct journal *);

/* --- for the loop: none of these ever waits for the disk ------------------ */

/*
 * Room for one more record's payload of exactly this length, in the batch that
 * is being gathered; NULL with *error CHAT_UNAVAILABLE (read-only, the queue
 * is full, no memory) or CHAT_MESSAGE_TOO_LARGE. Fill it, then commit it, with
 * nothing in between.
 */
char *journal_reserve(struct journal *, size_t payload_len,
    enum chat_error *error);
/* Its LSN. */
uint64_t journal_commit(struct journal *, enum record_type);

/* Becomes readable when there is news, also about trouble. */
int journal_fd(const struct journal *);

/* What became of what was appended. */
struct journal_progress {
	uint64_t committed;    /* everything up to here may be shown */
	uint64_t failed_first; /* 0: nothing failed; else from here … */
	uint64_t
	    failed_last; /* … to here nothing was kept, as far as we know */
	bool give_up;    /* the disk failed, and store.on_io_error is exit */
};
/*
 * Takes the news; clears the descriptor. After a failure was taken the numbers
 * failed_first … are given out again.
 */
void journal_poll(struct journal *, struct journal_progress *);

/* The same news, once more: the descriptor becomes readable again. */
void journal_notify_again(struct journal *);

/* Last LSN given out; highest one that may be shown. */
uint64_t journal_last(const struct journal *);
uint64_t journal_committed(struct journal *);

/*
 * Why nothing can be written now: "disk full"; NULL: it can. Also says so while
 * the disk has not answered for 5 s: then what is appended waits.
 */
const char *journal_error(struct journal *);

/* Whether writers should be made to wait: the queue is at three quarters. */
bool journal_is_under_pressure(struct journal *);

struct journal_stats {
	uint64_t appended, batches, syncs, failures, compactions;
	size_t pending_bytes;
	int64_t last_sync_us, longest_sync_us;
	uint64_t segments; /* begun since the start */
	uint64_t bytes;    /* of all segments that are needed */
};
void journal_stats(struct journal *, struct journal_stats *);

/* --- for whoever compacts ---------------------------------------------------
 */

/* Not if the journal grows too fast meanwhile, or is to end. */
bool journal_may_throttle(struct journal *);

/* Then leaves the disk and the processor to others for a moment; but not in
 * the thread of whoever plays all of them. */
void journal_throttle(struct journal *);

/* --- for whoever plays the threads (they, or a test) ---------------------- */

/*
 * Writes and syncs what is pending, rotates, looks whether there is room
 * (again). Compacts, unless a thread is there for it. False: there was nothing
 * to do.
 */
bool journal_step(struct journal *);

#endif
