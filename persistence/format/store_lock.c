#include "persistence/format/store_lock.h"

#include <errno.h>

#include "persistence/format/store_names.h"

int
store_lock_take(struct disk *disk, int *lock)
{
	int error = disk_open_or_create(disk, LOCK_NAME, lock);

	if (error != 0)
		return error;
	error = disk_lock(disk, *lock);
	if (error != 0)
		disk_close(disk, *lock);
	return error == EACCES ? EAGAIN : error;
}

void
store_lock_release(struct disk *disk, int lock)
{
	disk_close(disk, lock);
}
