#include "persistence/journal/durable_file.h"

#include <errno.h>

#include "domain/log.h"

static int
open_or_create(struct disk *disk, int *file)
{
	int error = disk_open(disk, DURABLE_NAME, DISK_WRITE, file);

	if (error == ENOENT)
		error = disk_open(disk, DURABLE_NAME, DISK_CREATE, file);
	return error;
}

static void
complain(struct durable_file *durable, int error)
{
	if (error == 0 || durable->has_failed)
		return;
	durable->has_failed = true;
	log_warn("store: %s: %s", DURABLE_NAME, strerror(error));
}

/* The slot that says more is left alone. */
static unsigned
find_slot(const struct durable_file *durable)
{
	char bytes[DURABLE_SIZE];
	size_t len;
	unsigned lower = 0;

	if (disk_read(durable->disk, durable->file, bytes, sizeof(bytes), 0,
		&len) == 0)
		durable_mark_read(bytes, len, durable->store_id, &lower);
	return lower;
}

void
durable_file_open(struct durable_file *durable, struct disk *disk,
    const uint8_t store_id[STORE_ID_SIZE])
{
	int error;

	*durable = (struct durable_file){ .disk = disk };
	memcpy(durable->store_id, store_id, STORE_ID_SIZE);
	error = open_or_create(disk, &durable->file);
	complain(durable, error);
	if (error != 0)
		durable->file = -1;
	else
		durable->slot = find_slot(durable);
}

void
durable_file_close(struct durable_file *durable)
{
	if (durable->file >= 0)
		disk_close(durable->disk, durable->file);
}

static void
write_slot(struct durable_file *durable, uint64_t lsn, uint64_t at)
{
	char slot[DURABLE_SLOT_SIZE];

	if (durable->file < 0)
		return;
	durable_slot_write(slot, durable->store_id, lsn);
	complain(durable,
	    disk_write(durable->disk, durable->file, slot, sizeof(slot), at));
}

void
durable_file_write(struct durable_file *durable, uint64_t lsn)
{
	write_slot(durable, lsn, DURABLE_SLOT_AT(durable->slot));
	durable->slot ^= 1;
}

void
durable_file_tell(struct durable_file *durable, uint64_t lsn)
{
	write_slot(durable, lsn, DURABLE_TOLD_AT);
}
