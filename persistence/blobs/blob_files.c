#include "persistence/blobs/blob_files.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "persistence/blobs/blob_hash.h"
#include "persistence/blobs/blob_record.h"

/* Bytes that are hashed at once. */
#define HASH_BYTES (64 * 1024)

void
blob_file_name(char out[BLOB_FILE_NAME_SIZE], const char *id,
    const char *suffix)
{
	assert(blob_id_is_valid(str_from(id)));
	snprintf(out, BLOB_FILE_NAME_SIZE, "%s%s", id, suffix);
}

static int
blob_file_open(struct disk *disk, const char *id, const char *suffix,
    enum disk_mode mode, int *file)
{
	char name[BLOB_FILE_NAME_SIZE];

	blob_file_name(name, id, suffix);
	return disk_open(disk, name, mode, file);
}

static int
blob_file_rename(struct disk *disk, const char *id, const char *from,
    const char *to)
{
	char before[BLOB_FILE_NAME_SIZE], after[BLOB_FILE_NAME_SIZE];

	blob_file_name(before, id, from);
	blob_file_name(after, id, to);
	return disk_rename(disk, before, after);
}

static void
blob_file_unlink(struct disk *disk, const char *id, const char *suffix)
{
	char name[BLOB_FILE_NAME_SIZE];

	blob_file_name(name, id, suffix);
	(void)disk_unlink(disk, name);
}

/* --- records -------------------------------------------------------------- */

static int
record_file_write(struct disk *disk, const struct blob *blob,
    const char *suffix, bool is_synced)
{
	uint8_t boot_id[BOOT_ID_SIZE];
	char record[BLOB_RECORD_MOST];
	size_t len;
	int file, error;

	disk_boot_id(disk, boot_id);
	len = blob_record_write(record, blob, boot_id);
	error = blob_file_open(disk, blob->id, suffix, DISK_CREATE, &file);
	if (error != 0)
		return error;
	error = disk_write(disk, file, record, len, 0);
	if (error == 0 && is_synced)
		error = disk_fsync(disk, file);
	disk_close(disk, file);
	return error;
}

static int
record_replace(struct disk *disk, const struct blob *blob, bool is_synced)
{
	int error;

	blob_file_unlink(disk, blob->id, BLOB_NEW);
	error = record_file_write(disk, blob, BLOB_NEW, is_synced);
	if (error == 0)
		error = blob_file_rename(disk, blob->id, BLOB_NEW, BLOB_INFO);
	if (error != 0)
		blob_file_unlink(disk, blob->id, BLOB_NEW);
	return error;
}

int
blob_files_put_record(struct disk *disk, const struct blob *blob)
{
	return record_replace(disk, blob, false);
}

int
blob_files_sync_record(struct disk *disk, const char *id)
{
	int file,
	    error = blob_file_open(disk, id, BLOB_INFO, DISK_WRITE, &file);

	if (error != 0)
		return error;
	error = disk_fsync(disk, file);
	disk_close(disk, file);
	return error == 0 ? disk_sync_dir(disk, false) : error;
}

/* --- bytes ---------------------------------------------------------------- */

int
blob_files_create(struct disk *disk, const struct blob *blob)
{
	int file, error = record_file_write(disk, blob, BLOB_INFO, false);

	if (error == 0)
		error = blob_file_open(disk, blob->id, BLOB_PART, DISK_CREATE,
		    &file);
	if (error == 0)
		disk_close(disk, file);
	else if (error != EEXIST)
		blob_files_remove(disk, blob->id);
	return error;
}

int
blob_files_append(struct disk *disk, const char *id, struct str bytes,
    uint64_t at)
{
	int file,
	    error = blob_file_open(disk, id, BLOB_PART, DISK_WRITE, &file);

	if (error != 0)
		return error;
	error = disk_write(disk, file, bytes.data, bytes.len, at);
	disk_close(disk, file);
	return error;
}

/* An upload that is complete or removed by now has no such file: 0. */
int
blob_files_flush(struct disk *disk, const char *id)
{
	int file,
	    error = blob_file_open(disk, id, BLOB_PART, DISK_WRITE, &file);

	if (error != 0)
		return 0;
	error = disk_fdatasync(disk, file);
	disk_close(disk, file);
	return error;
}

int
blob_files_read(struct disk *disk, const char *id, const char *suffix,
    void *out, size_t len, uint64_t at, size_t *got)
{
	int file, error = blob_file_open(disk, id, suffix, DISK_READ, &file);

	if (error != 0)
		return error;
	error = disk_read(disk, file, out, len, at, got);
	disk_close(disk, file);
	return error;
}

static int
file_hash_bytes(struct disk *disk, int file, struct blob_hash *hash,
    uint64_t from, uint64_t to)
{
	char bytes[HASH_BYTES];

	for (uint64_t at = from; at < to;) {
		size_t len =
		    to - at < sizeof(bytes) ? (size_t)(to - at) : sizeof(bytes);
		int error = disk_read(disk, file, bytes, len, at, NULL);

		if (error != 0)
			return error;
		blob_hash_add(hash, bytes, len);
		at += len;
	}
	return 0;
}

static int
file_hash(struct disk *disk, int file, uint64_t size,
    uint8_t out[BLOB_HASH_SIZE])
{
	struct blob_hash *hash = blob_hash_create();
	int error =
	    hash == NULL ? ENOMEM : file_hash_bytes(disk, file, hash, 0, size);

	if (error == 0)
		blob_hash_end(hash, out);
	blob_hash_destroy(hash);
	return error;
}

static int
blob_file_lock(struct disk *disk, const char *id, const char *suffix, int *file)
{
	int error = blob_file_open(disk, id, suffix, DISK_WRITE, file);

	if (error != 0)
		return error;
	error = disk_lock(disk, *file);
	if (error != 0)
		disk_close(disk, *file);
	return error == EACCES ? EAGAIN : error;
}

int
blob_files_lock(struct disk *disk, const char *id, int *file)
{
	return blob_file_lock(disk, id, BLOB_DATA, file);
}

/* A part that is not there any more is complete, if there are its data. */
static int
part_lock(struct disk *disk, const char *id, int *file)
{
	int error = blob_file_lock(disk, id, BLOB_PART, file), data;

	if (error != ENOENT ||
	    blob_file_open(disk, id, BLOB_DATA, DISK_READ, &data) != 0)
		return error;
	disk_close(disk, data);
	return EAGAIN;
}

/* A write that failed may have left bytes behind those that count. */
static int
part_complete(struct disk *disk, int file, struct blob *blob)
{
	int error = disk_ftruncate(disk, file, blob->size);

	if (error == 0)
		error = file_hash(disk, file, blob->size, blob->hash);
	if (error == 0)
		error = disk_fsync(disk, file);
	if (error == 0)
		error = record_replace(disk, blob, true);
	if (error == 0)
		error = blob_file_rename(disk, blob->id, BLOB_PART, BLOB_DATA);
	return error == 0 ? disk_sync_dir(disk, false) : error;
}

int
blob_files_complete(struct disk *disk, struct blob *blob)
{
	int file, error = part_lock(disk, blob->id, &file);

	if (error != 0)
		return error;
	error = part_complete(disk, file, blob);
	disk_close(disk, file);
	return error;
}

int
blob_files_check(struct disk *disk, const struct blob *blob,
    struct blob_hash *hash, uint64_t *at)
{
	uint64_t left = blob->size - *at;
	uint64_t len = left < BLOB_CHECK_BYTES ? left : BLOB_CHECK_BYTES;
	uint8_t found[BLOB_HASH_SIZE];
	int file, error;

	error = blob_file_open(disk, blob->id, BLOB_DATA, DISK_READ, &file);
	if (error != 0)
		return error;
	error = file_hash_bytes(disk, file, hash, *at, *at + len);
	disk_close(disk, file);
	if (error != 0 || len < left) {
		*at += len;
		return error == 0 ? EAGAIN : error;
	}
	blob_hash_end(hash, found);
	return memcmp(found, blob->hash, sizeof(found)) == 0 ? 0 : EBADMSG;
}

static void
blob_quarantine(struct disk *disk, const char *id, const char *suffix)
{
	char from[BLOB_FILE_NAME_SIZE], to[BLOB_FILE_NAME_SIZE + 16];

	blob_file_name(from, id, suffix);
	snprintf(to, sizeof(to), "quarantine/%s", from);
	(void)disk_rename(disk, from, to);
}

void
blob_files_set_aside(struct disk *disk, const char *id)
{
	(void)disk_make_quarantine(disk);
	blob_quarantine(disk, id, BLOB_DATA);
	blob_quarantine(disk, id, BLOB_INFO);
	blob_files_remove(disk, id);
}

/* The record goes last: it is what a start finds the rest by. */
void
blob_files_remove(struct disk *disk, const char *id)
{
	static const char *const suffixes[] = { BLOB_DATA, BLOB_PART, BLOB_NEW,
		BLOB_INFO };

	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		blob_file_unlink(disk, id, suffixes[i]);
}
