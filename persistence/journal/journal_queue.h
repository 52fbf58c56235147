/*
 * The batches between the loop, which fills the last one, and the writer, which
 * takes the first.
 */
#ifndef PERSISTENCE_JOURNAL_QUEUE_H
#define PERSISTENCE_JOURNAL_QUEUE_H

#include "persistence/journal/batch.h"

struct journal_queue {
	struct batch *first; /* full ones, in order */
	struct batch **last;
	/* Being filled. The writer may take it unless it is pinned. */
	struct batch *open;
	bool is_pinned;
	struct batch *spare; /* empty ones, to be used again */
	unsigned spare_count;
	size_t bytes; /* of all records that the writer has not given back */
};

void journal_queue_init(struct journal_queue *);
void journal_queue_fini(struct journal_queue *);

/* --- under the lock ------------------------------------------------------- */

/* Queues the open batch. */
void journal_queue_close_batch(struct journal_queue *);

/* An empty batch; NULL: there is none. */
struct batch *journal_queue_spare(struct journal_queue *);

/* Whether journal_queue_take() would return a batch. */
bool journal_queue_is_ready(const struct journal_queue *);
struct batch *journal_queue_take(struct journal_queue *);

/* Returns a batch that was written. NULL, or a batch to be freed. */
struct batch *journal_queue_give_back(struct journal_queue *, struct batch *);

/* Removes and returns all batches. */
struct batch *journal_queue_drop(struct journal_queue *);

/*
 * --- without the lock ------------------------------------------------------
 */

void batches_destroy(struct batch *);

#endif
