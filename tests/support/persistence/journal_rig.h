/* A journal on a memory disk, without threads, and a reader of its records. */
#ifndef TESTS_SUPPORT_PERSISTENCE_JOURNAL_RIG_H
#define TESTS_SUPPORT_PERSISTENCE_JOURNAL_RIG_H

#include "persistence/journal/journal.h"
#include "persistence/recovery/recovery.h"
#include "tests/support/persistence/memory_disk.h"

struct journal_rig {
	struct memory_disk *memory;
	struct disk *disk;
	struct store_options options;
	struct recovery_result recovered;
	struct journal_config config;
	struct journal *journal; /* NULL until journal_rig_open() */
};

/* A new store; what is to be different is changed before it is opened. */
void journal_rig_init(struct journal_rig *);
void journal_rig_open(struct journal_rig *);
/* Frees all that was opened. */
void journal_rig_fini(struct journal_rig *);

/* Until there is nothing to do. */
void journal_rig_run(struct journal_rig *);

/* A MESSAGE with this text; its LSN, or 0: it was refused. */
uint64_t journal_rig_append_text(struct journal_rig *, const char *text);
/* Likewise, of so many bytes of this kind. */
uint64_t journal_rig_fill(struct journal_rig *, char c, size_t len);

struct journal_progress journal_rig_poll(struct journal_rig *);

/*
 * The journal as it is on a disk, oldest first; good until the next one is
 * read. Every segment has a good head and begins where the one before ended;
 * nothing but zeros stands behind its records.
 */
struct journal_record {
	uint64_t lsn;
	uint8_t type;
	uint32_t ahead;
	uint64_t segment; /* first LSN of the one it is in */
	size_t len;       /* of the payload */
	char text[32];    /* the beginning of it */
};
size_t journal_rig_read(struct memory_disk *,
    const struct journal_record **records);

/* "OPEN hello SEAL there": types, or texts of messages. */
const char *journal_rig_show(struct memory_disk *);

#endif
