/* One file of a memory disk: its content, and what of that is synced. */
#ifndef TESTS_SUPPORT_PERSISTENCE_MEMORY_FILE_H
#define TESTS_SUPPORT_PERSISTENCE_MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/persistence/memory_disk.h"

#define SECTOR 512

struct bytes {
	char *data;
	size_t len;
	size_t room;
};

enum change_kind {
	CHANGE_WRITE,
	CHANGE_SIZE, /* to `at`, from any size */
	CHANGE_GROW  /* to `at` at least */
};

/* One that is not synced. */
struct change {
	struct change *next;
	uint64_t serial; /* over all files and names of a disk */
	enum change_kind kind;
	size_t at;
	size_t len;
	const char *data; /* of a write */
};

struct memory_file {
	struct memory_file *next; /* of its disk, which frees them */
	struct bytes now;         /* what a read shows */
	struct bytes kept;        /* synced: what a crash cannot remove */
	struct change *first;     /* what is between them, in order … */
	struct change **last;
	size_t changes;
	bool is_locked;
	struct memory_file *heir; /* during a crash: its copy */
};

/* The parameters of a crash, after the random choices. */
struct crash {
	enum crash_shape shape;
	uint64_t seed;
	uint64_t cut;  /* serial of the change that is torn */
	uint64_t last; /* of the last write to any file */
	uint64_t end;  /* behind all of them */
};

struct memory_file *memory_file_create(void);
void memory_file_destroy(struct memory_file *);

/* Applies a change for readers, to be synced later. Its data is copied. */
void memory_file_change(struct memory_file *, const struct change *);
void memory_file_sync(struct memory_file *);
/* Drops the changes that are not synced. */
void memory_file_drop(struct memory_file *);
/* Readers see the synced content again. */
void memory_file_reread(struct memory_file *);

/* The content after the crash. */
struct memory_file *memory_file_crash(const struct memory_file *,
    const struct crash *);

/* Whether the crash leaves a change of a name, or of a size. */
bool crash_leaves(const struct crash *, uint64_t serial);

bool memory_file_equal(const struct memory_file *, const struct memory_file *);

void bytes_set(struct bytes *, const char *, size_t len);
void bytes_write(struct bytes *, size_t at, const char *, size_t len);
/* Zeros behind what there was. */
void bytes_resize(struct bytes *, size_t len);

#endif
