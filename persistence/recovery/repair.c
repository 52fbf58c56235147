#include "persistence/recovery/repair.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "domain/log.h"
#include "persistence/format/watermark.h"
#include "persistence/recovery/quarantine.h"

#define WIPE_AT_ONCE ((size_t)16 << 10)

static const struct scan_gap *
cut_of(const struct repair *mending)
{
	return &mending->gaps[mending->gap_count - 1];
}

/* Whether somebody was promised what was there. */
static bool
is_lost(const struct repair *mending, const struct scan_gap *gap)
{
	return gap->first <= mending->durable || gap->first > gap->last;
}

static int
keep(const struct repair *mending, const struct store_listing_file *file,
    const struct scan_gap *gap)
{
	char name[STORE_NAME_SIZE], note[512];
	int used;

	store_listing_file_name(file, name);
	used = snprintf(note, sizeof(note),
	    "%" PRIu64 " bytes of %s from byte %" PRIu64 " on,\n"
	    "found %" PRId64 " ms after the beginning of 1970.\n",
	    gap->len, name, gap->at, disk_wall_ms(mending->disk));
	if (gap->first <= gap->last)
		snprintf(note + used, sizeof(note) - (size_t)used,
		    "Records %" PRIu64 " to %" PRIu64 " are missing there.\n",
		    gap->first, gap->last);
	return quarantine_keep(mending->disk, name, gap->at, gap->len, note);
}

static int
write_zeros(struct disk *disk, int file, uint64_t at, uint64_t len)
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

/* So that no later start finds there what was declared lost. */
static int
wipe(const struct repair *mending, const struct scan_gap *gap)
{
	char name[STORE_NAME_SIZE];
	int file, error;

	store_listing_file_name(gap->file, name);
	error = disk_open(mending->disk, name, DISK_WRITE, &file);
	if (error != 0)
		return error;
	error = write_zeros(mending->disk, file, gap->at, gap->len);
	if (error == 0)
		error = disk_fdatasync(mending->disk, file);
	disk_close(mending->disk, file);
	return error;
}

static int
remove_file(const struct repair *mending, const struct store_listing_file *file)
{
	char name[STORE_NAME_SIZE];

	store_listing_file_name(file, name);
	return disk_unlink(mending->disk, name);
}

/* A file of which nothing can be read, or nothing is needed. */
static int
set_aside(const struct repair *mending, const struct store_listing_file *file)
{
	struct scan_gap whole = { .len = file->size, .first = 1 };
	char name[STORE_NAME_SIZE];
	int error = keep(mending, file, &whole);

	store_listing_file_name(file, name);
	log_error("store: %s is damaged, and out of the way now", name);
	return error == 0 ? remove_file(mending, file) : error;
}

static int
mend_gap(const struct repair *mending, const struct scan_gap *gap)
{
	int error = 0;

	if (gap->file == NULL || gap->len == 0)
		return 0;
	if (!gap->is_blank)
		error = keep(mending, gap->file, gap);
	if (error == 0 && gap->is_whole)
		error = remove_file(mending, gap->file);
	else if (error == 0 && !gap->is_blank)
		error = wipe(mending, gap);
	return error;
}

/*
 * Synced even if there is nothing to be cut: who wrote what is there may have
 * been killed before the sync, and from now on it is shown.
 */
static int
end_file(const struct repair *mending, const struct store_listing_file *which,
    uint64_t size)
{
	char name[STORE_NAME_SIZE];
	int file, error;

	store_listing_file_name(which, name);
	error = disk_open(mending->disk, name, DISK_WRITE, &file);
	if (error != 0)
		return error;
	error = disk_ftruncate(mending->disk, file, size);
	if (error == 0)
		error = disk_fdatasync(mending->disk, file);
	disk_close(mending->disk, file);
	return error;
}

static const struct store_listing_file *
segment_before(const struct repair *mending,
    const struct store_listing_file *file)
{
	const struct store_listing_file *segments = mending->plan->segments;

	while (file > segments)
		if ((--file)->is_readable)
			return file;
	return NULL;
}

/*
 * The segment before it is the newest then: what stands behind its records
 * did not matter until now.
 */
static int
remove_newest(const struct repair *mending, const struct scan_gap *cut)
{
	const struct store_listing_file *before =
	    segment_before(mending, cut->file);
	int error = 0;

	if (before != NULL)
		error = end_file(mending, before,
		    before == cut->tail ? cut->tail_end : SEGMENT_HEAD_SIZE);
	return error == 0 ? remove_file(mending, cut->file) : error;
}

/* Segments behind the cut have bad heads, or they would have moved it. */
static int
remove_later(const struct repair *mending, const struct scan_gap *cut)
{
	const struct store_listing_file *segments = mending->plan->segments;

	for (size_t i = mending->plan->segment_count; i-- > 0;) {
		int error;

		if (&segments[i] == cut->file)
			break;
		error = is_lost(mending, cut)
			    ? set_aside(mending, &segments[i])
			    : remove_file(mending, &segments[i]);
		if (error != 0)
			return error;
	}
	return 0;
}

/*
 * A segment without a record goes altogether: the next one may get its name.
 * The space that a segment has not used is given back.
 */
static int
cut_tail(const struct repair *mending)
{
	const struct scan_gap *cut = cut_of(mending);
	int error;

	if (cut->file == NULL)
		return 0;
	error = remove_later(mending, cut);
	if (error == 0 && is_lost(mending, cut) && cut->len > 0 &&
	    !cut->is_blank)
		error = keep(mending, cut->file, cut);
	if (error != 0)
		return error;
	if (cut->is_whole || cut->at <= SEGMENT_HEAD_SIZE)
		return remove_newest(mending, cut);
	return end_file(mending, cut->file, cut->at);
}

/* What the snapshot covers, and other snapshots. */
static int
tidy_up(const struct repair *mending)
{
	const struct store_listing *survey = mending->survey;
	const struct scan_plan *plan = mending->plan;
	size_t covered = survey->segment_count - plan->segment_count;
	int error = 0;

	for (size_t i = 0; i < survey->snapshot_count && error == 0; i++) {
		const struct store_listing_file *file = &survey->snapshots[i];

		if (file == plan->snapshot)
			continue;
		if (file->is_readable && plan->snapshot != NULL &&
		    file->lsn < plan->snapshot->lsn)
			error = remove_file(mending, file);
		else
			error = set_aside(mending, file);
	}
	for (size_t i = 0; i < covered && error == 0; i++)
		error = remove_file(mending, &survey->segments[i]);
	return error;
}

int
repair_run(const struct repair *mending)
{
	int error = 0;

	assert(mending->gap_count > 0);
	/* The files that vouch for it may be about to go. */
	if (mending->durable > 0)
		error = watermark_raise(mending->disk, mending->store_id,
		    mending->durable);
	for (size_t i = 0; i + 1 < mending->gap_count && error == 0; i++)
		error = mend_gap(mending, &mending->gaps[i]);
	if (error == 0)
		error = cut_tail(mending);
	if (error == 0)
		error = tidy_up(mending);
	return error == 0 ? disk_sync_dir(mending->disk, false) : error;
}
