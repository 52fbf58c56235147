/*
 * Compaction: writes the live records of the snapshot and of sealed segments to
 * a new snapshot.
 */
#ifndef PERSISTENCE_COMPACTION_H
#define PERSISTENCE_COMPACTION_H

#include "domain/history.h"
#include "persistence/disk/disk.h"
#include "persistence/disk/io_throttle.h"
#include "persistence/format/record.h"

/*
 * Compacts everything up to last_lsn, which is the end of a segment, and
 * removes the files that are covered. Reads only files; safe to interrupt
 * anywhere. *live_bytes: the size of the live records. The throttle may be
 * NULL. 0 or an errno; EIO also if records are missing that are not known to be
 * lost: the next start will report them.
 */
int compaction_run(struct disk *, const uint8_t store_id[STORE_ID_SIZE],
    uint64_t last_lsn, const struct history_limits *, int64_t now_ms,
    struct io_throttle *, uint64_t *live_bytes);

#endif
