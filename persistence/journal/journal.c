/* Creates and destroys the journal. */
#include "persistence/journal/journal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "domain/log.h"
#include "persistence/format/record_payload.h"
#include "persistence/journal/journal_internal.h"
#include "persistence/recovery/recovery.h"

#define PROGRAM "parley/" PARLEY_VERSION

/* Timed waits use the monotonic clock. */
static void
lock_init(struct journal *journal)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&journal->lock, NULL);
	pthread_cond_init(&journal->wake_compactor, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&journal->wake_writer, &attributes);
	pthread_cond_init(&journal->end, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void
journal_init(struct journal *journal, const struct journal_config *config)
{
	const struct recovery_result *recovered = config->recovered;

	/* A probe that is always due would keep the writer busy. */
	assert(config->options->probe_ms > 0);
	assert(recovered->next_lsn > 0);
	journal->disk = config->disk;
	journal->options = *config->options;
	journal->end_ms = config->end_ms > 0 ? config->end_ms : JOURNAL_END_MS;
	journal->next_lsn = recovered->next_lsn;
	journal->written = recovered->next_lsn - 1;
	journal->synced = journal->written;
	journal->committed = journal->written;
	journal->cursor = journal->cursor_written = recovered->cursor;
	journal->unsynced_since_us = -1;
	journal->needs_segment = true;
	journal->needs_repair = recovered->needs_repair;
	journal->repair = config->repair;
	journal->arg = config->arg;
	journal->segment_fill = SEGMENT_HEAD_SIZE;
	journal->compact.tried_lsn = recovered->snapshot_lsn;
	journal->compact.old_segments = recovered->segments;
	journal->compact.old_bytes = recovered->bytes;
	journal->compact.live_bytes = recovered->live_bytes;
	lock_init(journal);
	journal_queue_init(&journal->queue);
	segment_writer_init(&journal->segment, config->disk,
	    recovered->store_id, config->options->segment_bytes);
	watermark_init(&journal->watermark, config->disk, recovered->store_id);
}

static void
journal_fini(struct journal *journal)
{
	watermark_fini(&journal->watermark);
	segment_writer_fini(&journal->segment);
	journal_queue_fini(&journal->queue);
	pthread_cond_destroy(&journal->wake_writer);
	pthread_cond_destroy(&journal->end);
	pthread_cond_destroy(&journal->wake_compactor);
	pthread_mutex_destroy(&journal->lock);
	close(journal->event_fd);
}

static bool
open_append(struct journal *journal)
{
	struct open_payload entry = { .policy = (uint8_t)journal->options.sync,
		.wall_ms = disk_wall_ms(journal->disk),
		.version = STR(PROGRAM) };
	char bytes[OPEN_PAYLOAD_MOST], *payload;
	size_t len;

	disk_boot_id(journal->disk, entry.boot_id);
	len = open_payload_write(bytes, &entry);
	payload = journal_reserve_own(journal, len);
	if (payload == NULL)
		return false;
	memcpy(payload, bytes, len);
	journal_commit(journal, RECORD_OPEN);
	return true;
}

static bool
lost_append(struct journal *journal, const struct lost_range *lost)
{
	char *payload = journal_reserve_own(journal, LOST_PAYLOAD_SIZE);

	if (payload == NULL)
		return false;
	lost_payload_write(payload, lost);
	journal_commit(journal, RECORD_LOST);
	return true;
}

static bool
first_records_append(struct journal *journal,
    const struct recovery_result *recovered)
{
	bool ok = open_append(journal);

	for (size_t i = 0; ok && i < recovered->lost_count; i++)
		ok = lost_append(journal, &recovered->lost[i]);
	journal->opening_lsn = journal_last(journal);
	/* A compaction without the LOST records takes the gap for damage. */
	if (recovered->lost_count > 0)
		journal->compact.tried_lsn = journal->opening_lsn;
	if (!ok)
		log_error("store: out of memory");
	return ok;
}

/* Writes and syncs everything that is pending, whatever the policy. */
static bool
journal_flush(struct journal *journal)
{
	while (journal_step(journal))
		continue;
	if (journal->unsynced_since_us >= 0 &&
	    !journal->segment.is_distrusted && journal_sync(journal) != 0)
		return false;
	if (journal->has_failed || journal->is_permanent)
		return false;
	journal_set_watermark(journal);
	return true;
}

int
journal_repair(struct journal *journal)
{
	int error;

	if (!journal->needs_repair)
		return 0;
	if (journal->repair == NULL)
		return ENOSPC;
	error = journal->repair(journal->arg);
	journal->needs_repair = error != 0;
	return error;
}

/*
 * On a full disk the journal starts read-only: the first records wait in the
 * queue.
 */
static bool
first_segment_begin(struct journal *journal)
{
	int error =
	    journal->needs_repair ? ENOSPC : journal_begin_segment(journal);

	if (error != 0)
		journal_suspend(journal, "first segment", error);
	return journal_flush(journal);
}

struct journal *
journal_create(const struct journal_config *config)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL) {
		log_error("store: out of memory");
		return NULL;
	}
	journal->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (journal->event_fd < 0) {
		log_error("store: eventfd: %s", strerror(errno));
		free(journal);
		return NULL;
	}
	journal_init(journal, config);
	if (!first_records_append(journal, config->recovered) ||
	    !first_segment_begin(journal)) {
		journal_fini(journal);
		free(journal);
		return NULL;
	}
	journal->compact.run = config->compact;
	return journal;
}

/* Returns the preallocated space. If that fails, the next start finds zeros. */
static void
close_append(struct journal *journal)
{
	if (journal->needs_segment || journal_reserve_own(journal, 0) == NULL)
		return;
	journal_commit(journal, RECORD_CLOSE);
	if (journal_flush(journal))
		segment_writer_trim(&journal->segment);
}

void
journal_end(struct journal *journal)
{
	if (journal_flush(journal))
		close_append(journal);
}

bool
journal_destroy(struct journal *journal)
{
	bool had_threads;

	if (journal == NULL)
		return true;
	had_threads = journal->writer_runs || journal->writer_ended;
	if (!journal_stop(journal))
		return false;
	if (!had_threads) {
		/* No compaction at the end. */
		journal->compact.run = NULL;
		journal_end(journal);
	}
	journal_fini(journal);
	free(journal);
	return true;
}
