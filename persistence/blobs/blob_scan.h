/* What a start finds in the directory of uploaded files. */
#ifndef PERSISTENCE_BLOB_SCAN_H
#define PERSISTENCE_BLOB_SCAN_H

#include "domain/blob_store.h"
#include "persistence/disk/disk.h"

/*
 * Visits complete files, and unfinished ones of this boot of the machine, of
 * which the system has written all that was received. The rest is removed; what
 * is damaged goes to quarantine/. 0 or an errno; ENOMEM also if a visit ends
 * it.
 */
int blob_scan(struct disk *, blob_visit *, void *arg);

#endif
