/*
 * Recovery of a segment of arbitrary bytes: it always ends, and repairs the
 * store so that a second recovery finds the same records and nothing more to
 * cut.
 *
 * The first byte is a set of flags: bit 0, the checksums of possible records
 * are corrected, so that more than noise is read; bit 1, a second segment
 * follows, so that the first is sealed; bit 2, the file is a snapshot. The
 * second byte is the LSN in DURABLE.
 */
#include <stdlib.h>

#include "persistence/format/little_endian.h"
#include "persistence/format/store_format.h"
#include "persistence/format/store_names.h"
#include "persistence/format/watermark.h"
#include "persistence/recovery/recovery.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/memory_disk.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())
#define SALT UINT64_C(0x1122334455667788)
#define NEXT_SEGMENT 12
#define MODE_RIGHT 1
#define MODE_SEALED 2
#define MODE_SNAPSHOT 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t store_id[STORE_ID_SIZE] = "sixteen bytes id";

/* Allocations of the disk itself never fail. */
void
malloc_spare(bool on)
{
	(void)on;
}

struct tally {
	struct replay base;
	uint64_t records;
	uint64_t sum; /* sum of the LSNs */
	uint64_t lost;
};

static bool
count_record(struct replay *base, const struct record *record)
{
	struct tally *tally = (struct tally *)base;

	tally->records++;
	tally->sum += record->lsn;
	return true;
}

static void
count_lost(struct replay *base, uint64_t first, uint64_t last)
{
	struct tally *tally = (struct tally *)base;

	CHECK(first > 0 && first <= last);
	tally->lost += last - first + 1;
}

/* Corrects the checksums of each possible record. */
static void
put_right(char *bytes, size_t len)
{
	static const char magic[4] = { 'p', 'R', 'e', 'c' };

	for (size_t at = 0; at + RECORD_HEAD_SIZE <= len; at += 8) {
		struct record record = { .lsn = 1 + (uint8_t)bytes[at + 8],
			.ahead = get_u32(bytes + at + 16) & 0xff,
			.type = (uint8_t)bytes[at + 20],
			.flags = RECORD_MAY_BE_SKIPPED,
			.version = 1 };
		size_t payload_len = get_u32(bytes + at + 4) & 0xffff;

		if (memcmp(bytes + at, magic, sizeof(magic)) != 0 ||
		    record_size(payload_len) > len - at)
			continue;
		record.payload.len = payload_len;
		record_write(bytes + at, &record, SALT);
	}
}

static void
put_file(struct memory_disk *disk, uint64_t lsn, bool is_snapshot,
    const char *content, size_t len)
{
	struct segment_head head = { .first_lsn = lsn,
		.salt = SALT,
		.is_snapshot = is_snapshot,
		.count = is_snapshot ? 3 : 0 };
	char *bytes = malloc(SEGMENT_HEAD_SIZE + len);
	char name[STORE_NAME_SIZE];

	memcpy(head.store_id, store_id, STORE_ID_SIZE);
	segment_head_write(bytes, &head);
	if (len > 0)
		memcpy(bytes + SEGMENT_HEAD_SIZE, content, len);
	if (is_snapshot)
		snapshot_name(name, lsn);
	else
		segment_name(name, lsn);
	memory_disk_put(disk, name, bytes, SEGMENT_HEAD_SIZE + len);
	free(bytes);
}

static struct memory_disk *
fuzz_store_create(uint8_t mode, uint8_t durable, const char *content,
    size_t len)
{
	struct memory_disk *disk = memory_disk_create();
	static const uint8_t no_boot_id[BOOT_ID_SIZE];
	char slots[WATERMARK_SIZE] = { 0 };
	bool is_snapshot = mode & MODE_SNAPSHOT;

	CHECK(store_format_write(memory_disk_disk(disk), store_id) == 0);
	watermark_slot_write(slots, store_id, no_boot_id, durable);
	memory_disk_put(disk, WATERMARK_NAME, slots, sizeof(slots));
	put_file(disk, is_snapshot ? NEXT_SEGMENT - 1 : 1, is_snapshot, content,
	    len);
	if (mode & MODE_SEALED)
		put_file(disk, NEXT_SEGMENT, false, NULL, 0);
	return disk;
}

static enum recovery_status
fuzz_store_recover(struct memory_disk *disk, struct tally *tally,
    struct recovery_result *result)
{
	struct recovery_config config = { .disk = memory_disk_disk(disk) };

	*tally = (struct tally){ .base = { count_record, count_lost } };
	return recovery_run(&config, &tally->base, result);
}

static void
check_store(struct memory_disk *disk)
{
	struct recovery_result first, second;
	struct tally once, again;
	enum recovery_status end = fuzz_store_recover(disk, &once, &first);

	CHECK(end == RECOVERY_OK || end == RECOVERY_TORN ||
	      end == RECOVERY_DAMAGED);
	CHECK((end == RECOVERY_DAMAGED) == (first.lost_count > 0));
	end = fuzz_store_recover(disk, &again, &second);
	CHECK(end == RECOVERY_OK || end == RECOVERY_DAMAGED);
	CHECK(once.records == again.records && once.sum == again.sum);
	CHECK(once.lost == again.lost);
	CHECK(first.next_lsn == second.next_lsn);
	CHECK(first.lost_records == second.lost_records);
	recovery_result_fini(&first);
	recovery_result_fini(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_disk *disk;
	char *content;

	if (size < 2)
		return 0;
	content = malloc(size - 2 + 1);
	memcpy(content, data + 2, size - 2);
	if (data[0] & MODE_RIGHT)
		put_right(content, size - 2);
	disk = fuzz_store_create(data[0], data[1], content, size - 2);
	check_store(disk);
	memory_disk_destroy(disk);
	free(content);
	return 0;
}
