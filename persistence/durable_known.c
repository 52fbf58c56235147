#include "persistence/durable_known.h"

#include <errno.h>

/* Slots that are not there are not good. */
static int
read_slots(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn, unsigned *lower)
{
	char bytes[DURABLE_SIZE];
	size_t len = 0;
	int file, error;

	error = disk_open(disk, DURABLE_NAME, DISK_READ, &file);
	if (error == 0) {
		error = disk_read(disk, file, bytes, sizeof(bytes), 0, &len);
		disk_close(disk, file);
	} else if (error == ENOENT) {
		error = 0;
	}
	if (error == 0)
		*lsn = durable_mark_read(bytes, len, store_id, lower);
	return error;
}

int
durable_known_read(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn)
{
	return read_slots(disk, store_id, lsn, NULL);
}

static int
open_or_create(struct disk *disk, int *file)
{
	int error = disk_open(disk, DURABLE_NAME, DISK_WRITE, file);

	if (error != ENOENT)
		return error;
	return disk_open(disk, DURABLE_NAME, DISK_CREATE, file);
}

int
durable_known_raise(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t lsn)
{
	char slot[DURABLE_SLOT_SIZE];
	uint64_t known;
	unsigned lower;
	int file, error;

	error = read_slots(disk, store_id, &known, &lower);
	if (error != 0 || known >= lsn)
		return error;
	error = open_or_create(disk, &file);
	if (error != 0)
		return error;
	durable_slot_write(slot, store_id, lsn);
	error =
	    disk_write(disk, file, slot, sizeof(slot), DURABLE_SLOT_AT(lower));
	if (error == 0)
		error = disk_fsync(disk, file);
	disk_close(disk, file);
	return error == 0 ? disk_sync_dir(disk, false) : error;
}
