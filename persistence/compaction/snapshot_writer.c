#include "persistence/compaction/snapshot_writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "persistence/format/record_payload.h"
#include "persistence/format/segment_reader.h"

/* Room for the longest record and some more. */
#define BUFFER_SIZE (RECORD_PAYLOAD_MOST + (256u << 10))

/* --- writing -------------------------------------------------------------- */

static int
snapshot_head_write(struct snapshot_writer *writer)
{
	char head[SEGMENT_HEAD_SIZE];

	segment_head_write(head, &writer->head);
	return disk_write(writer->disk, writer->file, head, sizeof(head), 0);
}

static int
snapshot_file_create(struct snapshot_writer *writer)
{
	int error = disk_unlink(writer->disk, writer->name);

	if (error == 0 || error == ENOENT)
		error = disk_open(writer->disk, writer->name, DISK_CREATE,
		    &writer->file);
	return error;
}

int
snapshot_writer_begin(struct snapshot_writer *writer, struct disk *disk,
    const uint8_t store_id[STORE_ID_SIZE], uint64_t last_lsn)
{
	char name[STORE_NAME_SIZE];
	int error;

	*writer = (struct snapshot_writer){ .disk = disk,
		.head = { .first_lsn = last_lsn, .is_snapshot = true },
		.at = SEGMENT_HEAD_SIZE };
	memcpy(writer->head.store_id, store_id, STORE_ID_SIZE);
	disk_random(disk, &writer->head.salt, sizeof(writer->head.salt));
	snapshot_name(name, last_lsn);
	snprintf(writer->name, sizeof(writer->name), "%s" UNFINISHED_SUFFIX,
	    name);
	writer->buffer = malloc(BUFFER_SIZE);
	if (writer->buffer == NULL)
		return ENOMEM;
	error = snapshot_file_create(writer);
	if (error != 0) {
		free(writer->buffer);
		return error;
	}
	error = snapshot_head_write(writer);
	if (error != 0)
		snapshot_writer_end(writer);
	return error;
}

static int
buffer_flush(struct snapshot_writer *writer)
{
	int error = disk_write(writer->disk, writer->file, writer->buffer,
	    writer->used, writer->at);

	if (error != 0)
		return error;
	writer->at += writer->used;
	writer->used = 0;
	return 0;
}

/*
 * Writes and syncs in parts: one sync of everything would delay those of the
 * journal, and its pages would displace others from the cache.
 */
static int
part_write(struct snapshot_writer *writer)
{
	int error = buffer_flush(writer);

	if (error == 0)
		error = disk_fdatasync(writer->disk, writer->file);
	if (error == 0)
		disk_drop_cache(writer->disk, writer->file);
	return error;
}

static int
record_put(struct snapshot_writer *writer, const struct record *record)
{
	size_t size = record_size(record->payload.len);
	char *at;
	int error;

	if (size > BUFFER_SIZE - writer->used) {
		error = part_write(writer);
		if (error != 0)
			return error;
	}
	at = writer->buffer + writer->used;
	if (record->payload.len > 0)
		memcpy(at + RECORD_HEAD_SIZE, record->payload.data,
		    record->payload.len);
	record_write(at, record, writer->head.salt);
	writer->used += size;
	return 0;
}

int
snapshot_writer_add(struct snapshot_writer *writer, const struct record *record)
{
	struct record durable = *record;
	int error;

	durable.ahead = 0;
	error = record_put(writer, &durable);
	if (error == 0)
		writer->head.count++;
	return error;
}

/* --- finishing ------------------------------------------------------------ */

static int
file_finish(struct snapshot_writer *writer)
{
	char payload[SNAP_END_PAYLOAD_SIZE];
	struct record end = { .lsn = writer->head.first_lsn,
		.type = RECORD_SNAP_END,
		.version = RECORD_VERSION };
	int error;

	end.payload = str_slice(payload,
	    snap_end_payload_write(payload, writer->head.count));
	error = record_put(writer, &end);
	if (error == 0)
		error = buffer_flush(writer);
	if (error == 0)
		error = snapshot_head_write(writer);
	if (error == 0)
		error = disk_fdatasync(writer->disk, writer->file);
	return error;
}

/* Checks that all records up to SNAP_END can be read. */
static int
records_count(struct segment_reader *reader, struct io_throttle *throttle,
    uint64_t count)
{
	struct segment_item item;
	uint64_t found = 0;
	int error;

	do {
		segment_reader_next(reader, &item);
		if (item.kind == SEGMENT_FAILED)
			return item.error;
		found += item.kind == SEGMENT_RECORD;
		error = io_throttle_note(throttle, item.len);
		if (error != 0)
			return error;
	} while (item.kind == SEGMENT_RECORD &&
		 item.record.type != RECORD_SNAP_END);
	return item.kind == SEGMENT_RECORD && found == count + 1 ? 0 : EIO;
}

/* Reads from the disk, not from the cache. */
static int
snapshot_verify(const struct snapshot_writer *writer)
{
	struct segment_reader *reader = segment_reader_create(writer->disk);
	enum segment_head_state state;
	int error;

	if (reader == NULL)
		return ENOMEM;
	disk_drop_cache(writer->disk, writer->file);
	error = segment_reader_open(reader, writer->name, &state);
	if (error == 0 && state != SEGMENT_HEAD_GOOD)
		error = EIO;
	if (error == 0)
		error =
		    records_count(reader, writer->throttle, writer->head.count);
	segment_reader_destroy(reader);
	return error;
}

int
snapshot_writer_publish(struct snapshot_writer *writer, uint64_t *bytes)
{
	char name[STORE_NAME_SIZE];
	int error = file_finish(writer);

	if (error == 0)
		error = snapshot_verify(writer);
	if (error != 0)
		return error;
	snapshot_name(name, writer->head.first_lsn);
	error = disk_rename(writer->disk, writer->name, name);
	if (error == 0)
		error = disk_sync_dir(writer->disk, false);
	if (error == 0)
		*bytes = writer->at - SEGMENT_HEAD_SIZE;
	return error;
}

/* An unfinished file is ignored and removed by the next start. */
void
snapshot_writer_end(struct snapshot_writer *writer)
{
	disk_close(writer->disk, writer->file);
	(void)disk_unlink(writer->disk, writer->name);
	free(writer->buffer);
}
