/* The file FORMAT: which store this is, and how it is laid out. */
#ifndef PERSISTENCE_STORE_FORMAT_H
#define PERSISTENCE_STORE_FORMAT_H

#include "persistence/disk/disk.h"
#include "persistence/format/record.h"

enum store_format {
	STORE_FORMAT_OURS,
	STORE_FORMAT_NONE,   /* there is no such file */
	STORE_FORMAT_NEWER,  /* a number or a feature unknown to us */
	STORE_FORMAT_STRANGE /* not written by any parley */
};

/* 0 or an errno. The id is told of a store that is ours. */
int store_format_read(struct disk *, enum store_format *,
    uint8_t store_id[STORE_ID_SIZE]);

/* Afterwards it is there whole, or not at all; 0 or an errno. */
int store_format_write(struct disk *, const uint8_t store_id[STORE_ID_SIZE]);

#endif
