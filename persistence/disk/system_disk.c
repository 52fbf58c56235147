/* The system's files, below a directory that is held open. */
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

/* So many are written at once. */
#define ZEROS ((size_t)64 << 10)

struct system_disk {
	struct disk base;
	int dir;
	bool marks_unwritten;
};

static int
dir_of(struct disk *disk)
{
	return ((struct system_disk *)disk)->dir;
}

static int
error_of(int result)
{
	return result < 0 ? errno : 0;
}

/* For other kinds, a pipe say, one might wait without end. */
static int
check_kind(int file)
{
	struct stat status;
	int error = error_of(fstat(file, &status));

	if (error == 0 && !S_ISREG(status.st_mode))
		error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	return error;
}

static int
open_file(struct disk *disk, const char *name, enum disk_mode mode, int *file)
{
	static const int flags[] = {
		[DISK_READ] = O_RDONLY,
		[DISK_WRITE] = O_RDWR,
		[DISK_CREATE] = O_RDWR | O_CREAT | O_EXCL,
	};

	int error;

	*file = openat(dir_of(disk), name,
	    flags[mode] | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (*file < 0)
		return errno;
	error = check_kind(*file);
	if (error != 0)
		close(*file);
	return error;
}

static void
close_file(struct disk *disk, int file)
{
	(void)disk;
	close(file);
}

static ssize_t
read_file(struct disk *disk, int file, void *to, size_t len, uint64_t at)
{
	ssize_t n = pread(file, to, len, (off_t)at);

	(void)disk;
	return n < 0 ? -errno : n;
}

static ssize_t
write_file(struct disk *disk, int file, const void *from, size_t len,
    uint64_t at)
{
	ssize_t n = pwrite(file, from, len, (off_t)at);

	(void)disk;
	return n < 0 ? -errno : n;
}

static int
sync_data(struct disk *disk, int file)
{
	(void)disk;
	return error_of(fdatasync(file));
}

static int
sync_file(struct disk *disk, int file)
{
	(void)disk;
	return error_of(fsync(file));
}

static int
set_size(struct disk *disk, int file, uint64_t size)
{
	(void)disk;
	return error_of(ftruncate(file, (off_t)size));
}

/* Not the C library's posix_fallocate(): where it cannot, it writes zeros. */
static int
allocate(struct disk *disk, int file, uint64_t size)
{
	int error = error_of(fallocate(file, 0, 0, (off_t)size));

	(void)disk;
	return error == EOPNOTSUPP || error == ENOSYS ? 0 : error;
}

/* Room that was only allocated is marked as never written, in the journal of
 * the file system, and each first write there takes the mark away. */
static bool
marks_unwritten(int dir)
{
	struct statfs status;

	return fstatfs(dir, &status) == 0 &&
	       (status.f_type == EXT4_SUPER_MAGIC ||
		   status.f_type == XFS_SUPER_MAGIC);
}

/* They set out at once: the next sync need not wait for all of them. */
static int
write_zeros(struct disk *disk, int file, uint64_t at, size_t len)
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
	return error_of(sync_file_range(file, (off_t)from, (off_t)len,
	    SYNC_FILE_RANGE_WRITE));
}

static int
get_size(struct disk *disk, int file, uint64_t *size)
{
	struct stat status;
	int error = error_of(fstat(file, &status));

	(void)disk;
	if (error == 0)
		*size = (uint64_t)status.st_size;
	return error;
}

static int
rename_file(struct disk *disk, const char *from, const char *to)
{
	return error_of(renameat(dir_of(disk), from, dir_of(disk), to));
}

static int
unlink_file(struct disk *disk, const char *name)
{
	return error_of(unlinkat(dir_of(disk), name, 0));
}

static bool
is_directory(int dir, const char *name)
{
	struct stat status;

	return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode);
}

/*
 * Also what is no file, or cannot be asked what it is: who opens it hears why
 * not. Passed by, it would count as missing, and what is in it as lost.
 */
static int
visit_files(DIR *stream, disk_visit *visit, void *arg)
{
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(stream)) != NULL) {
		if (!is_directory(dirfd(stream), entry->d_name) &&
		    !visit(entry->d_name, arg))
			return 0;
	}
	return errno;
}

static int
list_files(struct disk *disk, disk_visit *visit, void *arg)
{
	/* A place in the directory of its own, not dup()'s shared one. */
	int fd = openat(dir_of(disk), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
	error = visit_files(stream, visit, arg);
	closedir(stream);
	return error;
}

static int
sync_below(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return errno;
	error = error_of(fsync(fd));
	close(fd);
	return error;
}

static int
sync_dir(struct disk *disk, bool quarantine)
{
	return sync_below(dir_of(disk), quarantine ? QUARANTINE : ".");
}

static int
make_quarantine(struct disk *disk)
{
	int error = error_of(mkdirat(dir_of(disk), QUARANTINE, 0700));

	return error == EEXIST ? 0 : error;
}

/* The open file's lock, not the process's: whoever in this process opens and
 * closes the same file does not let go of it. */
static int
lock_file(struct disk *disk, int file)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	(void)disk;
	return error_of(fcntl(file, F_OFD_SETLK, &whole));
}

static int
free_bytes(struct disk *disk, uint64_t *bytes)
{
	struct statvfs status;
	int error = error_of(fstatvfs(dir_of(disk), &status));

	if (error == 0)
		*bytes = (uint64_t)status.f_bavail * status.f_frsize;
	return error;
}

static void
drop_cache(struct disk *disk, int file)
{
	(void)disk;
	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
}

static void
destroy(struct disk *disk)
{
	close(dir_of(disk));
	free(disk);
}

static const struct disk_ops system_ops = {
	.open = open_file,
	.close = close_file,
	.pread = read_file,
	.pwrite = write_file,
	.fdatasync = sync_data,
	.fsync = sync_file,
	.ftruncate = set_size,
	.fallocate = allocate,
	.zero = write_zeros,
	.size = get_size,
	.rename = rename_file,
	.unlink = unlink_file,
	.list = list_files,
	.sync_dir = sync_dir,
	.make_quarantine = make_quarantine,
	.lock = lock_file,
	.free_bytes = free_bytes,
	.drop_cache = drop_cache,
	.wall_ms = system_wall_ms,
	.monotonic_us = system_monotonic_us,
	.random = system_random,
	.boot_id = system_boot_id,
	.destroy = destroy,
};

/* A directory that was just made is itself a name that must last. */
static int
open_directory(const char *path, int *dir)
{
	bool made = mkdir(path, 0700) == 0;
	int error;

	if (!made && errno != EEXIST)
		return errno;
	*dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		return errno;
	error = made ? sync_below(*dir, "..") : 0;
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
	/* A file that may not grow is an error like others, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	disk->base.ops = &system_ops;
	error = open_directory(path, &disk->dir);
	if (error != 0) {
		log_error("store %s: %s", path, strerror(error));
		free(disk);
		return NULL;
	}
	disk->marks_unwritten = marks_unwritten(disk->dir);
	return &disk->base;
}
