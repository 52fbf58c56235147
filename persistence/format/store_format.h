/* The file FORMAT: the id of the store and the version of its files. */
#ifndef PERSISTENCE_STORE_FORMAT_H
#define PERSISTENCE_STORE_FORMAT_H

#include "persistence/disk/disk.h"
#include "persistence/format/record.h"

enum store_format {
	STORE_FORMAT_OURS,
	STORE_FORMAT_NONE,   /* the file is missing */
	STORE_FORMAT_NEWER,  /* unknown version or feature */
	STORE_FORMAT_INVALID /* not a FORMAT file */
};

/* Sets the id for STORE_FORMAT_OURS. 0 or an errno. */
int store_format_read(struct disk *, enum store_format *,
    uint8_t store_id[STORE_ID_SIZE]);

/* Atomic: afterwards the file is complete or unchanged. 0 or an errno. */
int store_format_write(struct disk *, const uint8_t store_id[STORE_ID_SIZE]);

#endif
