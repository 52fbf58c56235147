#include "persistence/recovery/repair.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "domain/log.h"
#include "persistence/format/watermark.h"
#include "persistence/recovery/quarantine.h"

#define WIPE_AT_ONCE ((size_t)16 << 10)

static const struct scan_gap *
repair_cut(const struct repair *repair)
{
	return &repair->gaps[repair->gap_count - 1];
}

/* Whether the gap, or a part of it, was durable once. */
static bool
gap_is_lost(const struct repair *repair, const struct scan_gap *gap)
{
	return gap->first <= repair->durable || gap->first > gap->last;
}

static int
gap_quarantine(const struct repair *repair,
    const struct store_listing_file *file, const struct scan_gap *gap)
{
	char name[STORE_NAME_SIZE], note[512];
	int used;

	store_listing_file_name(file, name);
	used = snprintf(note, sizeof(note),
	    "%" PRIu64 " bytes of %s from byte %" PRIu64 " on,\n"
	    "found %" PRId64 " ms after the beginning of 1970.\n",
	    gap->len, name, gap->at, disk_wall_ms(repair->disk));
	if (gap->first <= gap->last)
		snprintf(note + used, sizeof(note) - (size_t)used,
		    "Records %" PRIu64 " to %" PRIu64 " are missing there.\n",
		    gap->first, gap->last);
	return quarantine_keep(repair->disk, name, gap->at, gap->len, note);
}

static int
zeros_write(struct disk *disk, int file, uint64_t at, uint64_t len)
{
	static const char zeros[WIPE_AT_ONCE];

	while (len > 0) {
		size_t some = len < sizeof(zeros) ? (size_t)len : sizeof(zeros);
		int error = disk_write(disk, file, zeros, some, at);

		if (error != 0)
			return error;
		at += some;
		len -= some;
	}
	return 0;
}

/* Overwrites lost bytes, so that no later start finds records in them. */
static int
gap_zero(const struct repair *repair, const struct scan_gap *gap)
{
	char name[STORE_NAME_SIZE];
	int file, error;

	store_listing_file_name(gap->file, name);
	error = disk_open(repair->disk, name, DISK_WRITE, &file);
	if (error != 0)
		return error;
	error = zeros_write(repair->disk, file, gap->at, gap->len);
	if (error == 0)
		error = disk_fdatasync(repair->disk, file);
	disk_close(repair->disk, file);
	return error;
}

static int
file_remove(const struct repair *repair, const struct store_listing_file *file)
{
	char name[STORE_NAME_SIZE];

	store_listing_file_name(file, name);
	return disk_unlink(repair->disk, name);
}

/* A file that is damaged as a whole, or not needed. */
static int
file_quarantine(const struct repair *repair,
    const struct store_listing_file *file)
{
	struct scan_gap whole = { .len = file->size, .first = 1 };
	char name[STORE_NAME_SIZE];
	int error = gap_quarantine(repair, file, &whole);

	store_listing_file_name(file, name);
	log_error("store: %s is damaged: moved to quarantine", name);
	return error == 0 ? file_remove(repair, file) : error;
}

static int
gap_repair(const struct repair *repair, const struct scan_gap *gap)
{
	int error = 0;

	if (gap->file == NULL || gap->len == 0)
		return 0;
	if (!gap->is_blank)
		error = gap_quarantine(repair, gap->file, gap);
	if (error == 0 && gap->is_whole)
		error = file_remove(repair, gap->file);
	else if (error == 0 && !gap->is_blank)
		error = gap_zero(repair, gap);
	return error;
}

/*
 * Syncs even if nothing is cut: the records may be unsynced since a kill, and
 * clients see them from now on.
 */
static int
file_truncate(const struct repair *repair,
    const struct store_listing_file *which, uint64_t size)
{
	char name[STORE_NAME_SIZE];
	int file, error;

	store_listing_file_name(which, name);
	error = disk_open(repair->disk, name, DISK_WRITE, &file);
	if (error != 0)
		return error;
	error = disk_ftruncate(repair->disk, file, size);
	if (error == 0)
		error = disk_fdatasync(repair->disk, file);
	disk_close(repair->disk, file);
	return error;
}

static const struct store_listing_file *
segment_before(const struct repair *repair,
    const struct store_listing_file *file)
{
	const struct store_listing_file *segments = repair->plan->segments;

	while (file > segments)
		if ((--file)->is_readable)
			return file;
	return NULL;
}

/*
 * The previous segment becomes the newest: bytes after its records did not
 * matter until now.
 */
static int
segment_remove_newest(const struct repair *repair, const struct scan_gap *cut)
{
	const struct store_listing_file *before =
	    segment_before(repair, cut->file);
	int error = 0;

	if (before != NULL)
		error = file_truncate(repair, before,
		    before == cut->tail ? cut->tail_end : SEGMENT_HEAD_SIZE);
	return error == 0 ? file_remove(repair, cut->file) : error;
}

/* Segments after the cut are unreadable, or the cut would be later. */
static int
segments_remove_after(const struct repair *repair, const struct scan_gap *cut)
{
	const struct store_listing_file *segments = repair->plan->segments;

	for (size_t i = repair->plan->segment_count; i-- > 0;) {
		int error;

		if (&segments[i] == cut->file)
			break;
		error = gap_is_lost(repair, cut)
			    ? file_quarantine(repair, &segments[i])
			    : file_remove(repair, &segments[i]);
		if (error != 0)
			return error;
	}
	return 0;
}

/*
 * Removes a segment without records: the next one may get its name. Else frees
 * its unused space.
 */
static int
tail_cut(const struct repair *repair)
{
	const struct scan_gap *cut = repair_cut(repair);
	int error;

	if (cut->file == NULL)
		return 0;
	error = segments_remove_after(repair, cut);
	if (error == 0 && gap_is_lost(repair, cut) && cut->len > 0 &&
	    !cut->is_blank)
		error = gap_quarantine(repair, cut->file, cut);
	if (error != 0)
		return error;
	if (cut->is_whole || cut->at <= SEGMENT_HEAD_SIZE)
		return segment_remove_newest(repair, cut);
	return file_truncate(repair, cut->file, cut->at);
}

/* Removes covered segments and other snapshots. */
static int
files_remove_covered(const struct repair *repair)
{
	const struct store_listing *listing = repair->listing;
	const struct scan_plan *plan = repair->plan;
	size_t covered = listing->segment_count - plan->segment_count;
	int error = 0;

	for (size_t i = 0; i < listing->snapshot_count && error == 0; i++) {
		const struct store_listing_file *file = &listing->snapshots[i];

		if (file == plan->snapshot)
			continue;
		if (file->is_readable && plan->snapshot != NULL &&
		    file->lsn < plan->snapshot->lsn)
			error = file_remove(repair, file);
		else
			error = file_quarantine(repair, file);
	}
	for (size_t i = 0; i < covered && error == 0; i++)
		error = file_remove(repair, &listing->segments[i]);
	return error;
}

static int
segment_sync(const struct repair *repair,
    const struct store_listing_file *segment)
{
	char name[STORE_NAME_SIZE];
	int file, error;

	store_listing_file_name(segment, name);
	error = disk_open(repair->disk, name, DISK_WRITE, &file);
	if (error != 0)
		return error;
	error = disk_fdatasync(repair->disk, file);
	disk_close(repair->disk, file);
	return error;
}

/*
 * The records may be unsynced since a kill. If the watermark were synced before
 * them, a power cut in between would pass for damage.
 */
static int
watermark_raise_behind_segments(const struct repair *repair)
{
	int error = 0;

	for (size_t i = 0; i < repair->plan->segment_count && error == 0; i++)
		error = segment_sync(repair, &repair->plan->segments[i]);
	if (error != 0)
		return error;
	return watermark_raise(repair->disk, repair->store_id, repair->durable);
}

int
repair_run(const struct repair *repair)
{
	int error = 0;

	assert(repair->gap_count > 0);
	/*
	 * First, since files that show what was durable may be removed below.
	 */
	if (repair->durable > 0)
		error = watermark_raise_behind_segments(repair);
	for (size_t i = 0; i + 1 < repair->gap_count && error == 0; i++)
		error = gap_repair(repair, &repair->gaps[i]);
	if (error == 0)
		error = tail_cut(repair);
	if (error == 0)
		error = files_remove_covered(repair);
	return error == 0 ? disk_sync_dir(repair->disk, false) : error;
}
