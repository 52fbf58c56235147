/*
 * The file DURABLE: how far the journal is known to be on the disk. Pure.
 *
 * Two slots are written in turn, so that one is whole whatever happens to the
 * other. The file itself is not synced: what it says is true, though it may
 * lag behind or be missing.
 */
#ifndef PERSISTENCE_DURABLE_MARK_H
#define PERSISTENCE_DURABLE_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "persistence/format/record.h"

#define DURABLE_NAME "DURABLE"
#define DURABLE_SLOT_SIZE 64
/* Where the slots 0 and 1 stand. */
#define DURABLE_SLOT_AT(n) ((uint64_t)(n)*4096)
#define DURABLE_SIZE (DURABLE_SLOT_AT(1) + DURABLE_SLOT_SIZE)
/* Like a slot; but up to that LSN clients were told, synced or not. Not there
 * if nobody is told before a sync. */
#define DURABLE_TOLD_AT DURABLE_SLOT_AT(2)

void durable_slot_write(char out[DURABLE_SLOT_SIZE],
    const uint8_t store_id[STORE_ID_SIZE], uint64_t lsn);

/* False: it is damaged, or another store's. */
bool durable_slot_read(const char at[DURABLE_SLOT_SIZE],
    const uint8_t store_id[STORE_ID_SIZE], uint64_t *lsn);

/*
 * The higher of the slots in the first so many bytes of the file; 0: there is
 * no good one. *lower (may be NULL) is the slot to be written next.
 */
uint64_t durable_mark_read(const char *, size_t len,
    const uint8_t store_id[STORE_ID_SIZE], unsigned *lower);

#endif
