/* Names of the files of a store. */
#ifndef PERSISTENCE_STORE_NAMES_H
#define PERSISTENCE_STORE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define LOCK_NAME "LOCK"
#define FORMAT_NAME "FORMAT"
/* Suffix of unfinished files, which the next start removes. */
#define UNFINISHED_SUFFIX ".tmp"

/* "snap-0123456789abcdef.snap.tmp" */
#define STORE_NAME_SIZE 32

/* "seg-….log", with the LSN of the first record. */
void segment_name(char out[STORE_NAME_SIZE], uint64_t first_lsn);

/* "snap-….snap", with the last LSN that it covers. */
void snapshot_name(char out[STORE_NAME_SIZE], uint64_t last_lsn);

/* False: not such a name. */
bool segment_name_read(const char *name, uint64_t *first_lsn);
bool snapshot_name_read(const char *name, uint64_t *last_lsn);
bool name_is_unfinished(const char *name);

#endif
