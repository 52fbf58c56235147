/* Writes a snapshot: unfinished under another name, then there as a whole. */
#ifndef PERSISTENCE_SNAPSHOT_WRITER_H
#define PERSISTENCE_SNAPSHOT_WRITER_H

#include "persistence/disk/disk.h"
#include "persistence/disk/io_throttle.h"
#include "persistence/format/record.h"
#include "persistence/format/store_names.h"

struct snapshot_writer {
	struct disk *disk;
	int file;
	struct segment_head head;
	char name[STORE_NAME_SIZE + sizeof(UNFINISHED_SUFFIX)];
	char *buffer;
	size_t used; /* bytes in it, to be written … */
	uint64_t at; /* … here */
	struct io_throttle
	    *throttle; /* when it is read back; NULL until set: none */
};

/* What returns an int returns 0 or an errno. */

/* If it fails there is nothing to be abandoned. */
int snapshot_writer_begin(struct snapshot_writer *, struct disk *,
    const uint8_t store_id[STORE_ID_SIZE], uint64_t last_lsn);

/* In order of LSN. The payload is copied. */
int snapshot_writer_add(struct snapshot_writer *, const struct record *);

/*
 * Makes it last, reads it back whole, gives it its name and makes that last,
 * too. Says how many bytes its records take.
 */
int snapshot_writer_publish(struct snapshot_writer *, uint64_t *bytes);

/* To be done with a snapshot, whether it was published or not. */
void snapshot_writer_end(struct snapshot_writer *);

#endif
