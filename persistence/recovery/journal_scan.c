#include "persistence/recovery/journal_scan.h"

#include <errno.h>

#include "persistence/format/record_payload.h"

void
journal_scan_init(struct journal_scan *walk, const struct scan_plan *plan,
    struct segment_reader *reader)
{
	*walk = (struct journal_scan){ .plan = *plan, .reader = reader };
	if (plan->snapshot == NULL) {
		walk->file = 1;
		walk->expected = 1;
	} else {
		walk->promised = plan->snapshot->head.count;
		walk->vouched = plan->snapshot->lsn;
	}
}

static const struct store_listing_file *
current_file(const struct journal_scan *walk)
{
	if (walk->file == 0)
		return walk->plan.snapshot;
	if (walk->file <= walk->plan.segment_count)
		return &walk->plan.segments[walk->file - 1];
	return NULL;
}

/* The last LSN that belongs into the current segment. */
static uint64_t
last_of(const struct journal_scan *walk)
{
	for (size_t i = walk->file; i < walk->plan.segment_count; i++)
		if (walk->plan.segments[i].is_readable)
			return walk->plan.segments[i].lsn - 1;
	return LSN_WITHOUT_END;
}

static void
note_vouched(struct journal_scan *walk, uint64_t lsn)
{
	if (lsn > walk->vouched)
		walk->vouched = lsn;
}

static void
leave_file(struct journal_scan *walk)
{
	if (walk->is_open && walk->file > 0)
		note_vouched(walk, segment_reader_vouched(walk->reader));
	walk->is_open = false;
	walk->at = 0;
	walk->file++;
}

static int
open_file(struct journal_scan *walk)
{
	const struct store_listing_file *file = current_file(walk);
	enum segment_head_state state;
	char name[STORE_NAME_SIZE];
	int error;

	store_listing_file_name(file, name);
	error = segment_reader_open(walk->reader, name, &state);
	if (error != 0)
		return error;
	if (file->is_readable && state != SEGMENT_HEAD_GOOD)
		return EIO; /* it was, a moment ago */
	walk->is_open = true;
	/* Cut behind the first of its two heads: no place for records. */
	walk->at = segment_reader_size(walk->reader);
	if (walk->at > SEGMENT_HEAD_SIZE)
		walk->at = SEGMENT_HEAD_SIZE;
	return 0;
}

/* Zeros at most behind its head: it was never used. */
static int
content_is_blank(struct journal_scan *walk, bool *is_blank)
{
	uint64_t size = segment_reader_size(walk->reader), end;
	int error;

	*is_blank = true;
	if (size <= SEGMENT_HEAD_SIZE)
		return 0;
	error =
	    segment_reader_content_end(walk->reader, SEGMENT_HEAD_SIZE, &end);
	*is_blank = end == SEGMENT_HEAD_SIZE;
	return error;
}

/*
 * Segments behind the last one that can be read. The head of one that was used
 * was synced once, and so was a record at least that is missing now.
 */
static int
look_behind(struct journal_scan *walk)
{
	for (; current_file(walk) != NULL; walk->file++) {
		bool is_blank;
		int error = open_file(walk);

		if (error == 0)
			error = content_is_blank(walk, &is_blank);
		if (error != 0)
			return error;
		if (!is_blank)
			note_vouched(walk, walk->expected);
	}
	return 0;
}

/* Nothing below `last` is expected any more. */
static void
tell_gap(struct journal_scan *walk, struct scan_event *out, uint64_t at,
    uint64_t len, uint64_t last)
{
	out->kind = SCAN_GAP;
	out->gap = (struct scan_gap){ .file = current_file(walk),
		.at = at,
		.len = len,
		.first = walk->expected,
		.last = last,
		.tail = walk->tail,
		.tail_end = walk->tail_end };
	if (last == LSN_WITHOUT_END)
		walk->is_over = true;
	else if (last >= walk->expected)
		walk->expected = last + 1;
}

static bool
fail(const struct journal_scan *walk, struct scan_event *out, int error)
{
	out->kind = SCAN_FAILED;
	out->error = error;
	out->failed = current_file(walk);
	return true;
}

/* A file whose head is bad. The records may be counted by those behind it. */
static bool
tell_whole_file(struct journal_scan *walk, struct scan_event *out)
{
	const struct store_listing_file *file = current_file(walk);
	bool is_blank;
	int error = content_is_blank(walk, &is_blank);

	if (error != 0)
		return fail(walk, out, error);
	if (!is_blank)
		note_vouched(walk, walk->expected);
	tell_gap(walk, out, 0, file->size, last_of(walk));
	out->gap.is_whole = true;
	out->gap.is_blank = is_blank;
	leave_file(walk);
	return true;
}

/* True: there is an event. */
static bool
enter_file(struct journal_scan *walk, struct scan_event *out)
{
	const struct store_listing_file *file = current_file(walk);
	int error = open_file(walk);

	if (error != 0)
		return fail(walk, out, error);
	if (!file->is_readable)
		return tell_whole_file(walk, out);
	if (file->is_snapshot)
		return false;
	note_vouched(walk, file->lsn - 1);
	if (walk->expected >= file->lsn)
		return false;
	/* Whole files before this one are missing. */
	tell_gap(walk, out, 0, 0, file->lsn - 1);
	return true;
}

/* --- in a snapshot -------------------------------------------------------- */

static bool
take_snapshot_record(struct journal_scan *walk, const struct segment_item *item,
    struct scan_event *out)
{
	walk->count++;
	walk->expected = item->record.lsn;
	out->kind = SCAN_RECORD;
	out->record = item->record;
	out->size = item->len;
	return true;
}

/* Between the records around it; where they are neighbours, one of the two. */
static void
tell_snapshot_gap(struct journal_scan *walk, const struct segment_item *item,
    struct scan_event *out)
{
	uint64_t last = walk->plan.snapshot->lsn;
	uint64_t first = walk->expected + 1;

	if (item->next_lsn > 0)
		last = item->next_lsn - 1;
	if (first > last)
		first = last > 0 ? last : 1;
	if (last < first)
		last = first;
	walk->has_gap = true;
	if (item->next_lsn == 0)
		walk->has_open_gap = true;
	out->kind = SCAN_GAP;
	out->gap = (struct scan_gap){ .file = walk->plan.snapshot,
		.at = item->at,
		.len = item->len,
		.first = first,
		.last = last,
		.is_blank = item->is_blank };
}

/* Nobody says how many there were: one at least is missing. */
static uint64_t
count_missing(const struct journal_scan *walk)
{
	if (walk->promised == 0)
		return 1;
	return walk->promised > walk->count ? walk->promised - walk->count : 0;
}

static bool
end_snapshot(struct journal_scan *walk, struct scan_event *out)
{
	out->kind = SCAN_SNAPSHOT_END;
	out->missing = count_missing(walk);
	walk->expected = walk->plan.snapshot->lsn + 1;
	leave_file(walk);
	return true;
}

/* What stands behind SNAP_END does not matter. */
static bool
take_snapshot_end(struct journal_scan *walk, const struct segment_item *item,
    struct scan_event *out)
{
	struct segment_item nothing = { .at = item->at };
	uint64_t count;

	if (walk->promised == 0 &&
	    snap_end_entry_read(item->record.payload, &count))
		walk->promised = count;
	walk->has_end = true;
	if (count_missing(walk) == 0 || walk->has_gap)
		return false;
	tell_snapshot_gap(walk, &nothing, out);
	return true;
}

static bool
next_in_snapshot(struct journal_scan *walk, const struct segment_item *item,
    struct scan_event *out)
{
	bool is_record = item->kind == SEGMENT_RECORD;

	if (is_record && item->record.type == RECORD_SNAP_END)
		return take_snapshot_end(walk, item, out);
	if (is_record)
		return take_snapshot_record(walk, item, out);
	if (item->kind == SEGMENT_GAP ||
	    (count_missing(walk) > 0 && !walk->has_open_gap)) {
		tell_snapshot_gap(walk, item, out);
		return true;
	}
	return end_snapshot(walk, out);
}

/* --- in a segment --------------------------------------------------------- */

static bool
take_segment_record(struct journal_scan *walk, const struct segment_item *item,
    uint64_t last, struct scan_event *out)
{
	uint64_t lsn = item->record.lsn;
	bool belongs = lsn >= walk->expected && lsn <= last;

	if (belongs) {
		walk->expected = lsn + 1;
		walk->tail = current_file(walk);
		walk->tail_end = item->at + item->len;
		out->kind = SCAN_RECORD;
		out->record = item->record;
		out->size = item->len;
	}
	if (lsn >= last)
		leave_file(walk);
	return belongs;
}

/* What stands behind the last record that belongs here does not matter. */
static bool
take_segment_gap(struct journal_scan *walk, const struct segment_item *item,
    uint64_t last, struct scan_event *out)
{
	bool is_to_end = item->next_lsn == 0 || item->next_lsn > last;
	bool is_told = false;

	if (!is_to_end)
		last = item->next_lsn - 1;
	if (walk->expected <= last) {
		tell_gap(walk, out, item->at, item->len, last);
		out->gap.is_blank = item->is_blank;
		is_told = true;
	}
	if (is_to_end)
		leave_file(walk);
	return is_told;
}

static bool
next_in_segment(struct journal_scan *walk, const struct segment_item *item,
    struct scan_event *out)
{
	uint64_t last = last_of(walk);

	if (item->kind == SEGMENT_RECORD)
		return take_segment_record(walk, item, last, out);
	return take_segment_gap(walk, item, last, out);
}

/* --- all of it ------------------------------------------------------------ */

static bool
read_item(struct journal_scan *walk, struct scan_event *out)
{
	struct segment_item item;

	segment_reader_next(walk->reader, &item);
	if (item.kind == SEGMENT_FAILED)
		return fail(walk, out, item.error);
	walk->at = item.at + item.len;
	return walk->file == 0 ? next_in_snapshot(walk, &item, out)
			       : next_in_segment(walk, &item, out);
}

/* True: there is an event. */
static bool
step(struct journal_scan *walk, struct scan_event *out)
{
	if (walk->is_over) {
		int error = look_behind(walk);

		if (error != 0)
			return fail(walk, out, error);
		out->kind = SCAN_END;
		return true;
	}
	if (current_file(walk) == NULL) {
		tell_gap(walk, out, 0, 0, LSN_WITHOUT_END);
		return true;
	}
	if (walk->has_end && walk->file == 0)
		return end_snapshot(walk, out);
	return walk->is_open ? read_item(walk, out) : enter_file(walk, out);
}

void
journal_scan_next(struct journal_scan *walk, struct scan_event *out)
{
	*out = (struct scan_event){ 0 };
	while (!step(walk, out))
		continue;
}

int
journal_scan_resume(struct journal_scan *walk)
{
	uint64_t at = walk->at, last_lsn = walk->expected;
	int error;

	if (!walk->is_open)
		return 0;
	error = open_file(walk);
	if (error != 0)
		return error;
	if (walk->file > 0)
		last_lsn--;
	segment_reader_seek(walk->reader, at, last_lsn);
	walk->at = at;
	return 0;
}
