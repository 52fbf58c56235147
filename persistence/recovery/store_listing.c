#include "persistence/recovery/store_listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "persistence/format/watermark.h"

void
store_listing_file_name(const struct store_listing_file *file,
    char out[STORE_NAME_SIZE])
{
	if (file->is_snapshot)
		snapshot_name(out, file->lsn);
	else
		segment_name(out, file->lsn);
}

static bool
file_add(struct store_listing_file **files, size_t *count,
    const struct store_listing_file *file)
{
	struct store_listing_file *more =
	    realloc(*files, (*count + 1) * sizeof(*more));

	if (more == NULL)
		return false;
	*files = more;
	more[(*count)++] = *file;
	return true;
}

struct name_visit {
	struct store_listing *listing;
	int error;
};

static bool
name_is_ours(const char *name)
{
	return strcmp(name, LOCK_NAME) == 0 || strcmp(name, FORMAT_NAME) == 0 ||
	       strcmp(name, WATERMARK_NAME) == 0 || name_is_unfinished(name);
}

static bool
name_add(const char *name, void *arg)
{
	struct name_visit *name_visit = arg;
	struct store_listing *listing = name_visit->listing;
	struct store_listing_file file = { 0 };
	bool is_added = true;

	if (segment_name_read(name, &file.lsn)) {
		is_added = file_add(&listing->segments, &listing->segment_count,
		    &file);
	} else if (snapshot_name_read(name, &file.lsn)) {
		file.is_snapshot = true;
		is_added = file_add(&listing->snapshots,
		    &listing->snapshot_count, &file);
	} else if (strcmp(name, WATERMARK_NAME) == 0) {
		listing->has_watermark = true;
	} else if (!name_is_ours(name)) {
		listing->has_foreign = true;
	}
	if (!is_added)
		name_visit->error = ENOMEM;
	return is_added;
}

static int
files_compare(const void *a, const void *b)
{
	const struct store_listing_file *x = a, *y = b;

	return x->lsn < y->lsn ? -1 : x->lsn > y->lsn;
}

static void
files_sort(struct store_listing_file *files, size_t count)
{
	if (count > 0)
		qsort(files, count, sizeof(*files), files_compare);
}

static int
listing_read_head(struct disk *disk, const char *name,
    struct store_listing_file *file, enum segment_head_state *state)
{
	char bytes[SEGMENT_HEAD_SIZE];
	size_t len;
	int handle, error;

	error = disk_open(disk, name, DISK_READ, &handle);
	if (error != 0)
		return error;
	error = disk_size(disk, handle, &file->size);
	if (error == 0)
		error = disk_read(disk, handle, bytes, sizeof(bytes), 0, &len);
	disk_close(disk, handle);
	if (error == 0)
		*state = segment_head_read(bytes, len, &file->head);
	return error;
}

static int
heads_read(struct store_listing *listing, struct disk *disk,
    struct store_listing_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct store_listing_file *file = &files[i];
		enum segment_head_state state;
		char name[STORE_NAME_SIZE];
		int error;

		store_listing_file_name(file, name);
		error = listing_read_head(disk, name, file, &state);
		if (error != 0) {
			memcpy(listing->failed_name, name, sizeof(name));
			return error;
		}
		if (state == SEGMENT_HEAD_NEWER) {
			listing->is_newer = true;
			memcpy(listing->newer_name, name, sizeof(name));
		}
		file->is_readable = state == SEGMENT_HEAD_GOOD &&
				    file->head.first_lsn == file->lsn &&
				    file->head.is_snapshot == file->is_snapshot;
	}
	return 0;
}

int
store_listing_make(struct store_listing *listing, struct disk *disk)
{
	struct name_visit name_visit = { .listing = listing };
	int error;

	*listing = (struct store_listing){ 0 };
	error = disk_list(disk, name_add, &name_visit);
	if (error == 0)
		error = name_visit.error;
	if (error != 0)
		return error;
	files_sort(listing->snapshots, listing->snapshot_count);
	files_sort(listing->segments, listing->segment_count);
	error = heads_read(listing, disk, listing->snapshots,
	    listing->snapshot_count);
	if (error == 0)
		error = heads_read(listing, disk, listing->segments,
		    listing->segment_count);
	return error;
}

void
store_listing_fini(struct store_listing *listing)
{
	free(listing->snapshots);
	free(listing->segments);
	*listing = (struct store_listing){ 0 };
}

/* The newest file comes last. */
static bool
store_id_find(const struct store_listing_file *files, size_t count,
    const uint8_t wanted[STORE_ID_SIZE], uint8_t out[STORE_ID_SIZE],
    bool *is_wanted)
{
	bool is_found = false;

	for (size_t i = 0; i < count && !*is_wanted; i++) {
		if (!files[i].is_readable)
			continue;
		memcpy(out, files[i].head.store_id, STORE_ID_SIZE);
		*is_wanted = memcmp(out, wanted, STORE_ID_SIZE) == 0;
		is_found = true;
	}
	return is_found;
}

bool
store_listing_store_id(const struct store_listing *listing,
    const uint8_t by_format[STORE_ID_SIZE], uint8_t out[STORE_ID_SIZE])
{
	bool is_wanted = false, is_found;

	is_found = store_id_find(listing->snapshots, listing->snapshot_count,
	    by_format, out, &is_wanted);
	if (store_id_find(listing->segments, listing->segment_count, by_format,
		out, &is_wanted))
		is_found = true;
	return is_found;
}

static void
files_exclude(struct store_listing_file *files, size_t count,
    const uint8_t store_id[STORE_ID_SIZE])
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(files[i].head.store_id, store_id, STORE_ID_SIZE) !=
		    0)
			files[i].is_readable = false;
}

void
store_listing_exclude(struct store_listing *listing,
    const uint8_t store_id[STORE_ID_SIZE])
{
	files_exclude(listing->snapshots, listing->snapshot_count, store_id);
	files_exclude(listing->segments, listing->segment_count, store_id);
}

/* Finds one; it is removed before the next call. */
static bool
unfinished_find(const char *name, void *arg)
{
	char *found = arg;

	if (!name_is_unfinished(name) || strlen(name) >= STORE_NAME_SIZE)
		return true;
	memcpy(found, name, strlen(name) + 1);
	return false;
}

int
store_listing_sweep(struct disk *disk)
{
	for (;;) {
		char name[STORE_NAME_SIZE] = "";
		int error = disk_list(disk, unfinished_find, name);

		if (error != 0 || name[0] == '\0')
			return error;
		error = disk_unlink(disk, name);
		if (error != 0)
			return error;
	}
}
