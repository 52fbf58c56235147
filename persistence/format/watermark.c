#include "persistence/format/watermark.h"

#include <assert.h>
#include <errno.h>

#include "domain/log.h"
#include "persistence/format/crc32c.h"
#include "persistence/format/little_endian.h"

#define WATERMARK_MAGIC UINT64_C(0x727564796c726170) /* "parlydur" */

enum {
	AT_MAGIC = 0,
	AT_LSN = 8,
	AT_STORE_ID = 16,
	AT_BOOT_ID = 32,
	AT_CRC = WATERMARK_SLOT_SIZE - 4 /* of all before it */
};

static const uint8_t no_boot_id[BOOT_ID_SIZE];

/* --- slots ---------------------------------------------------------------- */

void
watermark_slot_write(char out[WATERMARK_SLOT_SIZE],
    const uint8_t store_id[STORE_ID_SIZE], const uint8_t boot_id[BOOT_ID_SIZE],
    uint64_t lsn)
{
	assert(lsn <= RECORD_LSN_MOST);
	memset(out, 0, WATERMARK_SLOT_SIZE);
	put_u64(out + AT_MAGIC, WATERMARK_MAGIC);
	put_u64(out + AT_LSN, lsn);
	memcpy(out + AT_STORE_ID, store_id, STORE_ID_SIZE);
	memcpy(out + AT_BOOT_ID, boot_id, BOOT_ID_SIZE);
	put_u32(out + AT_CRC, crc32c(0, out, AT_CRC));
}

/* The slot's LSN; 0: it is absent, damaged, or another store's. */
static uint64_t
slot_read(const char *bytes, size_t len, unsigned slot,
    const uint8_t store_id[STORE_ID_SIZE])
{
	const char *at = bytes + WATERMARK_SLOT_AT(slot);
	uint64_t lsn;

	if (len < WATERMARK_SLOT_AT(slot) + WATERMARK_SLOT_SIZE)
		return 0;
	lsn = get_u64(at + AT_LSN);
	return get_u64(at + AT_MAGIC) == WATERMARK_MAGIC &&
		       get_u32(at + AT_CRC) == crc32c(0, at, AT_CRC) &&
		       memcmp(at + AT_STORE_ID, store_id, STORE_ID_SIZE) == 0 &&
		       lsn <= RECORD_LSN_MOST
		   ? lsn
		   : 0;
}

/*
 * The higher one of a slot and the next. *lower (may be NULL): 0 or 1, which of
 * them has the lower LSN.
 */
static uint64_t
slots_read(const char *bytes, size_t len, unsigned slot,
    const uint8_t store_id[STORE_ID_SIZE], unsigned *lower)
{
	uint64_t lsns[2] = { slot_read(bytes, len, slot, store_id),
		slot_read(bytes, len, slot + 1, store_id) };
	unsigned higher = lsns[1] > lsns[0] ? 1 : 0;

	if (lower != NULL)
		*lower = 1 - higher;
	return lsns[higher];
}

static uint64_t
synced_read(const char *bytes, size_t len,
    const uint8_t store_id[STORE_ID_SIZE], unsigned *lower)
{
	return slots_read(bytes, len, 0, store_id, lower);
}

/* 0 also if the slot was written in another boot than this. */
static uint64_t
written_read(struct disk *disk, const char *bytes, size_t len,
    const uint8_t store_id[STORE_ID_SIZE])
{
	uint64_t lsn = slot_read(bytes, len, WATERMARK_WRITTEN, store_id);
	uint8_t boot_id[BOOT_ID_SIZE];

	if (lsn == 0)
		return 0;
	disk_boot_id(disk, boot_id);
	if (memcmp(boot_id, no_boot_id, BOOT_ID_SIZE) == 0 ||
	    memcmp(bytes + WATERMARK_SLOT_AT(WATERMARK_WRITTEN) + AT_BOOT_ID,
		boot_id, BOOT_ID_SIZE) != 0)
		return 0;
	return lsn;
}

/* --- the file ------------------------------------------------------------- */

static int
file_open_or_create(struct disk *disk, int *file)
{
	int error = disk_open(disk, WATERMARK_NAME, DISK_WRITE, file);

	if (error != ENOENT)
		return error;
	return disk_open(disk, WATERMARK_NAME, DISK_CREATE, file);
}

/* A file that is not there is empty. */
static int
watermark_file_read(struct disk *disk, char bytes[WATERMARK_SIZE], size_t *len)
{
	int file, error;

	*len = 0;
	error = disk_open(disk, WATERMARK_NAME, DISK_READ, &file);
	if (error != 0)
		return error == ENOENT ? 0 : error;
	error = disk_read(disk, file, bytes, WATERMARK_SIZE, 0, len);
	disk_close(disk, file);
	return error;
}

int
watermark_read(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn)
{
	char bytes[WATERMARK_SIZE];
	uint64_t written;
	size_t len;
	int error = watermark_file_read(disk, bytes, &len);

	if (error != 0)
		return error;
	*lsn = synced_read(bytes, len, store_id, NULL);
	written = written_read(disk, bytes, len, store_id);
	if (written > *lsn)
		*lsn = written;
	return 0;
}

/* Writes so many slots, and syncs the file. */
static int
slots_write_synced(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    unsigned slot, unsigned count, uint64_t lsn)
{
	char bytes[WATERMARK_SLOT_SIZE];
	int file, error;

	assert(count >= 1 && count <= 2);
	error = file_open_or_create(disk, &file);
	if (error != 0)
		return error;
	watermark_slot_write(bytes, store_id, no_boot_id, lsn);
	for (; error == 0 && count > 0; count--)
		error = disk_write(disk, file, bytes, sizeof(bytes),
		    WATERMARK_SLOT_AT(slot + count - 1));
	if (error == 0)
		error = disk_fsync(disk, file);
	disk_close(disk, file);
	return error == 0 ? disk_sync_dir(disk, false) : error;
}

int
watermark_raise(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t lsn)
{
	char bytes[WATERMARK_SIZE];
	unsigned lower;
	size_t len;
	int error = watermark_file_read(disk, bytes, &len);

	if (error != 0 || synced_read(bytes, len, store_id, &lower) >= lsn)
		return error;
	return slots_write_synced(disk, store_id, lower, 1, lsn);
}

int
watermark_read_cursor(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn)
{
	char bytes[WATERMARK_SIZE];
	size_t len;
	int error = watermark_file_read(disk, bytes, &len);

	*lsn = 0;
	if (error == 0)
		*lsn = slots_read(bytes, len, WATERMARK_CURSOR, store_id, NULL);
	return error;
}

int
watermark_put_cursor(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t lsn)
{
	return slots_write_synced(disk, store_id, WATERMARK_CURSOR, 2, lsn);
}

/* --- while the journal is written ----------------------------------------- */

static void
failure_log(struct watermark *watermark, int error)
{
	if (error == 0 || watermark->has_failed)
		return;
	watermark->has_failed = true;
	log_warn("store: %s: %s", WATERMARK_NAME, strerror(error));
}

/* The slots with the higher LSN are overwritten last. */
static void
slots_find_lower(struct watermark *watermark, const char *bytes, size_t len)
{
	(void)synced_read(bytes, len, watermark->store_id, &watermark->slot);
	(void)slots_read(bytes, len, WATERMARK_CURSOR, watermark->store_id,
	    &watermark->cursor_slot);
}

void
watermark_open(struct watermark *watermark)
{
	char bytes[WATERMARK_SIZE];
	size_t len;
	int error;

	if (watermark->file >= 0)
		return;
	error = file_open_or_create(watermark->disk, &watermark->file);
	failure_log(watermark, error);
	if (error != 0) {
		watermark->file = -1;
		return;
	}
	if (disk_read(watermark->disk, watermark->file, bytes, sizeof(bytes), 0,
		&len) == 0)
		slots_find_lower(watermark, bytes, len);
}

void
watermark_init(struct watermark *watermark, struct disk *disk,
    const uint8_t store_id[STORE_ID_SIZE])
{
	*watermark = (struct watermark){ .disk = disk, .file = -1 };
	memcpy(watermark->store_id, store_id, STORE_ID_SIZE);
	disk_boot_id(disk, watermark->boot_id);
	watermark_open(watermark);
}

void
watermark_fini(struct watermark *watermark)
{
	if (watermark->file >= 0)
		disk_close(watermark->disk, watermark->file);
}

static void
slot_put(struct watermark *watermark, unsigned slot, const uint8_t *boot_id,
    uint64_t lsn)
{
	char bytes[WATERMARK_SLOT_SIZE];

	if (watermark->file < 0)
		return;
	watermark_slot_write(bytes, watermark->store_id, boot_id, lsn);
	failure_log(watermark,
	    disk_write(watermark->disk, watermark->file, bytes, sizeof(bytes),
		WATERMARK_SLOT_AT(slot)));
}

void
watermark_set_synced(struct watermark *watermark, uint64_t lsn)
{
	slot_put(watermark, watermark->slot, no_boot_id, lsn);
	watermark->slot ^= 1;
}

void
watermark_set_written(struct watermark *watermark, uint64_t lsn)
{
	slot_put(watermark, WATERMARK_WRITTEN, watermark->boot_id, lsn);
}

void
watermark_set_cursor(struct watermark *watermark, uint64_t lsn)
{
	slot_put(watermark, WATERMARK_CURSOR + watermark->cursor_slot,
	    no_boot_id, lsn);
	watermark->cursor_slot ^= 1;
}
