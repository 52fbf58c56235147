#include "persistence/recovery/quarantine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/log.h"
#include "persistence/format/store_names.h"

/* "quarantine/snap-0123456789abcdef.snap-0123456789abcdef" */
#define QUARANTINE_NAME_SIZE 64
#define NOTE_SUFFIX ".txt"
#define SUFFIXED_NAME_SIZE (QUARANTINE_NAME_SIZE + 4)
#define COPY_AT_ONCE ((size_t)16 << 10)

/* The name of the copy of a file from `at` on. */
static void
quarantine_name(char out[QUARANTINE_NAME_SIZE], const char *file, uint64_t at)
{
	snprintf(out, QUARANTINE_NAME_SIZE, "quarantine/%s-%016" PRIx64, file,
	    at);
}

static int
file_exists(struct disk *disk, const char *name, bool *is_there)
{
	int file, error = disk_open(disk, name, DISK_READ, &file);

	*is_there = error == 0;
	if (error == 0)
		disk_close(disk, file);
	return error == ENOENT ? 0 : error;
}

/* Copies less if the file is shorter. */
static int
range_copy(struct disk *disk, int from, uint64_t at, uint64_t len, int to)
{
	char bytes[COPY_AT_ONCE];

	for (uint64_t done = 0; done < len;) {
		size_t want = sizeof(bytes), got;
		int error;

		if (want > len - done)
			want = (size_t)(len - done);
		error = disk_read(disk, from, bytes, want, at + done, &got);
		if (error == 0 && got > 0)
			error = disk_write(disk, to, bytes, got, done);
		if (error != 0 || got == 0)
			return error;
		done += got;
	}
	return 0;
}

/* Creates an empty file in place of an old one. */
static int
quarantine_file_create(struct disk *disk, const char *name, int *file)
{
	int error = disk_unlink(disk, name);

	if (error != 0 && error != ENOENT)
		return error;
	return disk_open(disk, name, DISK_CREATE, file);
}

static int
note_write(struct disk *disk, const char *name, const char *note)
{
	char note_name[SUFFIXED_NAME_SIZE];
	int file, error;

	snprintf(note_name, sizeof(note_name), "%s" NOTE_SUFFIX, name);
	error = quarantine_file_create(disk, note_name, &file);
	if (error != 0)
		return error;
	error = disk_write(disk, file, note, strlen(note), 0);
	if (error == 0)
		error = disk_fsync(disk, file);
	disk_close(disk, file);
	return error;
}

static int
copy_write(struct disk *disk, const char *name, const char *from, uint64_t at,
    uint64_t len)
{
	int source, target, error;

	error = disk_open(disk, from, DISK_READ, &source);
	if (error != 0)
		return error;
	error = quarantine_file_create(disk, name, &target);
	if (error != 0)
		goto close_source;
	error = range_copy(disk, source, at, len, target);
	if (error == 0)
		error = disk_fsync(disk, target);
	disk_close(disk, target);
close_source:
	disk_close(disk, source);
	return error;
}

/* The final name comes last: it shows that the copy is complete. */
static int
range_keep(struct disk *disk, const char *name, const char *file, uint64_t at,
    uint64_t len, const char *note)
{
	char unfinished[SUFFIXED_NAME_SIZE];
	int error;

	snprintf(unfinished, sizeof(unfinished), "%s" UNFINISHED_SUFFIX, name);
	error = copy_write(disk, unfinished, file, at, len);
	if (error == 0)
		error = note_write(disk, name, note);
	if (error == 0)
		error = disk_sync_dir(disk, true);
	if (error == 0)
		error = disk_rename(disk, unfinished, name);
	if (error == 0)
		error = disk_sync_dir(disk, true);
	return error;
}

int
quarantine_keep(struct disk *disk, const char *file, uint64_t at, uint64_t len,
    const char *note)
{
	char name[QUARANTINE_NAME_SIZE];
	bool is_there;
	int error;

	quarantine_name(name, file, at);
	error = disk_make_quarantine(disk);
	if (error == 0)
		error = disk_sync_dir(disk, false);
	if (error == 0)
		error = file_exists(disk, name, &is_there);
	if (error == 0 && !is_there)
		error = range_keep(disk, name, file, at, len, note);
	if (error != 0)
		log_error("store: %s: %s", name, strerror(error));
	return error;
}
