#include "persistence/journal/journal_queue.h"

#include <assert.h>

/* One for the writer, one for the loop, and some for a slow disk. */
#define SPARE_MOST 4

void
journal_queue_init(struct journal_queue *queue)
{
	*queue = (struct journal_queue){ .first = NULL };
	queue->last = &queue->first;
}

void
journal_queue_fini(struct journal_queue *queue)
{
	batches_destroy(journal_queue_drop(queue));
	batches_destroy(queue->spare);
}

void
batches_destroy(struct batch *batch)
{
	while (batch != NULL) {
		struct batch *next = batch->next;

		batch_destroy(batch);
		batch = next;
	}
}

void
journal_queue_close_batch(struct journal_queue *queue)
{
	assert(queue->open != NULL);
	*queue->last = queue->open;
	queue->last = &queue->open->next;
	queue->open = NULL;
}

struct batch *
journal_queue_spare(struct journal_queue *queue)
{
	struct batch *batch = queue->spare;

	if (batch == NULL)
		return NULL;
	queue->spare = batch->next;
	queue->spare_count--;
	batch->next = NULL;
	return batch;
}

static bool
open_batch_is_ready(const struct journal_queue *queue)
{
	return queue->open != NULL && !queue->is_pinned &&
	       queue->open->count > 0;
}

bool
journal_queue_is_ready(const struct journal_queue *queue)
{
	return queue->first != NULL || open_batch_is_ready(queue);
}

struct batch *
journal_queue_take(struct journal_queue *queue)
{
	struct batch *batch = queue->first;

	if (batch == NULL && open_batch_is_ready(queue)) {
		batch = queue->open;
		queue->open = NULL;
	} else if (batch != NULL) {
		queue->first = batch->next;
		if (queue->first == NULL)
			queue->last = &queue->first;
		batch->next = NULL;
	}
	return batch;
}

struct batch *
journal_queue_give_back(struct journal_queue *queue, struct batch *batch)
{
	assert(queue->bytes >= batch->len);
	queue->bytes -= batch->len;
	batch_clear(batch);
	if (queue->spare_count >= SPARE_MOST || !batch_is_common(batch))
		return batch;
	batch->next = queue->spare;
	queue->spare = batch;
	queue->spare_count++;
	return NULL;
}

struct batch *
journal_queue_drop(struct journal_queue *queue)
{
	struct batch *dropped;

	assert(!queue->is_pinned);
	if (queue->open != NULL)
		journal_queue_close_batch(queue);
	dropped = queue->first;
	queue->first = NULL;
	queue->last = &queue->first;
	for (const struct batch *b = dropped; b != NULL; b = b->next)
		queue->bytes -= b->len;
	return dropped;
}
