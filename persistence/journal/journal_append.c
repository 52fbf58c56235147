/* The side of the event loop: never waits for the disk. */
#include <assert.h>
#include <stdint.h>
#include <unistd.h>

#include "domain/log.h"
#include "persistence/journal/journal_internal.h"

/* Under the lock. */
static bool
queue_may_take(const struct journal *journal, size_t size)
{
	size_t most = journal->options.queue_bytes;

	return journal->error == NULL && !journal->has_failed && size <= most &&
	       journal->queue.bytes <= most - size;
}

/* While a record is reserved the writer must not take the open batch. */
static void
batch_set_pinned(struct journal *journal, bool is_pinned)
{
	journal_lock(journal);
	journal->queue.is_pinned = is_pinned;
	journal_unlock(journal);
}

static bool
batch_open(struct journal *journal, size_t payload_len)
{
	struct journal_queue *queue = &journal->queue;
	struct batch *batch;

	if (queue->open != NULL && batch_fits(queue->open, payload_len))
		return true;
	journal_lock(journal);
	if (queue->open != NULL)
		journal_queue_close_batch(queue);
	if (record_size(payload_len) <= BATCH_BYTES)
		queue->open = journal_queue_spare(queue);
	journal_unlock(journal);
	if (queue->open != NULL)
		return true;
	batch = batch_create(payload_len);
	if (batch == NULL)
		return false;
	journal_lock(journal);
	queue->open = batch;
	journal_unlock(journal);
	return true;
}

/* Under the lock. */
static uint64_t
record_add(struct journal *journal, enum record_type type, size_t payload_len)
{
	size_t size = record_size(payload_len);
	uint64_t lsn = journal->next_lsn++;

	batch_add(journal->queue.open, type, payload_len, lsn);
	journal->queue.bytes += size;
	journal->segment_fill += size;
	return lsn;
}

static bool
segment_is_full(const struct journal *journal, size_t size)
{
	uint64_t fill = journal->segment_fill;

	/* A record larger than a segment gets a segment of its own. */
	return fill > SEGMENT_HEAD_SIZE &&
	       fill + size + record_size(0) > journal->options.segment_bytes;
}

static bool
segment_seal(struct journal *journal)
{
	if (journal->queue.open == NULL && !batch_open(journal, 0))
		return false;
	journal_lock(journal);
	record_add(journal, RECORD_SEAL, 0);
	journal_queue_close_batch(&journal->queue);
	journal_unlock(journal);
	journal->segment_fill = SEGMENT_HEAD_SIZE;
	return true;
}

static bool
record_make_room(struct journal *journal, size_t payload_len)
{
	if (segment_is_full(journal, record_size(payload_len)) &&
	    !segment_seal(journal))
		return false;
	return batch_open(journal, payload_len);
}

/* With the open batch pinned. */
static char *
record_reserve(struct journal *journal, size_t payload_len)
{
	if (!record_make_room(journal, payload_len)) {
		batch_set_pinned(journal, false);
		return NULL;
	}
	journal->reserved = payload_len;
	return batch_payload(journal->queue.open);
}

char *
journal_reserve(struct journal *journal, size_t payload_len,
    enum chat_error *error)
{
	char *payload;
	bool may;

	*error = CHAT_MESSAGE_TOO_LARGE;
	if (payload_len > RECORD_PAYLOAD_MOST)
		return NULL;
	journal_lock(journal);
	assert(!journal->queue.is_pinned);
	may = queue_may_take(journal, record_size(payload_len));
	journal->queue.is_pinned = may;
	journal_unlock(journal);
	payload = may ? record_reserve(journal, payload_len) : NULL;
	*error = payload != NULL ? CHAT_OK : CHAT_UNAVAILABLE;
	return payload;
}

char *
journal_reserve_own(struct journal *journal, size_t payload_len)
{
	batch_set_pinned(journal, true);
	return record_reserve(journal, payload_len);
}

/* Under the lock. The writer is woken once, however long it takes to wake. */
static void
writer_wake(struct journal *journal)
{
	if (journal->writer_waits)
		pthread_cond_signal(&journal->wake_writer);
	journal->writer_waits = false;
}

uint64_t
journal_commit(struct journal *journal, enum record_type type)
{
	uint64_t lsn;

	journal_lock(journal);
	assert(journal->queue.is_pinned);
	lsn = record_add(journal, type, journal->reserved);
	journal->queue.is_pinned = false;
	journal->stats.appended++;
	writer_wake(journal);
	journal_unlock(journal);
	return lsn;
}

void
journal_set_cursor(struct journal *journal, uint64_t lsn)
{
	journal_lock(journal);
	if (lsn > journal->cursor) {
		journal->cursor = lsn;
		writer_wake(journal);
	}
	journal_unlock(journal);
}

int
journal_fd(const struct journal *journal)
{
	return journal->event_fd;
}

void
journal_notify(struct journal *journal)
{
	uint64_t one = 1;

	/* Cannot block: it is written once after each read. */
	if (write(journal->event_fd, &one, sizeof(one)) < 0)
		return;
}

/* Frees the LSNs and the space of the failed records. */
static void
failure_take(struct journal *journal, struct journal_progress *progress)
{
	if (journal->next_lsn > progress->committed + 1) {
		progress->failed_first = progress->committed + 1;
		progress->failed_last = journal->next_lsn - 1;
	}
	journal->next_lsn = progress->committed + 1;
	journal->segment_fill = SEGMENT_HEAD_SIZE;
}

void
journal_poll(struct journal *journal, struct journal_progress *progress)
{
	struct batch *dropped = NULL;
	uint64_t count;

	/*
	 * Clear it first: progress made after the look makes it readable again.
	 */
	if (read(journal->event_fd, &count, sizeof(count)) < 0)
		count = 0; /* it was not readable */
	*progress = (struct journal_progress){ .committed = 0 };
	journal_lock(journal);
	journal->is_notified = false;
	progress->committed = journal->committed;
	progress->give_up =
	    journal->is_permanent && journal->options.on_io_error == STORE_EXIT;
	if (journal->has_failed) {
		dropped = journal_queue_drop(&journal->queue);
		failure_take(journal, progress);
		journal->has_failed = false;
	}
	journal_unlock(journal);
	batches_destroy(dropped);
}

void
journal_wake_loop(struct journal *journal)
{
	bool is_first;

	journal_lock(journal);
	is_first = journal_set_notified(journal);
	journal_unlock(journal);
	if (is_first)
		journal_notify(journal);
}

uint64_t
journal_last(const struct journal *journal)
{
	return journal->next_lsn - 1;
}

uint64_t
journal_committed(struct journal *journal)
{
	uint64_t committed;

	journal_lock(journal);
	committed = journal->committed;
	journal_unlock(journal);
	return committed;
}

const char *
journal_error(struct journal *journal)
{
	int64_t now_us = disk_monotonic_us(journal->disk);
	const char *error;
	bool stalls, is_new;

	journal_lock(journal);
	error = journal->error;
	stalls = journal->is_busy &&
		 now_us - journal->busy_since_us >= JOURNAL_STALL_US;
	is_new = stalls && !journal->stall_is_logged;
	journal->stall_is_logged = stalls;
	journal_unlock(journal);
	if (is_new)
		log_error("store: the disk does not answer");
	return error == NULL && stalls ? "disk does not answer" : error;
}

bool
journal_is_under_pressure(struct journal *journal)
{
	bool pressed;

	journal_lock(journal);
	pressed = journal->queue.bytes >= journal->options.queue_bytes / 4 * 3;
	journal_unlock(journal);
	return pressed;
}

void
journal_stats(struct journal *journal, struct journal_stats *stats)
{
	journal_lock(journal);
	*stats = journal->stats;
	stats->pending_bytes = journal->queue.bytes;
	stats->bytes = journal->compact.old_bytes + journal->segment_bytes;
	journal_unlock(journal);
}
