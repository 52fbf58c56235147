/*
 * The file DURABLE: how far the journal is known to be written.
 *
 * Two slots are written in turn, each after a sync, so that one is whole
 * whatever happens to the other. With `interval` and `never` clients are
 * answered before the sync: a third slot has the last LSN that was
 * written by then, and the boot id. It is valid in that boot only, while the
 * page cache exists; a power cut may lose what was only written.
 *
 * Two more slots have the cursor: up to which LSN another program has received
 * what happened. They are written in turn, too, and the higher one counts.
 *
 * The file itself is not synced: its LSNs are correct, but may be old, and the
 * file may be missing.
 */
#ifndef PERSISTENCE_WATERMARK_H
#define PERSISTENCE_WATERMARK_H

#include "persistence/disk/disk.h"
#include "persistence/format/record.h"

#define WATERMARK_NAME "DURABLE"

/* --- reading, and raising before files are changed ------------------------ */

/* The highest LSN known to be written; 0: none is. 0 or an errno. */
int watermark_read(struct disk *, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn);

/* Sets the file to at least this LSN, and syncs it. 0 or an errno. */
int watermark_raise(struct disk *, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t lsn);

/* The cursor; 0: there is none. 0 or an errno. */
int watermark_read_cursor(struct disk *, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn);

/* Sets the cursor, also to a lower one, and syncs the file. 0 or an errno. */
int watermark_put_cursor(struct disk *, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t lsn);

/* --- while the journal is written ----------------------------------------- */

struct watermark {
	struct disk *disk;
	uint8_t store_id[STORE_ID_SIZE];
	uint8_t boot_id[BOOT_ID_SIZE];
	int file;             /* -1: not open */
	unsigned slot;        /* of the two, to be written next */
	unsigned cursor_slot; /* the same for the cursor */
	bool has_failed;
};

/*
 * A failure loses no record, only the means to tell a damaged record from an
 * unfinished one: it is logged once, and not returned.
 */
void watermark_init(struct watermark *, struct disk *,
    const uint8_t store_id[STORE_ID_SIZE]);
/* Opens the file, unless it is open: there may be space for it by now. */
void watermark_open(struct watermark *);
void watermark_fini(struct watermark *);

/* Everything up to this LSN is synced. */
void watermark_set_synced(struct watermark *, uint64_t lsn);

/* Everything up to this LSN is written. */
void watermark_set_written(struct watermark *, uint64_t lsn);

void watermark_set_cursor(struct watermark *, uint64_t lsn);

/* --- layout --------------------------------------------------------------- */

#define WATERMARK_SLOT_SIZE 64
/*
 * Slots 0 and 1: the last synced record; slot 2: the last written one; slots 3
 * and 4: the cursor.
 */
#define WATERMARK_SLOT_AT(n) ((uint64_t)(n)*4096)
#define WATERMARK_WRITTEN 2
#define WATERMARK_CURSOR 3
#define WATERMARK_SIZE \
	(WATERMARK_SLOT_AT(WATERMARK_CURSOR + 1) + WATERMARK_SLOT_SIZE)

/* The boot id of a synced slot is zeros. */
void watermark_slot_write(char out[WATERMARK_SLOT_SIZE],
    const uint8_t store_id[STORE_ID_SIZE], const uint8_t boot_id[BOOT_ID_SIZE],
    uint64_t lsn);

#endif
