/* Sealed segments and the last snapshot become one new snapshot. */
#ifndef PERSISTENCE_COMPACTION_H
#define PERSISTENCE_COMPACTION_H

#include "domain/history.h"
#include "persistence/disk/disk.h"
#include "persistence/disk/io_throttle.h"
#include "persistence/format/record.h"

/*
 * Everything up to `last_lsn`, with which a segment ends, goes into one
 * snapshot; what it covers is removed. It knows what the files say and nothing
 * else, and loses nothing if it is stopped anywhere. `live_bytes`: what is
 * left. `throttle`: NULL for one that is in a hurry. 0 or an errno; EIO also if
 * something is missing that nobody knows to be lost: that is for the next start
 * to judge.
 */
int compaction_run(struct disk *, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t last_lsn, const struct history_limits *, int64_t now_ms,
    struct io_throttle *, uint64_t *live_bytes);

#endif
