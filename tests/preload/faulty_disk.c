/*
 * A disk with faults, for tests: a library for LD_PRELOAD.
 *
 * It intercepts the server's calls on the files below FAULTY_DISK_DIR. With
 * `hold`, written data stays in this process until it is synced: so a SIGKILL
 * has the effect of a power cut. With `leak` some sectors reach the files
 * before, in no order, as if the system wrote them back. Changes of names are
 * noted until their directory is synced (names.h). The boot's id is the content
 * of the file FAULTY_DISK_BOOT_ID.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "tests/preload/faults.h"
#include "tests/preload/held.h"
#include "tests/preload/names.h"

#define SECTOR 512

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The original function. */
#define NEXT(type, name)   \
	static type *next; \
	if (next == NULL)  \
	next = (type *)(uintptr_t)dlsym(RTLD_NEXT, #name)

/* With the lock taken, if the file belongs to the store. */
static bool
file_lock_if_faulty(int file)
{
	const char *dir = getenv("FAULTY_DISK_DIR");
	char link[64], path[512];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	len = readlink(link, path, sizeof(path));
	if (dir == NULL || len < (ssize_t)strlen(dir) ||
	    memcmp(path, dir, strlen(dir)) != 0)
		return false;
	pthread_mutex_lock(&lock);
	return true;
}

static ino_t
inode_of(int file)
{
	struct stat status;

	return fstat(file, &status) == 0 ? status.st_ino : 0;
}

static int
errno_set(int error)
{
	errno = error;
	return -1;
}

/* --- writing -------------------------------------------------------------- */

typedef ssize_t pwrite_function(int, const void *, size_t, off_t);

static ssize_t
really_write(int file, const void *from, size_t len, off_t at)
{
	NEXT(pwrite_function, pwrite);
	return next(file, from, len, at);
}

typedef int ftruncate_function(int, off_t);

static int
really_cut(int file, off_t size)
{
	NEXT(ftruncate_function, ftruncate);
	return next(file, size);
}

/* Writes the part of a write that is in one sector, at random. */
static void
leak_sector(int file, const char *from, size_t len, off_t at)
{
	static unsigned chance;

	if (chance == 0)
		chance = (unsigned)getpid();
	if (rand_r(&chance) % 100 < faults_now()->leak)
		really_write(file, from, len, at);
}

static void
bytes_leak(int file, const char *from, size_t len, off_t at)
{
	size_t part;

	for (; len > 0; from += part, len -= part, at += (off_t)part) {
		part = SECTOR - (size_t)at % SECTOR;
		if (part > len)
			part = len;
		leak_sector(file, from, part, at);
	}
}

/* The file gets its new size at once, with zeros for the held data. */
static ssize_t
write_hold(int file, const void *from, size_t len, off_t at)
{
	struct stat status;

	if (fstat(file, &status) != 0)
		return -1;
	if (status.st_size < at + (off_t)len &&
	    really_cut(file, at + (off_t)len) != 0)
		return -1;
	held_add(status.st_ino, from, len, at);
	if (faults_now()->leak > 0)
		bytes_leak(file, from, len, at);
	return (ssize_t)len;
}

static ssize_t
write_with_faults(int file, const void *from, size_t len, off_t at)
{
	const struct faults *faults = faults_now();
	ssize_t n;

	if (faults->write_error != 0)
		return errno_set((int)faults->write_error);
	if (faults->full && faults->left <= 0)
		return errno_set(ENOSPC);
	if (faults->full && (int64_t)len > faults->left)
		len = (size_t)faults->left;
	n = faults->hold ? write_hold(file, from, len, at)
			 : really_write(file, from, len, at);
	if (n > 0)
		faults_use(n);
	return n;
}

ssize_t
pwrite(int file, const void *from, size_t len, off_t at)
{
	ssize_t n;

	if (!file_lock_if_faulty(file))
		return really_write(file, from, len, at);
	n = write_with_faults(file, from, len, at);
	pthread_mutex_unlock(&lock);
	return n;
}

typedef int fallocate_function(int, int, off_t, off_t);

int
fallocate(int file, int mode, off_t at, off_t len)
{
	bool is_full = false;

	NEXT(fallocate_function, fallocate);
	if (file_lock_if_faulty(file)) {
		is_full = faults_now()->full && faults_now()->left < len;
		pthread_mutex_unlock(&lock);
	}
	return is_full ? errno_set(ENOSPC) : next(file, mode, at, len);
}

int
ftruncate(int file, off_t size)
{
	if (file_lock_if_faulty(file)) {
		held_cut(inode_of(file), size);
		pthread_mutex_unlock(&lock);
	}
	return really_cut(file, size);
}

/* --- reading -------------------------------------------------------------- */

typedef ssize_t pread_function(int, void *, size_t, off_t);

ssize_t
pread(int file, void *to, size_t len, off_t at)
{
	ssize_t n;

	NEXT(pread_function, pread);
	n = next(file, to, len, at);
	if (n > 0 && file_lock_if_faulty(file)) {
		held_show(inode_of(file), to, (size_t)n, at);
		pthread_mutex_unlock(&lock);
	}
	return n;
}

typedef int fstatvfs_function(int, struct statvfs *);

int
fstatvfs(int file, struct statvfs *out)
{
	int result;

	NEXT(fstatvfs_function, fstatvfs);
	result = next(file, out);
	if (result == 0 && file_lock_if_faulty(file)) {
		const struct faults *faults = faults_now();

		if (faults->full)
			out->f_bavail =
			    faults->left <= 0
				? 0
				: (fsblkcnt_t)faults->left / out->f_frsize;
		pthread_mutex_unlock(&lock);
	}
	return result;
}

/* --- names ---------------------------------------------------------------- */

typedef int openat_function(int, const char *, int, ...);

/* A new file may have the number of one that is gone. */
static int
disk_file_make(int dir, const char *name, int flags, mode_t mode,
    openat_function *next)
{
	int file;

	if (!file_lock_if_faulty(dir))
		return next(dir, name, flags, mode);
	if (faults_now()->hold)
		names_made(dir, name);
	file = next(dir, name, flags, mode);
	if (file >= 0 && (flags & O_EXCL))
		held_drop(inode_of(file));
	pthread_mutex_unlock(&lock);
	return file;
}

int
openat(int dir, const char *name, int flags, ...)
{
	mode_t mode;
	va_list args;

	NEXT(openat_function, openat);
	if (!(flags & O_CREAT))
		return next(dir, name, flags);
	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	return disk_file_make(dir, name, flags, mode, next);
}

typedef int renameat_function(int, const char *, int, const char *);

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	NEXT(renameat_function, renameat);
	if (file_lock_if_faulty(from_dir)) {
		if (faults_now()->hold)
			names_moved(from_dir, from, to);
		pthread_mutex_unlock(&lock);
	}
	return next(from_dir, from, to_dir, to);
}

typedef int unlinkat_function(int, const char *, int);

int
unlinkat(int dir, const char *name, int flags)
{
	NEXT(unlinkat_function, unlinkat);
	if (file_lock_if_faulty(dir)) {
		if (faults_now()->hold)
			names_removed(dir, name);
		pthread_mutex_unlock(&lock);
	}
	return next(dir, name, flags);
}

/* --- the machine ---------------------------------------------------------- */

typedef int open_function(const char *, int, ...);

/* The test simulates a reboot with another boot id. */
int
open(const char *path, int flags, ...)
{
	const char *boot_id = getenv("FAULTY_DISK_BOOT_ID");
	mode_t mode = 0;
	va_list args;

	NEXT(open_function, open);
	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	if (boot_id != NULL &&
	    strcmp(path, "/proc/sys/kernel/random/boot_id") == 0)
		path = boot_id;
	return next(path, flags, mode);
}

/* --- syncing -------------------------------------------------------------- */

typedef int sync_function(int);

/* A long call, without the lock: other calls go on. It ends with the fault. */
static void
sync_stall(void)
{
	const struct timespec millisecond = { .tv_nsec = 1000000 };

	for (int64_t ms = 0; ms < faults_now()->stall_ms; ms++) {
		pthread_mutex_unlock(&lock);
		nanosleep(&millisecond, NULL);
		pthread_mutex_lock(&lock);
	}
}

/* The directory itself, without its subdirectories. */
static bool
is_store(int file)
{
	struct stat status, store;

	return fstat(file, &status) == 0 &&
	       stat(getenv("FAULTY_DISK_DIR"), &store) == 0 &&
	       status.st_ino == store.st_ino;
}

static int
sync_with_faults(int file)
{
	const struct faults *faults = faults_now();
	ino_t inode = inode_of(file);

	sync_stall();
	if (faults->sync_error != 0) {
		held_drop(inode);
		return errno_set((int)faults->sync_error);
	}
	if (is_store(file))
		names_synced();
	return held_release(inode, file, really_write);
}

static int
file_sync(int file, sync_function *next)
{
	int result;

	if (!file_lock_if_faulty(file))
		return next(file);
	result = sync_with_faults(file);
	pthread_mutex_unlock(&lock);
	return result != 0 ? result : next(file);
}

int
fdatasync(int file)
{
	NEXT(sync_function, fdatasync);
	return file_sync(file, next);
}

int
fsync(int file)
{
	NEXT(sync_function, fsync);
	return file_sync(file, next);
}
