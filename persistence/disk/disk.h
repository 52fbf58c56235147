/*
 * All that the store asks of the operating system: an interface, so that
 * tests can stand in the disk's place. Public.
 */
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
	DISK_WRITE, /* to be read and written; there must be one */
	DISK_CREATE /* likewise; there must not be one */
};

/* False stops. The name is good for the call. */
typedef bool disk_visit(const char *name, void *arg);

/*
 * Names are those of files in the store's directory, or of files in its one
 * subdirectory: "quarantine/…". What returns an int returns 0 or an errno.
 */
struct disk_ops {
	int (*open)(struct disk *, const char *name, enum disk_mode, int *file);
	void (*close)(struct disk *, int file);
	/* May be short, as the system's. -errno. */
	ssize_t (*pread)(struct disk *, int file, void *, size_t, uint64_t at);
	ssize_t (*pwrite)(struct disk *, int file, const void *, size_t,
	    uint64_t at);
	int (*fdatasync)(struct disk *, int file);
	int (*fsync)(struct disk *, int file);
	int (*ftruncate)(struct disk *, int file, uint64_t size);
	/* The file is that long from now on, zeros behind what there was, and
	 * to write there needs no more room. 0 also where that cannot be had:
	 * the file is as it was, then. */
	int (*fallocate)(struct disk *, int file, uint64_t size);
	/* Writes zeros where nothing else was: to write there later changes
	 * bytes alone, and a sync of that has less to do. They are on their
	 * way then, and on the disk with the next sync. 0 also where nothing
	 * is gained. */
	int (*zero)(struct disk *, int file, uint64_t at, size_t len);
	int (*size)(struct disk *, int file, uint64_t *size);
	int (*rename)(struct disk *, const char *from, const char *to);
	int (*unlink)(struct disk *, const char *name);
	/* All that is in the directory itself but directories, in no order. */
	int (*list)(struct disk *, disk_visit *, void *arg);
	/* Makes the names last: of the directory, or of its subdirectory. */
	int (*sync_dir)(struct disk *, bool quarantine);
	/* Makes the subdirectory, unless it is there. */
	int (*make_quarantine)(struct disk *);
	/* EAGAIN, EACCES: somebody else holds it. Ends with close(). */
	int (*lock)(struct disk *, int file);
	/* What could still be written, in bytes. */
	int (*free_bytes)(struct disk *, uint64_t *bytes);
	/* Have the next reads come from the disk itself, if that can be had. */
	void (*drop_cache)(struct disk *, int file);
	int64_t (*wall_ms)(struct disk *);
	int64_t (*monotonic_us)(struct disk *);
	/* What nobody can guess. */
	void (*random)(struct disk *, void *, size_t);
	/* Another one each time the machine starts; zeros: not known. */
	void (*boot_id)(struct disk *, uint8_t id[BOOT_ID_SIZE]);
	void (*destroy)(struct disk *);
};

struct disk {
	const struct disk_ops *ops;
};

/*
 * Front doors: they try again after EINTR, and go on after short reads and
 * writes. Accepts NULL: disk_destroy().
 */
int disk_open(struct disk *, const char *name, enum disk_mode, int *file);
void disk_close(struct disk *, int file);

/* EIO at a premature end, unless `got` is given and told how much there was. */
int disk_read(struct disk *, int file, void *, size_t, uint64_t at,
    size_t *got);

/* ENOSPC also for a write that stays short and does not say why. */
int disk_write(struct disk *, int file, const void *, size_t, uint64_t at);

/*
 * Asked once, whatever the answer: after a failed sync the system may forget
 * what it could not write, and a second one would succeed.
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
 * Whether a call that failed with this errno may succeed later: the disk is
 * full, or descriptors or memory are short. Nothing is lost but what was to be
 * written.
 */
bool disk_error_is_temporary(int error);

/* The directory is made (0700) if it is not there. NULL: logged why. */
struct disk *system_disk_open(const char *path);

/*
 * Takes the permissions of group and others from the directory, with a warning
 * if they had any. False: they have, and cannot be taken; logged.
 */
bool system_disk_make_private(struct disk *);

#endif
