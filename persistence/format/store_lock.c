#include "persistence/format/store_lock.h"

#include <errno.h>

#include "persistence/format/store_names.h"

/* Two servers may start at once in an empty directory. */
static int
lock_open(struct disk *disk, int *file)
{
	int error = disk_open(disk, LOCK_NAME, DISK_WRITE, file);

	if (error != ENOENT)
		return error;
	error = disk_open(disk, LOCK_NAME, DISK_CREATE, file);
	if (error != EEXIST)
		return error;
	return disk_open(disk, LOCK_NAME, DISK_WRITE, file);
}

int
store_lock_take(struct disk *disk, int *lock)
{
	int error = lock_open(disk, lock);

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
