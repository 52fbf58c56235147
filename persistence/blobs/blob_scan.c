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
	char (*ids)[ID_SIZE]; /* of all files that were found, sorted */
	size_t count;
	size_t space;
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

	if (!name_is_of_blob(name))
		return true;
	if (scan->count == scan->space) {
		size_t space = scan->space * 2 + 64;
		void *ids = realloc(scan->ids, space * sizeof(*scan->ids));

		scan->has_no_memory = ids == NULL;
		if (ids == NULL)
			return false;
		scan->ids = ids;
		scan->space = space;
	}
	memcpy(scan->ids[scan->count], name, ID_SIZE - 1);
	scan->ids[scan->count++][ID_SIZE - 1] = '\0';
	return true;
}

static int
ids_compare(const void *a, const void *b)
{
	return strcmp(a, b);
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
	return boot_is_known(boot_id) &&
	       memcmp(boot_id, scan->boot_id, BOOT_ID_SIZE) == 0 &&
	       (blob->size == BLOB_SIZE_UNKNOWN || size <= blob->size);
}

/* It was killed between the record and the new name; both are synced again. */
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
	int error = blob_files_read(scan->disk, id, BLOB_INFO, record,
	    sizeof(record), 0, &len);

	*is_good = false;
	if (error == 0)
		error = blob_file_size(scan->disk, id, BLOB_DATA, &has_data,
		    &data_size);
	if (error == 0)
		error = blob_file_size(scan->disk, id, BLOB_PART, &has_part,
		    &part_size);
	if (error != 0)
		return error == ENOENT ? 0 : error;
	if (!blob_record_read(str_slice(record, len), blob, boot_id) ||
	    strcmp(blob->id, id) != 0) {
		if (has_data)
			scan_set_aside(scan, id);
		return 0;
	}
	if (has_data) {
		blob->received = data_size;
		*is_good = blob->is_complete && data_size == blob->size;
		if (blob->is_complete && !*is_good)
			scan_set_aside(scan, id);
		return 0;
	}
	blob->received = part_size;
	*is_good = has_part && part_is_good(scan, blob, boot_id, part_size);
	if (*is_good && blob->is_complete)
		*is_good = part_finish(scan, blob, part_size) == 0;
	return 0;
}

static int
scan_visit(struct scan *scan, blob_visit *visit, void *arg)
{
	for (size_t i = 0; i < scan->count; i++) {
		struct blob blob;
		bool is_good;
		int error;

		if (i > 0 && strcmp(scan->ids[i - 1], scan->ids[i]) == 0)
			continue;
		error = blob_examine(scan, scan->ids[i], &blob, &is_good);
		if (error != 0) {
			log_warn("files: %s cannot be read: %s", scan->ids[i],
			    strerror(error));
			continue;
		}
		if (is_good && !visit(&blob, arg))
			return ENOMEM;
		if (is_good)
			continue;
		blob_files_remove(scan->disk, scan->ids[i]);
		scan->removed++;
	}
	return 0;
}

int
blob_scan(struct disk *disk, blob_visit *visit, void *arg)
{
	struct scan scan = { .disk = disk };
	int error = disk_list(disk, scan_add_name, &scan);

	disk_boot_id(disk, scan.boot_id);
	if (scan.has_no_memory)
		error = ENOMEM;
	if (error == 0 && scan.count > 0)
		qsort(scan.ids, scan.count, sizeof(*scan.ids), ids_compare);
	if (error == 0)
		error = scan_visit(&scan, visit, arg);
	if (scan.removed > 0)
		log_info("files: %zu unfinished or damaged ones removed",
		    scan.removed);
	free(scan.ids);
	return error;
}
