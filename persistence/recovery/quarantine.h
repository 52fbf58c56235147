/* Damaged bytes are kept for people to look at, each range in its own file. */
#ifndef PERSISTENCE_QUARANTINE_H
#define PERSISTENCE_QUARANTINE_H

#include "persistence/disk/disk.h"

/* "quarantine/snap-0123456789abcdef.snap-0123456789abcdef" */
#define QUARANTINE_NAME_SIZE 64

/* Where the bytes of a file from `at` on go. */
void quarantine_name(char out[QUARANTINE_NAME_SIZE], const char *file,
    uint64_t at);

/*
 * Copies a range there, and a note beside it (….txt). They are on the disk
 * afterwards. A range that is there already is left as it is: what stands in
 * the store by now may be what is left of it. 0 or an errno.
 */
int quarantine_keep(struct disk *, const char *file, uint64_t at, uint64_t len,
    const char *note);

#endif
