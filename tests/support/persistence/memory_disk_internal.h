/* The parts of a memory disk, for its own files only. */
#ifndef TESTS_SUPPORT_PERSISTENCE_MEMORY_DISK_INSIDE_H
#define TESTS_SUPPORT_PERSISTENCE_MEMORY_DISK_INSIDE_H

#include <pthread.h>

#include "tests/support/persistence/chance.h"
#include "tests/support/persistence/memory_disk.h"
#include "tests/support/persistence/memory_file.h"
#include "tests/support/persistence/memory_names.h"

#define HANDLES_MOST 64

struct handle {
	struct memory_file *file; /* NULL: not open */
	bool can_write;
	bool has_lock;
};

struct memory_disk {
	struct disk base;
	pthread_mutex_t mutex;

	struct memory_names names;
	struct memory_file *files; /* also those without a name any more */
	struct handle handles[HANDLES_MOST];
	uint64_t next_serial;
	uint64_t capacity;
	bool cannot_allocate;

	int64_t wall_ms;
	int64_t monotonic_us;
	struct chance chance;
	uint8_t boot_id[BOOT_ID_SIZE];

	struct disk_fault faults[DISK_FAULTS_MOST];
	size_t fault_count;
	unsigned failures;
	bool is_short; /* the call that is being made */
	unsigned calls[DISK_CALLS];
	bool will_stop;
	unsigned calls_left; /* if so */
	bool is_stopped;

	disk_watch *watch;
	void *watch_arg;
};

extern const struct disk_ops memory_disk_ops;

/* The error of the call; the lock has to be released in any case. */
int memory_disk_enter(struct memory_disk *, enum disk_call);
/* Both return the error. */
int memory_disk_leave(struct memory_disk *, int error);
/* After a call that may have changed something. */
int memory_disk_leave_changed(struct memory_disk *, enum disk_call, int error);

/* Adds an empty one. */
struct memory_file *memory_disk_new_file(struct memory_disk *);

#endif
