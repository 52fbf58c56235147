/* The names on a memory disk, and which of them are synced. */
#ifndef TESTS_SUPPORT_PERSISTENCE_MEMORY_NAMES_H
#define TESTS_SUPPORT_PERSISTENCE_MEMORY_NAMES_H

#include "tests/support/persistence/memory_file.h"

#define DISK_NAME_SIZE 128
#define QUARANTINE "quarantine"

/* The subdirectory is a name without a file. */
struct name {
	char text[DISK_NAME_SIZE];
	struct memory_file *file;
};

struct name_list {
	struct name *names;
	size_t count;
	size_t room;
};

/* A change that is not synced; with both names: a rename. */
struct name_change {
	struct name_change *next;
	uint64_t serial;
	char gone[DISK_NAME_SIZE]; /* or empty */
	char come[DISK_NAME_SIZE]; /* likewise */
	struct memory_file *file;
};

struct memory_names {
	struct name_list now, kept;
	struct name_change *first;
	struct name_change **last;
};

void memory_names_init(struct memory_names *);
void memory_names_fini(struct memory_names *);

const struct name *memory_names_find(const struct memory_names *, const char *);
/*
 * "": no name is removed, or none is added. A file that had the new name is
 * removed. Both names are of one directory.
 */
void memory_names_change(struct memory_names *, uint64_t serial,
    const char *gone, const char *come, struct memory_file *);
/* Of the directory, or of its subdirectory. */
void memory_names_sync(struct memory_names *, bool quarantine);

/* The names after the crash; the files are those of the old disk. */
void memory_names_crash(const struct memory_names *, const struct crash *,
    struct memory_names *out);

#endif
