#include "persistence/recovery/recovery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "domain/base/count_of.h"
#include "persistence/format/watermark.h"
#include "persistence/recovery/recovery_internal.h"
#include "persistence/recovery/repair.h"
#include "persistence/recovery/scan_plan.h"
#include "persistence/store_options.h"

static bool
is_known(const struct record *record)
{
	static const bool known[] = { [RECORD_OPEN] = true,
		[RECORD_CLOSE] = true,
		[RECORD_SEAL] = true,
		[RECORD_ROOM] = true,
		[RECORD_ROOM_GONE] = true,
		[RECORD_MESSAGE] = true,
		[RECORD_TRIM] = true,
		[RECORD_LOST] = true,
		[RECORD_SNAP_END] = true };

	return record->type < COUNT_OF(known) && known[record->type] &&
	       record->version <= RECORD_VERSION;
}

static bool
is_for_replay(const struct record *record)
{
	return record->type == RECORD_ROOM ||
	       record->type == RECORD_ROOM_GONE ||
	       record->type == RECORD_MESSAGE || record->type == RECORD_TRIM;
}

static enum recovery_end
deliver(struct recovery *recovery, const struct record *record)
{
	struct replay *replay = recovery->replay;

	epoch_validity_note(&recovery->numbering, record);
	if (!is_known(record)) {
		if (record->flags & RECORD_MAY_BE_SKIPPED)
			return RECOVERY_OK;
		return recovery_stop(recovery, RECOVERY_NEWER,
		    "record %" PRIu64 " (type %u, version %u) is of a newer "
		    "program",
		    record->lsn, record->type, record->version);
	}
	if (is_for_replay(record) && !replay->record(replay, record))
		return recovery_fail(recovery, "cannot hold what was stored",
		    ENOMEM);
	return RECOVERY_OK;
}

static enum recovery_end
take_record(struct recovery *recovery, const struct scan_event *event,
    bool is_in_snapshot)
{
	struct recovery_result *result = recovery->result;

	result->records++;
	if (is_in_snapshot)
		result->live_bytes += event->size;
	else
		result->bytes += event->size;
	if (!gap_analysis_add_record(&recovery->judgement, &event->record,
		event->size))
		return recovery_fail(recovery, "cannot read all", ENOMEM);
	if (recovery->is_behind)
		return RECOVERY_OK;
	return deliver(recovery, &event->record);
}

static enum recovery_end
take_gap(struct recovery *recovery, const struct journal_scan *walk,
    const struct scan_gap *gap)
{
	if (!gap_analysis_add_gap(&recovery->judgement, gap))
		return recovery_fail(recovery, "cannot read all", ENOMEM);
	if (!recovery->is_behind) {
		recovery->is_behind = true;
		recovery->rest = *walk;
		recovery->next = *gap;
	}
	return RECOVERY_OK;
}

static enum recovery_end
fail_to_read(struct recovery *recovery, const struct scan_event *event)
{
	char name[STORE_NAME_SIZE] = "the end of the journal";

	if (event->failed != NULL)
		store_listing_file_name(event->failed, name);
	return recovery_fail(recovery, name, event->error);
}

/*
 * Reads everything, and replays it as long as nothing is missing: what is to
 * become of the rest depends on all that is behind it.
 */
static enum recovery_end
read_all(struct recovery *recovery, struct journal_scan *walk)
{
	enum recovery_end how = RECOVERY_OK;
	struct scan_event event;

	while (how == RECOVERY_OK) {
		bool is_in_snapshot = walk->file == 0;

		journal_scan_next(walk, &event);
		if (event.kind == SCAN_END)
			break;
		if (event.kind == SCAN_RECORD)
			how = take_record(recovery, &event, is_in_snapshot);
		else if (event.kind == SCAN_GAP)
			how = take_gap(recovery, walk, &event.gap);
		else if (event.kind == SCAN_SNAPSHOT_END)
			gap_analysis_end_snapshot(&recovery->judgement,
			    event.missing);
		else
			how = fail_to_read(recovery, &event);
	}
	return how;
}

/* What was judged of a gap that is met again. True: it is the cut. */
static bool
meet_again(struct recovery *recovery, const struct scan_gap *gap, size_t *at)
{
	const struct gap_analysis *judgement = &recovery->judgement;
	const struct scan_gap *judged = &judgement->gaps[*at];

	if (judged->file != gap->file || judged->at != gap->at ||
	    judged->first != gap->first)
		return false;
	if (gap_analysis_is_lost(judgement, judged))
		recovery->replay->lost(recovery->replay, judged->first,
		    judged->last);
	return ++*at == judgement->count;
}

/* What read_all() left out, up to the cut. */
static enum recovery_end
read_rest(struct recovery *recovery)
{
	enum recovery_end how = RECOVERY_OK;
	struct scan_event event;
	size_t at = 0;
	int error;

	if (meet_again(recovery, &recovery->next, &at))
		return RECOVERY_OK;
	error = journal_scan_resume(&recovery->rest);
	if (error != 0)
		return recovery_fail(recovery, "cannot read a file again",
		    error);
	while (how == RECOVERY_OK) {
		journal_scan_next(&recovery->rest, &event);
		if (event.kind == SCAN_END ||
		    (event.kind == SCAN_GAP &&
			meet_again(recovery, &event.gap, &at)))
			break;
		if (event.kind == SCAN_RECORD)
			how = deliver(recovery, &event.record);
		else if (event.kind == SCAN_FAILED)
			how = fail_to_read(recovery, &event);
	}
	return how;
}

/* --- what comes of it ----------------------------------------------------- */

/* Segments that begin behind the last record are gone by now. */
static uint64_t
first_live(const struct recovery *recovery)
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
fill_result(struct recovery *recovery)
{
	struct gap_analysis *judgement = &recovery->judgement;
	struct recovery_result *result = recovery->result;

	result->next_lsn = judgement->next_lsn;
	result->durable_lsn = judgement->next_lsn - 1;
	result->torn_records = judgement->torn.records;
	result->torn_bytes = judgement->torn.bytes;
	result->records -= judgement->torn.records;
	result->lost = judgement->news.ranges;
	result->lost_count = judgement->news.count;
	result->lost_ranges = judgement->news.count;
	for (size_t i = 0; i < judgement->news.count; i++)
		result->lost_records += judgement->news.ranges[i].records;
	judgement->news = (struct lost_list){ 0 };
	if (recovery->plan.snapshot != NULL)
		result->snapshot_lsn = recovery->plan.snapshot->lsn;
	result->segments = recovery->plan.segment_count;
	result->first_live_lsn = first_live(recovery);
}

static void
judge_numbering(struct recovery *recovery)
{
	struct recovery_result *result = recovery->result;
	uint8_t boot_id[BOOT_ID_SIZE];

	disk_boot_id(recovery->disk, boot_id);
	result->broken_up_to =
	    result->lost_count > 0
		? NUMBERING_ALL
		: numbering_broken_up_to(&recovery->numbering, boot_id);
}

static enum recovery_end
mend(struct recovery *recovery)
{
	const struct gap_analysis *judgement = &recovery->judgement;
	struct repair mending = { .disk = recovery->disk,
		.store_id = recovery->result->store_id,
		.survey = &recovery->survey,
		.plan = &recovery->plan,
		.durable = judgement->durable,
		.gaps = judgement->gaps,
		.gap_count = judgement->count };
	int error = repair_run(&mending);

	return error == 0 ? RECOVERY_OK
			  : recovery_fail(recovery, "cannot mend", error);
}

static enum recovery_end
judge(struct recovery *recovery, uint64_t vouched)
{
	struct recovery_result *result = recovery->result;
	uint64_t durable;
	int error;

	error = watermark_read(recovery->disk, result->store_id, &durable);
	if (error != 0)
		return recovery_fail(recovery, WATERMARK_NAME, error);
	if (!gap_analysis_pass(&recovery->judgement,
		durable > vouched ? durable : vouched))
		return recovery_fail(recovery, "cannot judge", ENOMEM);
	if (recovery->judgement.next_lsn > RECORD_LSN_MOST / 2)
		return recovery_stop(recovery, RECOVERY_FOREIGN,
		    "there are no numbers left behind %" PRIu64,
		    recovery->judgement.next_lsn - 1);
	recovery_tell(recovery);
	fill_result(recovery);
	if (result->lost_count > 0 && recovery->config->refuse_damage)
		return RECOVERY_DAMAGED;
	return RECOVERY_OK;
}

/* How it ended, if nothing went wrong with reading and mending it. */
static enum recovery_end
verdict(const struct recovery_result *result)
{
	if (result->lost_count > 0)
		return RECOVERY_DAMAGED;
	return result->torn_bytes > 0 ? RECOVERY_TORN : RECOVERY_OK;
}

static enum recovery_end
recover(struct recovery *recovery)
{
	enum recovery_end how = recovery_survey(recovery);
	struct journal_scan walk;
	int error = 0;

	if (how != RECOVERY_OK)
		return how;
	store_listing_exclude(&recovery->survey, recovery->result->store_id);
	if (recovery_may_write(recovery))
		error = store_listing_sweep(recovery->disk);
	if (error == 0)
		error = scan_plan_make(&recovery->survey, recovery->reader,
		    &recovery->plan);
	if (error != 0)
		return recovery_fail(recovery, "cannot read the store", error);
	journal_scan_init(&walk, &recovery->plan, recovery->reader);
	how = read_all(recovery, &walk);
	if (how == RECOVERY_OK)
		how = judge(recovery, walk.vouched);
	if (how == RECOVERY_OK)
		how = read_rest(recovery);
	if (how == RECOVERY_OK && recovery_may_write(recovery))
		how = mend(recovery);
	if (how != RECOVERY_OK)
		return how;
	judge_numbering(recovery);
	return verdict(recovery->result);
}

enum recovery_end
recovery_run(const struct recovery_config *config, struct replay *replay,
    struct recovery_result *result)
{
	struct recovery recovery = { .config = config,
		.disk = config->disk,
		.replay = replay,
		.result = result };
	enum recovery_end how;

	*result = (struct recovery_result){ 0 };
	recovery.reader = segment_reader_create(config->disk);
	if (recovery.reader == NULL)
		how = recovery_fail(&recovery, "cannot read the store", ENOMEM);
	else
		how = recover(&recovery);
	segment_reader_destroy(recovery.reader);
	gap_analysis_fini(&recovery.judgement);
	store_listing_fini(&recovery.survey);
	return how;
}

void
recovery_result_fini(struct recovery_result *result)
{
	free(result->lost);
	result->lost = NULL;
	result->lost_count = 0;
}
