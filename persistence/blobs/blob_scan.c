#include "persistence/blobs/blob_scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "domain/log.h"
#include "persistence/blobs/blob_files.h"
#include "persistence/blobs/blob_record.h"

struct scan {
	struct disk *disk;
	struct blob_ids found;
	size_t space;
	bool is_shared;
	bool has_no_memory;
	uint8_t boot_id[BOOT_ID_SIZE];
	size_t removed;
};

/* --- ids ------------------------------------------------------------------ */

/* Only names of ours: others stay as they are. */
static bool
name_is_of_blob(const char *name)
{
	static const char *const suffixes[] = { BLOB_PART, BLOB_DATA, BLOB_INFO,
		BLOB_NEW };

	if (strlen(name) < ID_SIZE - 1 ||
	    !blob_id_is_valid(str_slice(name, ID_SIZE - 1)))
		return false;
	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		if (strcmp(name + ID_SIZE - 1, suffixes[i]) == 0)
			return true;
	return false;
}

static bool
scan_add_name(const char *name, void *arg)
{
	struct scan *scan = arg;
	struct blob_ids *found = &scan->found;

	if (!name_is_of_blob(name))
		return true;
	if (found->count == scan->space) {
		size_t space = scan->space * 2 + 64;
		void *ids = realloc(found->ids, space * sizeof(*found->ids));

		scan->has_no_memory = ids == NULL;
		if (ids == NULL)
			return false;
		found->ids = ids;
		scan->space = space;
	}
	memcpy(found->ids[found->count], name, ID_SIZE - 1);
	found->ids[found->count++][ID_SIZE - 1] = '\0';
	return true;
}

static int
ids_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Each id once. */
static void
ids_sort(struct blob_ids *found)
{
	size_t count = 0;

	if (found->count == 0)
		return;
	qsort(found->ids, found->count, sizeof(*found->ids), ids_compare);
	for (size_t i = 0; i < found->count; i++)
		if (count == 0 ||
		    strcmp(found->ids[count - 1], found->ids[i]) != 0)
			memmove(found->ids[count++], found->ids[i], ID_SIZE);
	found->count = count;
}

static int
ids_list(struct scan *scan)
{
	int error = disk_list(scan->disk, scan_add_name, scan);

	if (scan->has_no_memory)
		error = ENOMEM;
	ids_sort(&scan->found);
	return error;
}

int
blob_scan_ids(struct disk *disk, struct blob_ids *out)
{
	struct scan scan = { .disk = disk };
	int error = ids_list(&scan);

	*out = scan.found;
	return error;
}

/* --- one file ------------------------------------------------------------- */

/* 0 bytes if there is none. */
static int
blob_file_size(struct disk *disk, const char *id, const char *suffix,
    bool *is_there, uint64_t *size)
{
	char name[BLOB_FILE_NAME_SIZE];
	int file, error;

	blob_file_name(name, id, suffix);
	*size = 0;
	error = disk_open(disk, name, DISK_READ, &file);
	*is_there = error == 0;
	if (error != 0)
		return error == ENOENT ? 0 : error;
	error = disk_size(disk, file, size);
	disk_close(disk, file);
	return error;
}

static void
scan_set_aside(const struct scan *scan, const char *id)
{
	log_warn("files: %s is damaged: moved to quarantine/", id);
	blob_files_set_aside(scan->disk, id);
}

static bool
boot_is_known(const uint8_t boot_id[BOOT_ID_SIZE])
{
	static const uint8_t unknown[BOOT_ID_SIZE];

	return memcmp(boot_id, unknown, BOOT_ID_SIZE) != 0;
}

/*
 * A server that was killed left all that it had written. A machine that went
 * down did not.
 */
static bool
part_is_good(const struct scan *scan, const struct blob *blob,
    const uint8_t boot_id[BOOT_ID_SIZE], uint64_t size)
{
	return (scan->is_shared ||
		   (boot_is_known(boot_id) &&
		       memcmp(boot_id, scan->boot_id, BOOT_ID_SIZE) == 0)) &&
	       (blob->size == BLOB_SIZE_UNKNOWN || size <= blob->size);
}

/*
 * The process was killed between writing the record and the rename. Both are
 * synced again.
 */
static int
part_finish(struct scan *scan, struct blob *blob, uint64_t size)
{
	if (size != blob->size)
		return EIO;
	blob->received = size;
	return blob_files_complete(scan->disk, blob);
}

/* An error: it is not known what is there, which stays. */
static int
blob_examine(struct scan *scan, const char *id, struct blob *blob,
    bool *is_good)
{
	char record[BLOB_RECORD_MOST];
	uint8_t boot_id[BOOT_ID_SIZE];
	bool has_data, has_part;
	uint64_t data_size, part_size;
	size_t len = 0;
	int error;

	*is_good = false;
	/* In this order something is found while another process completes. */
	error =
	    blob_file_size(scan->disk, id, BLOB_PART, &has_part, &part_size);
	if (error == 0)
		error = blob_file_size(scan->disk, id, BLOB_DATA, &has_data,
		    &data_size);
	if (error == 0)
		error = blob_files_read(scan->disk, id, BLOB_INFO, record,
		    sizeof(record), 0, &len);
	if (error != 0)
		return error == ENOENT ? 0 : error;
	if (!blob_record_read(str_slice(record, len), blob, boot_id) ||
	    strcmp(blob->id, id) != 0) {
		if (has_data && !scan->is_shared)
			scan_set_aside(scan, id);
		return 0;
	}
	if (has_data) {
		blob->received = data_size;
		*is_good = blob->is_complete && data_size == blob->size;
		if (blob->is_complete && !*is_good && !scan->is_shared)
			scan_set_aside(scan, id);
		return 0;
	}
	blob->received = part_size;
	/* A client that asks how far it came lets it be completed. */
	if (scan->is_shared)
		blob->is_complete = false;
	*is_good = has_part && part_is_good(scan, blob, boot_id, part_size);
	if (*is_good && blob->is_complete)
		*is_good = part_finish(scan, blob, part_size) == 0;
	return 0;
}

static int
scan_visit(struct scan *scan, blob_visit *visit, void *arg)
{
	for (size_t i = 0; i < scan->found.count; i++) {
		const char *id = scan->found.ids[i];
		struct blob blob;
		bool is_good;
		int error = blob_examine(scan, id, &blob, &is_good);

		if (error != 0) {
			log_warn("files: %s cannot be read: %s", id,
			    strerror(error));
			continue;
		}
		if (is_good && !visit(&blob, arg))
			return ENOMEM;
		if (is_good || scan->is_shared)
			continue;
		blob_files_remove(scan->disk, id);
		scan->removed++;
	}
	return 0;
}

static int
scan_run(struct scan *scan, blob_visit *visit, void *arg)
{
	int error = ids_list(scan);

	disk_boot_id(scan->disk, scan->boot_id);
	if (error == 0)
		error = scan_visit(scan, visit, arg);
	if (scan->removed > 0)
		log_info("files: %zu unfinished or damaged ones removed",
		    scan->removed);
	free(scan->found.ids);
	return error;
}

int
blob_scan(struct disk *disk, blob_visit *visit, void *arg)
{
	struct scan scan = { .disk = disk };

	return scan_run(&scan, visit, arg);
}

int
blob_scan_shared(struct disk *disk, blob_visit *visit, void *arg)
{
	struct scan scan = { .disk = disk, .is_shared = true };

	return scan_run(&scan, visit, arg);
}

int
blob_scan_one(struct disk *disk, const char *id, struct blob *out)
{
	struct scan scan = { .disk = disk, .is_shared = true };
	bool is_good;
	int error = blob_examine(&scan, id, out, &is_good);

	return error == 0 && !is_good ? ENOENT : error;
}
