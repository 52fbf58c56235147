#include "persistence/format/segment_writer.h"

#include <assert.h>
#include <errno.h>

#include "persistence/format/store_names.h"

/*
 * The name of a segment has the LSN of its first record, which is not known
 * when space is allocated. The next start removes a file of this name.
 */
#define NEXT_NAME "next" UNFINISHED_SUFFIX

/* How many zeros to write at once, from a block boundary on. */
#define AHEAD_BYTES UINT64_C(262144)
#define AHEAD_ALIGN UINT64_C(4096)

void
segment_writer_init(struct segment_writer *writer, struct disk *disk,
    const uint8_t store_id[STORE_ID_SIZE], uint64_t segment_bytes)
{
	*writer = (struct segment_writer){ .disk = disk,
		.segment_bytes = segment_bytes,
		.file = -1,
		.next = -1 };
	memcpy(writer->store_id, store_id, STORE_ID_SIZE);
}

static void
next_drop(struct segment_writer *writer)
{
	if (writer->next < 0)
		return;
	disk_close(writer->disk, writer->next);
	writer->next = -1;
	/* If that fails, the next one removes it. */
	disk_unlink(writer->disk, NEXT_NAME);
}

void
segment_writer_fini(struct segment_writer *writer)
{
	next_drop(writer);
	if (writer->file >= 0)
		disk_close(writer->disk, writer->file);
	writer->file = -1;
}

/* Every sync goes through here. */
static int
sync_note(struct segment_writer *writer, int error)
{
	if (error != 0)
		writer->is_distrusted = true;
	return error;
}

/*
 * Without a descriptor for the directory nothing was synced, and a later sync
 * can be trusted.
 */
static int
writer_sync_directory(struct segment_writer *writer)
{
	int error = disk_sync_dir(writer->disk, false);

	return error == EMFILE || error == ENFILE ? error
						  : sync_note(writer, error);
}

int
segment_writer_prepare(struct segment_writer *writer)
{
	int error;

	if (writer->next >= 0)
		return 0;
	error = disk_unlink(writer->disk, NEXT_NAME);
	if (error != 0 && error != ENOENT)
		return error;
	error = disk_open(writer->disk, NEXT_NAME, DISK_CREATE, &writer->next);
	if (error != 0) {
		writer->next = -1;
		return error;
	}
	error =
	    disk_fallocate(writer->disk, writer->next, writer->segment_bytes);
	if (error != 0)
		next_drop(writer);
	return error;
}

/*
 * Each call needs the one before: a segment under its final name is complete.
 */
static int
next_publish(struct segment_writer *writer, const struct segment_head *head)
{
	char bytes[SEGMENT_HEAD_SIZE], name[STORE_NAME_SIZE];
	struct disk *disk = writer->disk;
	int error;

	assert(writer->next >= 0);
	segment_head_write(bytes, head);
	segment_name(name, head->first_lsn);
	error = disk_write(disk, writer->next, bytes, sizeof(bytes), 0);
	if (error == 0)
		error = sync_note(writer, disk_fsync(disk, writer->next));
	if (error == 0)
		error = disk_rename(disk, NEXT_NAME, name);
	if (error == 0)
		error = writer_sync_directory(writer);
	return error;
}

int
segment_writer_begin(struct segment_writer *writer, uint64_t first_lsn)
{
	struct segment_head head = { .first_lsn = first_lsn };
	int error;

	assert(!writer->is_torn && !writer->is_distrusted);
	assert(first_lsn > 0);
	memcpy(head.store_id, writer->store_id, STORE_ID_SIZE);
	disk_random(writer->disk, &head.salt, sizeof(head.salt));
	error = segment_writer_prepare(writer);
	if (error == 0)
		error = next_publish(writer, &head);
	if (error != 0) {
		next_drop(writer);
		return error;
	}
	if (writer->file >= 0)
		disk_close(writer->disk, writer->file);
	writer->file = writer->next;
	writer->next = -1;
	writer->salt = head.salt;
	writer->first_lsn = first_lsn;
	writer->end = SEGMENT_HEAD_SIZE;
	writer->zeroed = 0;
	return 0;
}

int
segment_writer_append(struct segment_writer *writer, const void *data,
    size_t len)
{
	int error;

	assert(writer->file >= 0);
	assert(!writer->is_torn && !writer->is_distrusted);
	assert(len > 0);
	error = disk_write(writer->disk, writer->file, data, len, writer->end);
	if (error == 0)
		writer->end += len;
	else
		writer->is_torn = true;
	return error;
}

/* Large batches would be written twice, for little gain. */
static bool
zeros_are_due(const struct segment_writer *writer, size_t len)
{
	return len <= AHEAD_BYTES / 8 &&
	       writer->zeroed < writer->segment_bytes &&
	       writer->zeroed < writer->end + AHEAD_BYTES / 2;
}

void
segment_writer_zero_ahead(struct segment_writer *writer, size_t len)
{
	uint64_t from = writer->zeroed, left;

	assert(writer->file >= 0);
	if (writer->is_distrusted || !zeros_are_due(writer, len))
		return;
	if (from < writer->end)
		from = (writer->end + AHEAD_ALIGN - 1) & ~(AHEAD_ALIGN - 1);
	writer->zeroed = writer->segment_bytes;
	if (from >= writer->segment_bytes)
		return;
	left = writer->segment_bytes - from;
	if (left > AHEAD_BYTES)
		left = AHEAD_BYTES;
	/* After a failure it is not tried again in this segment. */
	if (disk_zero(writer->disk, writer->file, from, left) == 0)
		writer->zeroed = from + left;
}

int
segment_writer_sync(struct segment_writer *writer)
{
	assert(writer->file >= 0 && !writer->is_distrusted);
	return sync_note(writer, disk_fdatasync(writer->disk, writer->file));
}

int
segment_writer_cut(struct segment_writer *writer)
{
	int error;

	assert(writer->file >= 0 && !writer->is_distrusted);
	error = disk_ftruncate(writer->disk, writer->file, writer->end);
	if (error == 0)
		error = segment_writer_sync(writer);
	if (error == 0)
		writer->is_torn = false;
	return error;
}

void
segment_writer_trim(struct segment_writer *writer)
{
	disk_ftruncate(writer->disk, writer->file, writer->end);
}
