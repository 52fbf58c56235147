/* Writes DURABLE: see durable_mark.h. */
#ifndef PERSISTENCE_DURABLE_FILE_H
#define PERSISTENCE_DURABLE_FILE_H

#include "persistence/disk/disk.h"
#include "persistence/journal/durable_mark.h"

struct durable_file {
	struct disk *disk;
	uint8_t store_id[STORE_ID_SIZE];
	int file; /* -1: it could not be opened */
	unsigned slot;
	bool has_failed;
};

/*
 * Whatever happens to the file, nothing is lost but a better guess at what is
 * damage: failures are logged, once, and go no further.
 */
void durable_file_open(struct durable_file *, struct disk *,
    const uint8_t store_id[STORE_ID_SIZE]);
void durable_file_close(struct durable_file *);

/* Everything up to this LSN is on the disk. */
void durable_file_write(struct durable_file *, uint64_t lsn);

/* Everything up to this LSN was written, and is told before it is synced. */
void durable_file_tell(struct durable_file *, uint64_t lsn);

#endif
