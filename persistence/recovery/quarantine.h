/* Copies damaged bytes to quarantine/, each range to a file of its own. */
#ifndef PERSISTENCE_QUARANTINE_H
#define PERSISTENCE_QUARANTINE_H

#include "persistence/disk/disk.h"

/*
 * Copies a range, and writes a note (….txt) beside it; both are synced. An
 * existing copy is kept, since the range in the store may be overwritten
 * already. 0 or an errno.
 */
int quarantine_keep(struct disk *, const char *file, uint64_t at, uint64_t len,
    const char *note);

#endif
