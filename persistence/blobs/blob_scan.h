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

/*
 * The same of a directory in which other processes write: nothing is changed,
 * and unfinished files may be of any machine.
 */
int blob_scan_shared(struct disk *, blob_visit *, void *arg);

/* One file of such a directory. ENOENT: there is none that can be used. */
int blob_scan_one(struct disk *, const char *id, struct blob *out);

/* Ids of all files there are, sorted. */
struct blob_ids {
	char (*ids)[ID_SIZE]; /* from malloc() */
	size_t count;
};

int blob_scan_ids(struct disk *, struct blob_ids *out);

#endif
