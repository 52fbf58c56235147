#include "persistence/recovery/recovery.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "domain/log.h"
#include "persistence/format/watermark.h"
#include "persistence/recovery/recovery_internal.h"
#include "persistence/recovery/repair.h"
#include "persistence/recovery/scan_plan.h"
#include "persistence/store_options.h"

static bool
record_is_known(const struct record *record)
{
	static const bool known[] = { [RECORD_OPEN] = true,
		[RECORD_CLOSE] = true,
		[RECORD_SEAL] = true,
		[RECORD_ATTRIBUTE] = true,
		[RECORD_ROOM] = true,
		[RECORD_ROOM_GONE] = true,
		[RECORD_MESSAGE] = true,
		[RECORD_MESSAGE_BARE] = true,
		[RECORD_TRIM] = true,
		[RECORD_LOST] = true,
		[RECORD_SNAP_END] = true };

	return record->type < COUNT_OF(known) && known[record->type] &&
	       record->version <= RECORD_VERSION;
}

static bool
record_is_for_replay(const struct record *record)
{
	switch (record->type) {
	case RECORD_ATTRIBUTE:
	case RECORD_ROOM:
	case RECORD_ROOM_GONE:
	case RECORD_MESSAGE:
	case RECORD_MESSAGE_BARE:
	case RECORD_TRIM:
		return true;
	default:
		return false;
	}
}

static enum recovery_status
record_replay(struct recovery *recovery, const struct record *record)
{
	struct replay *replay = recovery->replay;

	epoch_validity_note(&recovery->validity, record);
	if (!record_is_known(record)) {
		if (record->flags & RECORD_MAY_BE_SKIPPED)
			return RECOVERY_OK;
		return recovery_stop(recovery, RECOVERY_NEWER,
		    "record %" PRIu64 " (type %u, version %u) is of a newer "
		    "program",
		    record->lsn, record->type, record->version);
	}
	if (record_is_for_replay(record) && !replay->record(replay, record))
		return recovery_fail(recovery, "cannot hold what was stored",
		    ENOMEM);
	return RECOVERY_OK;
}

static enum recovery_status
recovery_add_record(struct recovery *recovery, const struct scan_event *event,
    bool is_in_snapshot)
{
	struct recovery_result *result = recovery->result;

	result->records++;
	if (is_in_snapshot)
		result->live_bytes += event->size;
	else
		result->bytes += event->size;
	if (!gap_analysis_add_record(&recovery->analysis, &event->record,
		event->size))
		return recovery_fail(recovery, "cannot read all", ENOMEM);
	if (recovery->has_gap)
		return RECOVERY_OK;
	return record_replay(recovery, &event->record);
}

static enum recovery_status
gap_add(struct recovery *recovery, const struct journal_scan *scan,
    const struct scan_gap *gap)
{
	if (!gap_analysis_add_gap(&recovery->analysis, gap))
		return recovery_fail(recovery, "cannot read all", ENOMEM);
	if (!recovery->has_gap) {
		recovery->has_gap = true;
		recovery->resume_at = *scan;
		recovery->next = *gap;
	}
	return RECOVERY_OK;
}

static enum recovery_status
read_fail(struct recovery *recovery, const struct scan_event *event)
{
	char name[STORE_NAME_SIZE] = "the end of the journal";

	if (event->failed != NULL)
		store_listing_file_name(event->failed, name);
	return recovery_fail(recovery, name, event->error);
}

/*
 * Reads everything, and replays records up to the first gap. Whether that gap
 * is lost or torn depends on the records behind it, so the rest is replayed
 * later. What is read ahead ends before the gap.
 */
static enum recovery_status
journal_read(struct recovery *recovery)
{
	struct journal_scan *scan = &recovery->scan, position;
	enum recovery_status status = RECOVERY_OK;
	struct scan_event event;

	while (status == RECOVERY_OK) {
		bool is_in_snapshot = scan->file == 0;

		if (recovery->is_ahead)
			position = *scan;
		journal_scan_next(scan, &event);
		if (event.kind == SCAN_END)
			break;
		if (event.kind == SCAN_GAP && recovery->is_ahead) {
			*scan = position;
			break;
		}
		if (event.kind == SCAN_RECORD)
			status = recovery_add_record(recovery, &event,
			    is_in_snapshot);
		else if (event.kind == SCAN_GAP)
			status = gap_add(recovery, scan, &event.gap);
		else if (event.kind == SCAN_SNAPSHOT_END)
			gap_analysis_end_snapshot(&recovery->analysis,
			    event.missing);
		else
			status = read_fail(recovery, &event);
	}
	return status;
}

/* Reports a gap that is met for the second time. True: it is the cut. */
static bool
gap_replay(struct recovery *recovery, const struct scan_gap *gap, size_t *at)
{
	const struct gap_analysis *analysis = &recovery->analysis;
	const struct scan_gap *judged = &analysis->gaps[*at];

	if (judged->file != gap->file || judged->at != gap->at ||
	    judged->first != gap->first)
		return false;
	if (recovery->replay->lost != NULL &&
	    gap_analysis_is_lost(analysis, judged))
		recovery->replay->lost(recovery->replay, judged->first,
		    judged->last);
	return ++*at == analysis->count;
}

/* Replays what journal_read() left out, up to the cut. */
static enum recovery_status
journal_replay_rest(struct recovery *recovery)
{
	enum recovery_status status = RECOVERY_OK;
	struct scan_event event;
	size_t at = 0;
	int error;

	if (gap_replay(recovery, &recovery->next, &at))
		return RECOVERY_OK;
	error = journal_scan_resume(&recovery->resume_at);
	if (error != 0)
		return recovery_fail(recovery, "cannot read a file again",
		    error);
	while (status == RECOVERY_OK) {
		journal_scan_next(&recovery->resume_at, &event);
		if (event.kind == SCAN_END ||
		    (event.kind == SCAN_GAP &&
			gap_replay(recovery, &event.gap, &at)))
			break;
		if (event.kind == SCAN_RECORD)
			status = record_replay(recovery, &event.record);
		else if (event.kind == SCAN_FAILED)
			status = read_fail(recovery, &event);
	}
	return status;
}

/* --- result --------------------------------------------------------------- */

/* Segments after the last record are removed by the repair. */
static uint64_t
first_needed_lsn(const struct recovery *recovery)
{
	const struct recovery_result *result = recovery->result;

	for (size_t i = 0; i < recovery->plan.segment_count; i++)
		if (recovery->plan.segments[i].is_readable)
			return recovery->plan.segments[i].lsn < result->next_lsn
				   ? recovery->plan.segments[i].lsn
				   : result->next_lsn;
	return result->next_lsn;
}

static void
result_fill(struct recovery *recovery)
{
	struct gap_analysis *analysis = &recovery->analysis;
	struct recovery_result *result = recovery->result;

	assert(analysis->next_lsn > 0);
	result->next_lsn = analysis->next_lsn;
	result->durable_lsn = analysis->next_lsn - 1;
	result->torn_records = analysis->torn.records;
	result->torn_bytes = analysis->torn.bytes;
	result->records -= analysis->torn.records;
	result->lost = analysis->unreported.ranges;
	result->lost_count = analysis->unreported.count;
	result->lost_ranges = analysis->unreported.count;
	for (size_t i = 0; i < analysis->unreported.count; i++)
		result->lost_records += analysis->unreported.ranges[i].records;
	analysis->unreported = (struct lost_list){ 0 };
	result->segments = recovery->plan.segment_count;
	result->first_live_lsn = first_needed_lsn(recovery);
}

static void
epochs_check(struct recovery *recovery)
{
	struct recovery_result *result = recovery->result;
	uint8_t boot_id[BOOT_ID_SIZE];

	disk_boot_id(recovery->disk, boot_id);
	result->epochs_invalid_up_to =
	    result->lost_count > 0
		? EPOCHS_ALL_INVALID
		: epochs_invalid_up_to(&recovery->validity, boot_id);
}

static enum recovery_status
files_repair(struct recovery *recovery)
{
	const struct gap_analysis *analysis = &recovery->analysis;
	struct repair repair = { .disk = recovery->disk,
		.store_id = recovery->result->store_id,
		.listing = &recovery->listing,
		.plan = &recovery->plan,
		.durable = analysis->durable,
		.gaps = analysis->gaps,
		.gap_count = analysis->count };
	int error = repair_run(&repair);

	return error == 0
		   ? RECOVERY_OK
		   : recovery_fail_to_write(recovery, "cannot repair", error);
}

static enum recovery_status
gaps_analyze(struct recovery *recovery, uint64_t durable_lsn)
{
	struct recovery_result *result = recovery->result;
	uint64_t durable;
	int error;

	error = watermark_read(recovery->disk, result->store_id, &durable);
	if (error != 0)
		return recovery_fail(recovery, WATERMARK_NAME, error);
	if (!gap_analysis_finish(&recovery->analysis,
		durable > durable_lsn ? durable : durable_lsn))
		return recovery_fail(recovery, "cannot judge", ENOMEM);
	if (recovery->analysis.next_lsn > RECORD_LSN_MOST / 2)
		return recovery_stop(recovery, RECOVERY_FOREIGN,
		    "there are no numbers left behind %" PRIu64,
		    recovery->analysis.next_lsn - 1);
	recovery_report(recovery);
	result_fill(recovery);
	if (result->lost_count > 0 && recovery->config.refuse_damage)
		return RECOVERY_DAMAGED;
	return RECOVERY_OK;
}

/* The outcome, if reading and repairing succeeded. */
static enum recovery_status
result_status(const struct recovery_result *result)
{
	if (result->lost_count > 0)
		return RECOVERY_DAMAGED;
	return result->torn_bytes > 0 ? RECOVERY_TORN : RECOVERY_OK;
}

/* The scan begins, or goes on. */
static bool
scan_follow_plan(struct recovery *recovery)
{
	if (recovery->has_begun)
		return journal_scan_move(&recovery->scan, &recovery->plan);
	journal_scan_init(&recovery->scan, &recovery->plan, recovery->reader);
	recovery->has_begun = true;
	return true;
}

/* In the listing are the files as they are now. */
static enum recovery_status
files_read(struct recovery *recovery)
{
	int error = 0;

	store_listing_exclude(&recovery->listing, recovery->result->store_id);
	if (recovery_may_write(recovery))
		error = store_listing_sweep(recovery->disk);
	if (error == 0)
		error = scan_plan_make(&recovery->listing, recovery->reader,
		    &recovery->plan);
	if (error != 0)
		return recovery_fail(recovery, "cannot read the store", error);
	if (recovery->plan.snapshot != NULL)
		recovery->result->snapshot_lsn = recovery->plan.snapshot->lsn;
	error = watermark_read_cursor(recovery->disk,
	    recovery->result->store_id, &recovery->result->cursor);
	if (error != 0)
		return recovery_fail(recovery, WATERMARK_NAME, error);
	if (!scan_follow_plan(recovery))
		return recovery_stop(recovery, RECOVERY_CHANGED,
		    "the files have changed");
	return journal_read(recovery);
}

static enum recovery_status
recovery_read(struct recovery *recovery)
{
	struct store_listing before = recovery->listing;
	enum recovery_status status;

	recovery->listing = (struct store_listing){ 0 };
	status = recovery_identify(recovery);
	if (status == RECOVERY_OK)
		status = files_read(recovery);
	store_listing_fini(&before);
	return status;
}

enum recovery_status
recovery_read_ahead(struct recovery *recovery)
{
	enum recovery_status status;

	recovery->is_ahead = true;
	status = recovery_read(recovery);
	recovery->is_ahead = false;
	return status;
}

enum recovery_status
recovery_finish(struct recovery *recovery)
{
	enum recovery_status status = recovery_read(recovery);

	if (status == RECOVERY_OK)
		status = gaps_analyze(recovery, recovery->scan.durable_lsn);
	if (status == RECOVERY_OK)
		status = journal_replay_rest(recovery);
	if (status == RECOVERY_OK && recovery_may_write(recovery) &&
	    !recovery->result->needs_repair)
		status = files_repair(recovery);
	if (status != RECOVERY_OK)
		return status;
	epochs_check(recovery);
	return result_status(recovery->result);
}

struct recovery *
recovery_create(const struct recovery_config *config, struct replay *replay,
    struct recovery_result *result)
{
	struct recovery *recovery = calloc(1, sizeof(*recovery));

	*result = (struct recovery_result){ 0 };
	if (recovery == NULL)
		return NULL;
	recovery->config = *config;
	recovery->disk = config->disk;
	recovery->replay = replay;
	recovery->result = result;
	recovery->reader = segment_reader_create(config->disk);
	if (recovery->reader != NULL)
		return recovery;
	recovery_destroy(recovery);
	return NULL;
}

void
recovery_destroy(struct recovery *recovery)
{
	if (recovery == NULL)
		return;
	segment_reader_destroy(recovery->reader);
	gap_analysis_fini(&recovery->analysis);
	store_listing_fini(&recovery->listing);
	free(recovery);
}

enum recovery_status
recovery_run(const struct recovery_config *config, struct replay *replay,
    struct recovery_result *result)
{
	struct recovery *recovery = recovery_create(config, replay, result);
	enum recovery_status status;

	if (recovery == NULL) {
		snprintf(result->why, sizeof(result->why),
		    "cannot read the store: %s", strerror(ENOMEM));
		log_error("store: %s", result->why);
		return RECOVERY_FAILED;
	}
	status = recovery_finish(recovery);
	recovery_destroy(recovery);
	return status;
}

void
recovery_result_fini(struct recovery_result *result)
{
	free(result->lost);
	result->lost = NULL;
	result->lost_count = 0;
}

/* --- repairing later ------------------------------------------------------ */

static bool
record_ignore(struct replay *replay, const struct record *record)
{
	(void)replay;
	(void)record;
	return true;
}

int
recovery_repair(struct disk *disk, uint64_t next_lsn)
{
	struct recovery_config config = { .disk = disk,
		.mode = RECOVERY_REPAIR };
	struct replay replay = { .record = record_ignore };
	struct recovery_result result;
	enum recovery_status status = recovery_run(&config, &replay, &result);
	int error = 0;

	if (status > RECOVERY_DAMAGED || result.next_lsn != next_lsn)
		error = EIO;
	else if (result.needs_repair)
		error = ENOSPC;
	recovery_result_fini(&result);
	return error;
}
