#include "persistence/journal/durable_known.h"

#include <errno.h>

/* What is not there is not read. */
static int
read_some(struct disk *disk, char *to, size_t size, uint64_t at, size_t *len)
{
	int file, error;

	*len = 0;
	error = disk_open(disk, DURABLE_NAME, DISK_READ, &file);
	if (error != 0)
		return error == ENOENT ? 0 : error;
	error = disk_read(disk, file, to, size, at, len);
	disk_close(disk, file);
	return error;
}

static int
read_slots(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn, unsigned *lower)
{
	char bytes[DURABLE_SIZE];
	size_t len;
	int error = read_some(disk, bytes, sizeof(bytes), 0, &len);

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

int
durable_known_told(struct disk *disk, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn)
{
	char slot[DURABLE_SLOT_SIZE];
	size_t len;
	int error = read_some(disk, slot, sizeof(slot), DURABLE_TOLD_AT, &len);

	if (error == 0 &&
	    (len < sizeof(slot) || !durable_slot_read(slot, store_id, lsn)))
		*lsn = 0;
	return error;
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
