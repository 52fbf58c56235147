/* A file store on a disk in memory, without threads. */
#ifndef TESTS_SUPPORT_PERSISTENCE_STORE_RIG_H
#define TESTS_SUPPORT_PERSISTENCE_STORE_RIG_H

#include "persistence/file/file_store.h"
#include "tests/support/persistence/memory_disk.h"

#define STORE_RIG_NOW INT64_C(1700000000000)

struct store_rig {
	struct memory_disk *memory;
	struct store_options options;
	struct history_limits limits;
	const struct history_limits *limits_in_use; /* NULL: these */
	struct id_source ids;                       /* epoch1, epoch2, … */
	unsigned last_id;
	struct entry_handler handler;    /* of the log: it counts … */
	unsigned done;                   /* … entries that are done … */
	unsigned lost;                   /* … and those that are lost */
	struct entry last;               /* of them; its texts are not valid */
	struct entry_observer *observer; /* of the log; NULL: none */
	struct file_store *ahead;        /* see store_rig_read_ahead() */
	struct file_store *store;        /* NULL until store_rig_open() */
	struct room_store *rooms;
	struct history *history;
	struct attribute_store *attributes;
	struct commit_log *log;
};

/* A new disk; options may be changed before the store is opened. */
void store_rig_init(struct store_rig *);
void store_rig_fini(struct store_rig *);

enum file_store_end store_rig_try(struct store_rig *);
void store_rig_open(struct store_rig *);
void store_rig_close(struct store_rig *);

/* As another process, for the next store_rig_try(). */
void store_rig_read_ahead(struct store_rig *);

/* Crashes the process or the machine, and opens the store again. */
void store_rig_crash(struct store_rig *, enum crash_shape);

/* Every sync fails from now on. */
void store_rig_fail_syncs(struct store_rig *);

/* Writes all pending entries, and polls their results. */
void store_rig_settle(struct store_rig *);

/* Appends to the log. */
enum chat_error store_rig_put(struct store_rig *, const char *id,
    bool persistent);
enum chat_error store_rig_remove(struct store_rig *, const char *id);
/* The number it got; 0: it was refused. It may wait for the disk. */
uint64_t store_rig_append(struct store_rig *, const char *room,
    const char *body);
uint64_t store_rig_append_keyed(struct store_rig *, const char *room,
    const char *body, const char *key);

enum chat_error store_rig_set(struct store_rig *, const char *room,
    const struct attribute *);

/*
 * "r epoch1 persistent: 1=a 2=b topic=t; s epoch2: ": good until the next call.
 */
const char *store_rig_show(struct store_rig *);

#endif
