/* All file calls of the store, as an interface: tests replace it. Public. */
#ifndef PERSISTENCE_DISK_H
#define PERSISTENCE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BOOT_ID_SIZE 16

struct disk;

enum disk_mode {
	DISK_READ,
	DISK_WRITE, /* read and write; the file must exist */
	DISK_CREATE /* read and write; it must not exist */
};

/* False stops. The name is valid during the call. */
typedef bool disk_visit(const char *name, void *arg);

/*
 * Names are relative to the directory of the store, or "quarantine/…". What
 * returns an int returns 0 or an errno.
 */
struct disk_ops {
	int (*open)(struct disk *, const char *name, enum disk_mode, int *file);
	void (*close)(struct disk *, int file);
	/* May be short, as the system calls. -errno. */
	ssize_t (*pread)(struct disk *, int file, void *, size_t, uint64_t at);
	ssize_t (*pwrite)(struct disk *, int file, const void *, size_t,
	    uint64_t at);
	int (*fdatasync)(struct disk *, int file);
	int (*fsync)(struct disk *, int file);
	int (*ftruncate)(struct disk *, int file, uint64_t size);
	/*
	 * Sets the size and allocates the space, so that writes there need no
	 * more. 0 also if that is not supported: the file is unchanged then.
	 */
	int (*fallocate)(struct disk *, int file, uint64_t size);
	/*
	 * Writes zeros to space that was never written, which makes later syncs
	 * there cheaper. Not synced. 0 also if it would gain nothing.
	 */
	int (*zero)(struct disk *, int file, uint64_t at, size_t len);
	int (*size)(struct disk *, int file, uint64_t *size);
	int (*rename)(struct disk *, const char *from, const char *to);
	int (*unlink)(struct disk *, const char *name);
	/* All entries of the directory but subdirectories, in no order. */
	int (*list)(struct disk *, disk_visit *, void *arg);
	/* Syncs the directory, or the subdirectory. */
	int (*sync_dir)(struct disk *, bool quarantine);
	/* Creates the subdirectory unless it exists. */
	int (*make_quarantine)(struct disk *);
	/* EAGAIN, EACCES: another process holds it. close() releases it. */
	int (*lock)(struct disk *, int file);
	/* Free space. */
	int (*free_bytes)(struct disk *, uint64_t *bytes);
	/* Drops the file from the cache, so that reads come from the disk. */
	void (*drop_cache)(struct disk *, int file);
	int64_t (*wall_ms)(struct disk *);
	int64_t (*monotonic_us)(struct disk *);
	/* Unpredictable bytes. */
	void (*random)(struct disk *, void *, size_t);
	/* Differs between boots of the machine; zeros: not known. */
	void (*boot_id)(struct disk *, uint8_t id[BOOT_ID_SIZE]);
	void (*destroy)(struct disk *);
};

struct disk {
	const struct disk_ops *ops;
};

/*
 * Wrappers: repeat calls after EINTR, and continue short reads and writes.
 * disk_destroy() accepts NULL.
 */
int disk_open(struct disk *, const char *name, enum disk_mode, int *file);
/* For writing; another process may create it meanwhile. */
int disk_open_or_create(struct disk *, const char *name, int *file);
void disk_close(struct disk *, int file);

/* EIO at the end of the file, unless `got` is given. */
int disk_read(struct disk *, int file, void *, size_t, uint64_t at,
    size_t *got);

/* ENOSPC also for a short write without an error. */
int disk_write(struct disk *, int file, const void *, size_t, uint64_t at);

/*
 * Called once, even after an error: the system may forget what it could not
 * write, and a second sync would succeed.
 */
int disk_fdatasync(struct disk *, int file);
int disk_fsync(struct disk *, int file);
int disk_sync_dir(struct disk *, bool quarantine);

int disk_ftruncate(struct disk *, int file, uint64_t size);
int disk_fallocate(struct disk *, int file, uint64_t size);
int disk_zero(struct disk *, int file, uint64_t at, size_t len);
int disk_size(struct disk *, int file, uint64_t *size);
int disk_rename(struct disk *, const char *from, const char *to);
int disk_unlink(struct disk *, const char *name);
int disk_list(struct disk *, disk_visit *, void *arg);
int disk_make_quarantine(struct disk *);
int disk_lock(struct disk *, int file);
int disk_free_bytes(struct disk *, uint64_t *bytes);
void disk_drop_cache(struct disk *, int file);
int64_t disk_wall_ms(struct disk *);
int64_t disk_monotonic_us(struct disk *);
void disk_random(struct disk *, void *, size_t);
void disk_boot_id(struct disk *, uint8_t id[BOOT_ID_SIZE]);
void disk_destroy(struct disk *);

/*
 * Whether a call that failed with this errno may succeed later: no space,
 * descriptors or memory.
 */
bool disk_error_is_temporary(int error);

/*
 * Creates the directory (0700) if it does not exist. NULL: an error was logged.
 */
struct disk *system_disk_open(const char *path);

/*
 * Removes the permissions of group and others from the directory, with a
 * warning. False: that failed; an error was logged.
 */
bool system_disk_make_private(struct disk *);

#endif
