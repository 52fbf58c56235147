#include "tests/support/persistence/store_files.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "persistence/format/store_format.h"
#include "persistence/format/store_names.h"
#include "persistence/format/watermark.h"

const uint8_t test_store_id[STORE_ID_SIZE] = "sixteen bytes id";

static void
store_file_begin(struct store_file *file, uint64_t lsn)
{
	memset(file, 0, sizeof(*file));
	file->head.first_lsn = lsn;
	file->head.salt = 0x5a17 + lsn;
	memcpy(file->head.store_id, test_store_id, STORE_ID_SIZE);
	file->next_lsn = lsn;
	file->len = SEGMENT_HEAD_SIZE;
}

void
segment_begin(struct store_file *file, uint64_t first_lsn)
{
	store_file_begin(file, first_lsn);
}

void
snapshot_begin(struct store_file *file, uint64_t last_lsn)
{
	store_file_begin(file, last_lsn);
	file->head.is_snapshot = true;
	file->next_lsn = 1;
}

size_t
store_file_add(struct store_file *file, enum record_type type,
    struct str payload)
{
	struct record record = { .lsn = file->next_lsn,
		.ahead = (uint32_t)(file->next_lsn - file->durable),
		.type = (uint8_t)type,
		.version = RECORD_VERSION,
		.payload = payload };
	char *at = file->bytes + file->len;

	ck_assert_uint_le(file->len + record_size(payload.len),
	    STORE_FILE_ROOM);
	if (payload.len > 0)
		memcpy(at + RECORD_HEAD_SIZE, payload.data, payload.len);
	record_write(at, &record, file->head.salt);
	file->len += record_size(payload.len);
	file->next_lsn++;
	file->count++;
	return (size_t)(at - file->bytes);
}

size_t
store_file_open(struct store_file *file, uint8_t policy, char boot)
{
	char payload[OPEN_PAYLOAD_MOST];
	struct open_payload entry = { .policy = policy,
		.version = STR("parley/test") };

	memset(entry.boot_id, boot, BOOT_ID_SIZE);
	return store_file_add(file, RECORD_OPEN,
	    str_slice(payload, open_payload_write(payload, &entry)));
}

size_t
store_file_room(struct store_file *file, const char *id)
{
	char payload[512];
	struct room room = { .persistent = true };

	snprintf(room.id, sizeof(room.id), "%s", id);
	snprintf(room.name, sizeof(room.name), "%s", id);
	snprintf(room.epoch, sizeof(room.epoch), "e-%s", id);
	return store_file_add(file, RECORD_ROOM,
	    str_slice(payload, room_payload_write(payload, &room)));
}

size_t
store_file_message(struct store_file *file, const char *room, uint64_t seq)
{
	char payload[512], body[64];
	struct message message = { .seq = seq,
		.at_ms = 1000 + (int64_t)seq,
		.author = STR("Ann"),
		.author_id = STR("a1") };

	snprintf(body, sizeof(body), "\"message %llu of %s\"",
	    (unsigned long long)seq, room);
	message.body = str_from(body);
	return store_file_add(file, RECORD_MESSAGE,
	    str_slice(payload,
		message_payload_write(payload, str_from(room), &message)));
}

size_t
store_file_lost(struct store_file *file, uint64_t first, uint64_t last,
    uint64_t records, uint64_t snapshot)
{
	struct lost_range range = { first, last, records, snapshot };
	char payload[LOST_PAYLOAD_SIZE];

	return store_file_add(file, RECORD_LOST,
	    str_slice(payload, lost_payload_write(payload, &range)));
}

void
store_file_put(struct store_file *file, struct memory_disk *disk, size_t size)
{
	char name[STORE_NAME_SIZE];

	if (file->head.is_snapshot)
		snapshot_name(name, file->head.first_lsn);
	else
		segment_name(name, file->head.first_lsn);
	ck_assert_uint_le(size, STORE_FILE_ROOM);
	segment_head_write(file->bytes, &file->head);
	memory_disk_put(disk, name, file->bytes,
	    size > file->len ? size : file->len);
}

void
snapshot_put(struct store_file *file, struct memory_disk *disk)
{
	char payload[SNAP_END_PAYLOAD_SIZE];

	file->head.count = file->count;
	file->next_lsn = file->head.first_lsn;
	snap_end_payload_write(payload, file->count);
	store_file_add(file, RECORD_SNAP_END,
	    str_slice(payload, sizeof(payload)));
	store_file_put(file, disk, 0);
}

void
store_put_format(struct memory_disk *disk)
{
	ck_assert_int_eq(store_format_write(memory_disk_disk(disk),
			     test_store_id),
	    0);
}

void
store_put_durable(struct memory_disk *disk, uint64_t lsn)
{
	static const uint8_t no_boot_id[BOOT_ID_SIZE];
	char bytes[WATERMARK_SLOT_SIZE] = { 0 };

	watermark_slot_write(bytes, test_store_id, no_boot_id, lsn);
	memory_disk_put(disk, WATERMARK_NAME, bytes, sizeof(bytes));
}
