/*
 * Writes a snapshot under a temporary name, and renames it when it is complete.
 */
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
	size_t used; /* bytes in the buffer */
	uint64_t at; /* the position in the file that they belong to */
	struct io_throttle
	    *throttle; /* while it is verified; NULL: full speed */
};

/* What returns an int returns 0 or an errno. */

/* After a failure there is nothing to end. */
int snapshot_writer_begin(struct snapshot_writer *, struct disk *,
    const uint8_t store_id[STORE_ID_SIZE], uint64_t last_lsn);

/* To be called in order of LSN. Copies the payload. */
int snapshot_writer_add(struct snapshot_writer *, const struct record *);

/*
 * Syncs the file, verifies it, renames it and syncs the directory. *bytes: the
 * size of its records.
 */
int snapshot_writer_publish(struct snapshot_writer *, uint64_t *bytes);

/* Frees the writer, published or not. */
void snapshot_writer_end(struct snapshot_writer *);

#endif
