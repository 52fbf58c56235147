/* DURABLE, read and, where something is about to be changed, raised. */
#ifndef PERSISTENCE_DURABLE_KNOWN_H
#define PERSISTENCE_DURABLE_KNOWN_H

#include "persistence/disk/disk.h"
#include "persistence/journal/durable_mark.h"

/* What it says; 0: nothing. Returns 0 or an errno. */
int durable_known_read(struct disk *, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn);

/* It says at least this much from now on, and is on the disk. */
int durable_known_raise(struct disk *, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t lsn);

/* What clients were told before it was synced: up to which LSN; 0: not known.
 * 0 or an errno. */
int durable_known_told(struct disk *, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t *lsn);

#endif
