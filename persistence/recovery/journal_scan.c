#include "persistence/recovery/journal_scan.h"

#include <errno.h>

#include "persistence/format/record_payload.h"

void
journal_scan_init(struct journal_scan *scan, const struct scan_plan *plan,
    struct segment_reader *reader)
{
	*scan = (struct journal_scan){ .plan = *plan, .reader = reader };
	if (plan->snapshot == NULL) {
		scan->file = 1;
		scan->expected = 1;
	} else {
		scan->expected_count = plan->snapshot->head.count;
		scan->durable_lsn = plan->snapshot->lsn;
	}
}

static const struct store_listing_file *
scan_file(const struct journal_scan *scan)
{
	if (scan->file == 0)
		return scan->plan.snapshot;
	if (scan->file <= scan->plan.segment_count)
		return &scan->plan.segments[scan->file - 1];
	return NULL;
}

/* The last LSN that can be in the current segment. */
static uint64_t
file_last_lsn(const struct journal_scan *scan)
{
	for (size_t i = scan->file; i < scan->plan.segment_count; i++)
		if (scan->plan.segments[i].is_readable)
			return scan->plan.segments[i].lsn - 1;
	return LSN_WITHOUT_END;
}

static void
scan_raise_durable(struct journal_scan *scan, uint64_t lsn)
{
	if (lsn > scan->durable_lsn)
		scan->durable_lsn = lsn;
}

static void
file_leave(struct journal_scan *scan)
{
	if (scan->is_open && scan->file > 0)
		scan_raise_durable(scan,
		    segment_reader_durable_lsn(scan->reader));
	scan->is_open = false;
	scan->at = 0;
	scan->file++;
}

static int
scan_file_open(struct journal_scan *scan)
{
	const struct store_listing_file *file = scan_file(scan);
	enum segment_head_state state;
	char name[STORE_NAME_SIZE];
	int error;

	store_listing_file_name(file, name);
	error = segment_reader_open(scan->reader, name, &state);
	if (error != 0)
		return error;
	if (file->is_readable && state != SEGMENT_HEAD_GOOD)
		return EIO; /* it was valid when it was listed */
	scan->is_open = true;
	/* A file shorter than its head has no records. */
	scan->at = segment_reader_size(scan->reader);
	if (scan->at > SEGMENT_HEAD_SIZE)
		scan->at = SEGMENT_HEAD_SIZE;
	return 0;
}

/* Whether there are only zeros after the head: the file was never used. */
static int
file_is_blank(struct journal_scan *scan, bool *is_blank)
{
	uint64_t size = segment_reader_size(scan->reader), end;
	int error;

	*is_blank = true;
	if (size <= SEGMENT_HEAD_SIZE)
		return 0;
	error =
	    segment_reader_content_end(scan->reader, SEGMENT_HEAD_SIZE, &end);
	*is_blank = end == SEGMENT_HEAD_SIZE;
	return error;
}

/*
 * Segments after the last readable one. If one of them was used, its head was
 * synced once, and so was at least one record that is missing now.
 */
static int
scan_remaining_files(struct journal_scan *scan)
{
	for (; scan_file(scan) != NULL; scan->file++) {
		bool is_blank;
		int error = scan_file_open(scan);

		if (error == 0)
			error = file_is_blank(scan, &is_blank);
		if (error != 0)
			return error;
		if (!is_blank)
			scan_raise_durable(scan, scan->expected);
	}
	return 0;
}

/* Nothing up to `last` is expected afterwards. */
static void
gap_event(struct journal_scan *scan, struct scan_event *out, uint64_t at,
    uint64_t len, uint64_t last)
{
	out->kind = SCAN_GAP;
	out->gap = (struct scan_gap){ .file = scan_file(scan),
		.at = at,
		.len = len,
		.first = scan->expected,
		.last = last,
		.tail = scan->tail,
		.tail_end = scan->tail_end };
	if (last == LSN_WITHOUT_END)
		scan->is_at_end = true;
	else if (last >= scan->expected)
		scan->expected = last + 1;
}

static bool
failure_event(const struct journal_scan *scan, struct scan_event *out,
    int error)
{
	out->kind = SCAN_FAILED;
	out->error = error;
	out->failed = scan_file(scan);
	return true;
}

/* A file with a damaged head. Later files show how many records it had. */
static bool
unreadable_file_event(struct journal_scan *scan, struct scan_event *out)
{
	const struct store_listing_file *file = scan_file(scan);
	bool is_blank;
	int error = file_is_blank(scan, &is_blank);

	if (error != 0)
		return failure_event(scan, out, error);
	if (!is_blank)
		scan_raise_durable(scan, scan->expected);
	gap_event(scan, out, 0, file->size, file_last_lsn(scan));
	out->gap.is_whole = true;
	out->gap.is_blank = is_blank;
	file_leave(scan);
	return true;
}

/* True: there is an event. */
static bool
file_enter(struct journal_scan *scan, struct scan_event *out)
{
	const struct store_listing_file *file = scan_file(scan);
	int error = scan_file_open(scan);

	if (error != 0)
		return failure_event(scan, out, error);
	if (!file->is_readable)
		return unreadable_file_event(scan, out);
	if (file->is_snapshot)
		return false;
	scan_raise_durable(scan, file->lsn - 1);
	if (scan->expected >= file->lsn)
		return false;
	/* Files before this one are missing. */
	gap_event(scan, out, 0, 0, file->lsn - 1);
	return true;
}

/* --- in a snapshot -------------------------------------------------------- */

static bool
snapshot_record_event(struct journal_scan *scan,
    const struct segment_item *item, struct scan_event *out)
{
	scan->count++;
	scan->expected = item->record.lsn;
	out->kind = SCAN_RECORD;
	out->record = item->record;
	out->size = item->len;
	return true;
}

/*
 * The LSNs between the records around the gap; if these are neighbours, the LSN
 * of one of them.
 */
static void
snapshot_gap_event(struct journal_scan *scan, const struct segment_item *item,
    struct scan_event *out)
{
	uint64_t last = scan->plan.snapshot->lsn;
	uint64_t first = scan->expected + 1;

	if (item->next_lsn > 0)
		last = item->next_lsn - 1;
	if (first > last)
		first = last > 0 ? last : 1;
	if (last < first)
		last = first;
	scan->has_gap = true;
	if (item->next_lsn == 0)
		scan->has_open_gap = true;
	out->kind = SCAN_GAP;
	out->gap = (struct scan_gap){ .file = scan->plan.snapshot,
		.at = item->at,
		.len = item->len,
		.first = first,
		.last = last,
		.is_blank = item->is_blank };
}

/* Without a count in the file one record at least is missing. */
static uint64_t
snapshot_missing(const struct journal_scan *scan)
{
	if (scan->expected_count == 0)
		return 1;
	return scan->expected_count > scan->count
		   ? scan->expected_count - scan->count
		   : 0;
}

static bool
snapshot_end_event(struct journal_scan *scan, struct scan_event *out)
{
	out->kind = SCAN_SNAPSHOT_END;
	out->missing = snapshot_missing(scan);
	scan->expected = scan->plan.snapshot->lsn + 1;
	file_leave(scan);
	return true;
}

/* Bytes after SNAP_END do not matter. */
static bool
snapshot_end_record(struct journal_scan *scan, const struct segment_item *item,
    struct scan_event *out)
{
	struct segment_item nothing = { .at = item->at };
	uint64_t count;

	if (scan->expected_count == 0 &&
	    snap_end_payload_read(item->record.payload, &count))
		scan->expected_count = count;
	scan->has_end = true;
	if (snapshot_missing(scan) == 0 || scan->has_gap)
		return false;
	snapshot_gap_event(scan, &nothing, out);
	return true;
}

static bool
snapshot_next(struct journal_scan *scan, const struct segment_item *item,
    struct scan_event *out)
{
	bool is_record = item->kind == SEGMENT_RECORD;

	if (is_record && item->record.type == RECORD_SNAP_END)
		return snapshot_end_record(scan, item, out);
	if (is_record)
		return snapshot_record_event(scan, item, out);
	if (item->kind == SEGMENT_GAP ||
	    (snapshot_missing(scan) > 0 && !scan->has_open_gap)) {
		snapshot_gap_event(scan, item, out);
		return true;
	}
	return snapshot_end_event(scan, out);
}

/* --- in a segment --------------------------------------------------------- */

static bool
segment_record_event(struct journal_scan *scan, const struct segment_item *item,
    uint64_t last, struct scan_event *out)
{
	uint64_t lsn = item->record.lsn;
	bool belongs = lsn >= scan->expected && lsn <= last;

	if (belongs) {
		scan->expected = lsn + 1;
		scan->tail = scan_file(scan);
		scan->tail_end = item->at + item->len;
		out->kind = SCAN_RECORD;
		out->record = item->record;
		out->size = item->len;
	}
	if (lsn >= last)
		file_leave(scan);
	return belongs;
}

/* Bytes after the last record that belongs here do not matter. */
static bool
segment_gap_event(struct journal_scan *scan, const struct segment_item *item,
    uint64_t last, struct scan_event *out)
{
	bool is_to_end = item->next_lsn == 0 || item->next_lsn > last;
	bool is_reported = false;

	if (!is_to_end)
		last = item->next_lsn - 1;
	if (scan->expected <= last) {
		gap_event(scan, out, item->at, item->len, last);
		out->gap.is_blank = item->is_blank;
		is_reported = true;
	}
	if (is_to_end)
		file_leave(scan);
	return is_reported;
}

static bool
scan_next_segment(struct journal_scan *scan, const struct segment_item *item,
    struct scan_event *out)
{
	uint64_t last = file_last_lsn(scan);

	if (item->kind == SEGMENT_RECORD)
		return segment_record_event(scan, item, last, out);
	return segment_gap_event(scan, item, last, out);
}

/*
 * --- the whole scan --------------------------------------------------------
 */

static bool
scan_item(struct journal_scan *scan, struct scan_event *out)
{
	struct segment_item item;

	segment_reader_next(scan->reader, &item);
	if (item.kind == SEGMENT_FAILED)
		return failure_event(scan, out, item.error);
	scan->at = item.at + item.len;
	return scan->file == 0 ? snapshot_next(scan, &item, out)
			       : scan_next_segment(scan, &item, out);
}

/* True: there is an event. */
static bool
scan_step(struct journal_scan *scan, struct scan_event *out)
{
	if (scan->is_at_end) {
		int error = scan_remaining_files(scan);

		if (error != 0)
			return failure_event(scan, out, error);
		out->kind = SCAN_END;
		return true;
	}
	if (scan_file(scan) == NULL) {
		gap_event(scan, out, 0, 0, LSN_WITHOUT_END);
		return true;
	}
	if (scan->has_end && scan->file == 0)
		return snapshot_end_event(scan, out);
	return scan->is_open ? scan_item(scan, out) : file_enter(scan, out);
}

void
journal_scan_next(struct journal_scan *scan, struct scan_event *out)
{
	*out = (struct scan_event){ 0 };
	while (!scan_step(scan, out))
		continue;
}

int
journal_scan_resume(struct journal_scan *scan)
{
	uint64_t at = scan->at, last_lsn = scan->expected;
	int error;

	if (!scan->is_open)
		return 0;
	error = scan_file_open(scan);
	if (error != 0)
		return error;
	if (segment_reader_size(scan->reader) < at)
		return EIO; /* records have failed after they were read */
	if (scan->file > 0)
		last_lsn--;
	segment_reader_seek(scan->reader, at, last_lsn);
	scan->at = at;
	return 0;
}

static bool
files_are_same(const struct store_listing_file *a,
    const struct store_listing_file *b)
{
	return a == NULL || b == NULL
		   ? a == b
		   : a->lsn == b->lsn && a->is_readable && b->is_readable &&
			 a->head.salt == b->head.salt;
}

bool
journal_scan_move(struct journal_scan *scan, const struct scan_plan *plan)
{
	const struct scan_plan *before = &scan->plan;
	size_t read = scan->file;

	if (read > 0 && !scan->is_open)
		read--;
	if (!files_are_same(before->snapshot, plan->snapshot) ||
	    read > plan->segment_count)
		return false;
	for (size_t i = 0; i < read; i++)
		if (!files_are_same(&before->segments[i], &plan->segments[i]))
			return false;
	if (scan->tail != NULL)
		scan->tail = plan->segments + (scan->tail - before->segments);
	scan->plan = *plan;
	return journal_scan_resume(scan) == 0;
}
