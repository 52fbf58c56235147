/* The record of an uploaded file, as it is beside the file's bytes. Pure. */
#ifndef PERSISTENCE_BLOB_RECORD_H
#define PERSISTENCE_BLOB_RECORD_H

#include "domain/blob.h"
#include "persistence/disk/disk.h"

/* What any record takes at most. */
#define BLOB_RECORD_MOST 2048

/* Returns the length. `received` is not written. */
size_t blob_record_write(char out[BLOB_RECORD_MOST], const struct blob *,
    const uint8_t boot_id[BOOT_ID_SIZE]);

/* False: it is damaged, or of a newer program. */
bool blob_record_read(struct str, struct blob *out,
    uint8_t boot_id[BOOT_ID_SIZE]);

#endif
