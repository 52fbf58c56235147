#include "persistence/disk/disk.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Repeats a call that a signal interrupted. */
#define AGAIN(error, call)      \
	do {                    \
		(error) = call; \
	} while ((error) == EINTR)

static bool
is_name(const char *name)
{
	return name != NULL && name[0] != '\0' && name[0] != '/' &&
	       strstr(name, "..") == NULL;
}

int
disk_open(struct disk *disk, const char *name, enum disk_mode mode, int *file)
{
	int error;

	assert(is_name(name));
	AGAIN(error, disk->ops->open(disk, name, mode, file));
	return error;
}

int
disk_open_or_create(struct disk *disk, const char *name, int *file)
{
	int error = disk_open(disk, name, DISK_WRITE, file);

	if (error != ENOENT)
		return error;
	error = disk_open(disk, name, DISK_CREATE, file);
	if (error != EEXIST)
		return error;
	return disk_open(disk, name, DISK_WRITE, file);
}

void
disk_close(struct disk *disk, int file)
{
	disk->ops->close(disk, file);
}

int
disk_read(struct disk *disk, int file, void *to, size_t len, uint64_t at,
    size_t *got)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = disk->ops->pread(disk, file, (char *)to + done,
		    len - done, at + done);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)-n;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	if (got != NULL)
		*got = done;
	return done == len || got != NULL ? 0 : EIO;
}

int
disk_write(struct disk *disk, int file, const void *from, size_t len,
    uint64_t at)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = disk->ops->pwrite(disk, file,
		    (const char *)from + done, len - done, at + done);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? ENOSPC : (int)-n;
		done += (size_t)n;
	}
	return 0;
}

int
disk_fdatasync(struct disk *disk, int file)
{
	return disk->ops->fdatasync(disk, file);
}

int
disk_fsync(struct disk *disk, int file)
{
	return disk->ops->fsync(disk, file);
}

int
disk_sync_dir(struct disk *disk, bool quarantine)
{
	return disk->ops->sync_dir(disk, quarantine);
}

int
disk_ftruncate(struct disk *disk, int file, uint64_t size)
{
	int error;

	AGAIN(error, disk->ops->ftruncate(disk, file, size));
	return error;
}

int
disk_fallocate(struct disk *disk, int file, uint64_t size)
{
	int error;

	AGAIN(error, disk->ops->fallocate(disk, file, size));
	return error;
}

int
disk_zero(struct disk *disk, int file, uint64_t at, size_t len)
{
	int error;

	AGAIN(error, disk->ops->zero(disk, file, at, len));
	return error;
}

int
disk_size(struct disk *disk, int file, uint64_t *size)
{
	return disk->ops->size(disk, file, size);
}

int
disk_rename(struct disk *disk, const char *from, const char *to)
{
	int error;

	assert(is_name(from) && is_name(to));
	AGAIN(error, disk->ops->rename(disk, from, to));
	return error;
}

int
disk_unlink(struct disk *disk, const char *name)
{
	int error;

	assert(is_name(name));
	AGAIN(error, disk->ops->unlink(disk, name));
	return error;
}

int
disk_list(struct disk *disk, disk_visit *visit, void *arg)
{
	return disk->ops->list(disk, visit, arg);
}

int
disk_make_quarantine(struct disk *disk)
{
	int error;

	AGAIN(error, disk->ops->make_quarantine(disk));
	return error;
}

int
disk_lock(struct disk *disk, int file)
{
	int error;

	AGAIN(error, disk->ops->lock(disk, file));
	return error;
}

int
disk_free_bytes(struct disk *disk, uint64_t *bytes)
{
	int error;

	AGAIN(error, disk->ops->free_bytes(disk, bytes));
	return error;
}

void
disk_drop_cache(struct disk *disk, int file)
{
	disk->ops->drop_cache(disk, file);
}

int64_t
disk_wall_ms(struct disk *disk)
{
	return disk->ops->wall_ms(disk);
}

int64_t
disk_monotonic_us(struct disk *disk)
{
	return disk->ops->monotonic_us(disk);
}

void
disk_random(struct disk *disk, void *to, size_t len)
{
	disk->ops->random(disk, to, len);
}

void
disk_boot_id(struct disk *disk, uint8_t id[BOOT_ID_SIZE])
{
	disk->ops->boot_id(disk, id);
}

void
disk_destroy(struct disk *disk)
{
	if (disk != NULL)
		disk->ops->destroy(disk);
}

bool
disk_error_is_temporary(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return true;
	default:
		return false;
	}
}
