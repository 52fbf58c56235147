/* The file calls of the system, in a directory that is held open. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "domain/log.h"
#include "persistence/disk/disk.h"
#include "persistence/disk/system_facts.h"

#define QUARANTINE "quarantine"

/* Zeros per call. */
#define ZEROS ((size_t)64 << 10)

struct system_disk {
	struct disk base;
	int dir;
	bool marks_unwritten;
};

static int
system_dir(struct disk *disk)
{
	return ((struct system_disk *)disk)->dir;
}

static int
call_error(int result)
{
	return result < 0 ? errno : 0;
}

/* Other kinds, as a pipe, could block. */
static int
file_check_kind(int file)
{
	struct stat status;
	int error = call_error(fstat(file, &status));

	if (error == 0 && !S_ISREG(status.st_mode))
		error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	return error;
}

static int
system_open(struct disk *disk, const char *name, enum disk_mode mode, int *file)
{
	static const int flags[] = {
		[DISK_READ] = O_RDONLY,
		[DISK_WRITE] = O_RDWR,
		[DISK_CREATE] = O_RDWR | O_CREAT | O_EXCL,
	};

	int error;

	*file = openat(system_dir(disk), name,
	    flags[mode] | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (*file < 0)
		return errno;
	error = file_check_kind(*file);
	if (error != 0)
		close(*file);
	return error;
}

static void
system_close(struct disk *disk, int file)
{
	(void)disk;
	close(file);
}

static ssize_t
system_pread(struct disk *disk, int file, void *to, size_t len, uint64_t at)
{
	ssize_t n = pread(file, to, len, (off_t)at);

	(void)disk;
	return n < 0 ? -errno : n;
}

static ssize_t
system_pwrite(struct disk *disk, int file, const void *from, size_t len,
    uint64_t at)
{
	ssize_t n = pwrite(file, from, len, (off_t)at);

	(void)disk;
	return n < 0 ? -errno : n;
}

static int
system_fdatasync(struct disk *disk, int file)
{
	(void)disk;
	return call_error(fdatasync(file));
}

static int
system_fsync(struct disk *disk, int file)
{
	(void)disk;
	return call_error(fsync(file));
}

static int
system_ftruncate(struct disk *disk, int file, uint64_t size)
{
	(void)disk;
	return call_error(ftruncate(file, (off_t)size));
}

/* Not posix_fallocate(): where the system cannot, it writes zeros. */
static int
system_fallocate(struct disk *disk, int file, uint64_t size)
{
	int error = call_error(fallocate(file, 0, 0, (off_t)size));

	(void)disk;
	return error == EOPNOTSUPP || error == ENOSYS ? 0 : error;
}

/*
 * Some file systems mark allocated space as unwritten in their journal; the
 * first write to it removes the mark.
 */
static bool
file_system_marks_unwritten(int dir)
{
	struct statfs status;

	return fstatfs(dir, &status) == 0 &&
	       (status.f_type == EXT4_SUPER_MAGIC ||
		   status.f_type == XFS_SUPER_MAGIC);
}

/* Starts the writing at once, so that the next sync waits less. */
static int
system_zero(struct disk *disk, int file, uint64_t at, size_t len)
{
	static const char zeros[ZEROS];
	uint64_t from = at, end = at + len;

	if (!((struct system_disk *)disk)->marks_unwritten)
		return 0;
	while (at < end) {
		size_t most = end - at < ZEROS ? (size_t)(end - at) : ZEROS;
		ssize_t n = pwrite(file, zeros, most, (off_t)at);

		if (n <= 0)
			return n == 0 ? ENOSPC : errno;
		at += (uint64_t)n;
	}
	return call_error(sync_file_range(file, (off_t)from, (off_t)len,
	    SYNC_FILE_RANGE_WRITE));
}

static int
system_size(struct disk *disk, int file, uint64_t *size)
{
	struct stat status;
	int error = call_error(fstat(file, &status));

	(void)disk;
	if (error == 0)
		*size = (uint64_t)status.st_size;
	return error;
}

static int
system_rename(struct disk *disk, const char *from, const char *to)
{
	return call_error(renameat(system_dir(disk), from, system_dir(disk),
	    to));
}

static int
system_unlink(struct disk *disk, const char *name)
{
	return call_error(unlinkat(system_dir(disk), name, 0));
}

static bool
name_is_directory(int dir, const char *name)
{
	struct stat status;

	return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode);
}

/*
 * Includes entries that are no files, or cannot be read: opening them fails
 * with a reason. Skipped, they would count as missing, and their records as
 * lost.
 */
static int
directory_visit(DIR *stream, disk_visit *visit, void *arg)
{
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(stream)) != NULL) {
		if (!name_is_directory(dirfd(stream), entry->d_name) &&
		    !visit(entry->d_name, arg))
			return 0;
	}
	return errno;
}

static int
system_list(struct disk *disk, disk_visit *visit, void *arg)
{
	/* A position of its own, which dup() would share. */
	int fd =
	    openat(system_dir(disk), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream;
	int error;

	if (fd < 0)
		return errno;
	stream = fdopendir(fd);
	if (stream == NULL) {
		error = errno;
		close(fd);
		return error;
	}
	error = directory_visit(stream, visit, arg);
	closedir(stream);
	return error;
}

static int
directory_sync(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return errno;
	error = call_error(fsync(fd));
	close(fd);
	return error;
}

static int
system_sync_dir(struct disk *disk, bool quarantine)
{
	if (quarantine)
		return directory_sync(system_dir(disk), QUARANTINE);
	/* There may be no descriptor left to open it again. */
	return call_error(fsync(system_dir(disk)));
}

static int
system_make_quarantine(struct disk *disk)
{
	int error = call_error(mkdirat(system_dir(disk), QUARANTINE, 0700));

	return error == EEXIST ? 0 : error;
}

/*
 * A lock of the open file, not of the process: closing another descriptor of
 * the same file does not release it.
 */
static int
system_lock(struct disk *disk, int file)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	(void)disk;
	return call_error(fcntl(file, F_OFD_SETLK, &whole));
}

static int
system_free_bytes(struct disk *disk, uint64_t *bytes)
{
	struct statvfs status;
	int error = call_error(fstatvfs(system_dir(disk), &status));

	if (error == 0)
		*bytes = (uint64_t)status.f_bavail * status.f_frsize;
	return error;
}

static void
system_drop_cache(struct disk *disk, int file)
{
	(void)disk;
	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
}

static void
system_destroy(struct disk *disk)
{
	close(system_dir(disk));
	free(disk);
}

static const struct disk_ops system_ops = {
	.open = system_open,
	.close = system_close,
	.pread = system_pread,
	.pwrite = system_pwrite,
	.fdatasync = system_fdatasync,
	.fsync = system_fsync,
	.ftruncate = system_ftruncate,
	.fallocate = system_fallocate,
	.zero = system_zero,
	.size = system_size,
	.rename = system_rename,
	.unlink = system_unlink,
	.list = system_list,
	.sync_dir = system_sync_dir,
	.make_quarantine = system_make_quarantine,
	.lock = system_lock,
	.free_bytes = system_free_bytes,
	.drop_cache = system_drop_cache,
	.wall_ms = system_wall_ms,
	.monotonic_us = system_monotonic_us,
	.random = system_random,
	.boot_id = system_boot_id,
	.destroy = system_destroy,
};

/* A new directory is a new name in its parent, which is synced, too. */
static int
directory_open(const char *path, int *dir)
{
	bool made = mkdir(path, 0700) == 0;
	int error;

	if (!made && errno != EEXIST)
		return errno;
	*dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		return errno;
	error = made ? directory_sync(*dir, "..") : 0;
	if (error != 0)
		close(*dir);
	return error;
}

struct disk *
system_disk_open(const char *path)
{
	struct system_disk *disk = malloc(sizeof(*disk));
	int error;

	if (disk == NULL) {
		log_error("store %s: out of memory", path);
		return NULL;
	}
	/* A file size limit is an error like others, not a signal. */
	signal(SIGXFSZ, SIG_IGN);
	disk->base.ops = &system_ops;
	error = directory_open(path, &disk->dir);
	if (error != 0) {
		log_error("store %s: %s", path,
		    error == ENOENT ? "the directory above it does not exist"
				    : strerror(error));
		free(disk);
		return NULL;
	}
	disk->marks_unwritten = file_system_marks_unwritten(disk->dir);
	return &disk->base;
}

bool
system_disk_make_private(struct disk *disk)
{
	struct stat status;
	unsigned mode;

	if (fstat(system_dir(disk), &status) != 0) {
		log_error("store: directory: %s", strerror(errno));
		return false;
	}
	mode = status.st_mode & 07777;
	if ((mode & 077) == 0)
		return true;
	if (fchmod(system_dir(disk), mode & ~077u) != 0) {
		log_error("store: directory has mode %04o, and it cannot be "
			  "changed: %s",
		    mode, strerror(errno));
		return false;
	}
	log_warn("store: directory had mode %04o: changed to %04o", mode,
	    mode & ~077u);
	return true;
}
