/*
 * What waits for the writer: the loop fills the last batch, the writer takes
 * the first. Both hold the journal's lock where it says so.
 */
#ifndef PERSISTENCE_JOURNAL_QUEUE_H
#define PERSISTENCE_JOURNAL_QUEUE_H

#include "persistence/journal/batch.h"

struct journal_queue {
	struct batch *first; /* full ones, in order */
	struct batch **last;
	/* Being filled. The writer may take it, too, unless it is pinned. */
	struct batch *open;
	bool is_pinned;
	struct batch *spare; /* to be filled again */
	unsigned spare_count;
	size_t bytes; /* of all records, until their batch is given back */
};

void journal_queue_init(struct journal_queue *);
void journal_queue_fini(struct journal_queue *);

/* --- under the lock ------------------------------------------------------- */

/* The open batch is full: another one will be opened. */
void journal_queue_close_batch(struct journal_queue *);

/* One to be filled again; NULL: there is none. */
struct batch *journal_queue_spare(struct journal_queue *);

/* Whether journal_queue_take() has something to give. */
bool journal_queue_is_ready(const struct journal_queue *);
struct batch *journal_queue_take(struct journal_queue *);

/* A batch that was taken has been dealt with. NULL, or one to be freed. */
struct batch *journal_queue_give_back(struct journal_queue *, struct batch *);

/* All that waits leaves the queue. */
struct batch *journal_queue_drop(struct journal_queue *);

/* --- without it ----------------------------------------------------------- */

void batches_destroy(struct batch *);

#endif
