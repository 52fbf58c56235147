/*
 * A disk in memory that tracks what would survive a power cut.
 *
 * What is written can be read at once, but lasts only from the sync on: until
 * then any part of it may be lost. Likewise the names of files, until their
 * directory is synced. A failed sync drops what it was to make last: it can be
 * read, but never will be durable.
 *
 * The disk's own memory comes from outside malloc_fail_at()'s count. All calls
 * may come from several threads.
 */
#ifndef TESTS_SUPPORT_PERSISTENCE_MEMORY_DISK_H
#define TESTS_SUPPORT_PERSISTENCE_MEMORY_DISK_H

#include "persistence/disk/disk.h"

struct memory_disk;

enum disk_call {
	DISK_CALL_ANY, /* of those below */
	DISK_CALL_OPEN,
	DISK_CALL_PREAD,
	DISK_CALL_PWRITE,
	DISK_CALL_FDATASYNC,
	DISK_CALL_FSYNC,
	DISK_CALL_FTRUNCATE,
	DISK_CALL_FALLOCATE,
	DISK_CALL_SIZE,
	DISK_CALL_RENAME,
	DISK_CALL_UNLINK,
	DISK_CALL_LIST,
	DISK_CALL_SYNC_DIR,
	DISK_CALL_MAKE_QUARANTINE,
	DISK_CALL_LOCK,
	DISK_CALL_FREE_BYTES,
	DISK_CALLS
};

/* "pwrite" */
const char *disk_call_name(enum disk_call);

/* Empty, at the time 0, without a limit of space, and with a fixed seed. */
struct memory_disk *memory_disk_create(void);
/* disk_destroy() does the same. Accepts NULL. */
void memory_disk_destroy(struct memory_disk *);
struct disk *memory_disk_disk(struct memory_disk *);

void memory_disk_advance(struct memory_disk *, int64_t ms);
/* The wall clock alone. */
void memory_disk_set_wall(struct memory_disk *, int64_t ms);
/* For all files together: what is beyond it ends with ENOSPC. */
void memory_disk_set_capacity(struct memory_disk *, uint64_t bytes);

/* As on disks that cannot: fallocate changes nothing. */
void memory_disk_cannot_allocate(struct memory_disk *);

/* --- faults ------------------------------------------------------ */

struct disk_fault {
	enum disk_call call;
	unsigned nth; /* from now on: 1 is the next; 0: never */
	int error;    /* 0: pread and pwrite stop halfway, nothing else fails */
	bool forever; /* all later ones, too */
};

#define DISK_FAULTS_MOST 8

/* Beside those there are already. */
void memory_disk_fail(struct memory_disk *, struct disk_fault);
void memory_disk_heal(struct memory_disk *);
/* How many calls met a fault. */
unsigned memory_disk_failures(const struct memory_disk *);

/* How many calls there were (but for close, which cannot fail). */
unsigned memory_disk_calls(const struct memory_disk *, enum disk_call);
/* Files that are open. */
unsigned memory_disk_open_files(const struct memory_disk *);

/*
 * The process is killed after so many calls more: the later ones fail with EIO
 * and change nothing.
 */
void memory_disk_stop_after(struct memory_disk *, unsigned calls);

/* Called after each call that changed something; NULL: none is. */
typedef void disk_watch(struct memory_disk *, enum disk_call, void *arg);
void memory_disk_watch(struct memory_disk *, disk_watch *, void *arg);

/* --- crashes --------------------------------------------------------- */

/* What a crash leaves of the data that was not synced. */
enum crash_shape {
	CRASH_KILL, /* all, still not synced: only the process ends */
	CRASH_NOTHING,
	CRASH_ALL,
	CRASH_NAMES,        /* the names of files, but not their content */
	CRASH_DATA,         /* the content, but not the names */
	CRASH_PREFIX,       /* up to some change, which is torn at some byte */
	CRASH_BUT_FIRST,    /* all but the first sector that was written */
	CRASH_LAST,         /* the last write only, and the names */
	CRASH_HALF,         /* of the sectors and of the names */
	CRASH_HALF_GARBAGE, /* and the rest of the sectors filled at random */
	CRASH_SHAPES
};

const char *crash_shape_name(enum crash_shape);

/*
 * The disk as it is found after a crash: a new one, with no files open
 * and nothing to go wrong. Chance depends on the seed alone.
 */
struct memory_disk *memory_disk_crash(struct memory_disk *, enum crash_shape,
    uint64_t seed);

/* Whether names and bytes are equal, and what is synced of them. */
bool memory_disk_equal(const struct memory_disk *, const struct memory_disk *);

/* The content of a file, good until the next change; NULL: there is none. */
const char *memory_disk_file(const struct memory_disk *, const char *name,
    size_t *len);
/* All names, "quarantine/…" too, in order of creation; NULL: no more. */
const char *memory_disk_name(const struct memory_disk *, size_t i);
/* Adds a file that is synced. */
void memory_disk_put(struct memory_disk *, const char *name, const void *,
    size_t len);

/* --- damage ---------------------------------------------------------- */

enum damage_kind {
	DAMAGE_BIT,     /* one bit is flipped */
	DAMAGE_BYTES,   /* 1 to 60 random ones */
	DAMAGE_SECTOR,  /* of 512 zeros */
	DAMAGE_CUT,     /* the end is missing */
	DAMAGE_LONGER,  /* there is more behind the end */
	DAMAGE_REMOVED, /* the file is */
	DAMAGE_COPY,    /* of all from some place on, behind the end */
	DAMAGE_KINDS
};

const char *damage_kind_name(enum damage_kind);

/* The bytes that changed; from == to: none. */
struct damage {
	size_t from;
	size_t to; /* behind the last */
};

/*
 * Damages what is synced and what is read alike, at random places within the
 * first `len` bytes of the file, which must be there. For a copy, `len` is also
 * the end of the records.
 */
struct damage memory_disk_damage(struct memory_disk *, const char *name,
    size_t len, enum damage_kind, uint64_t seed);

#endif
