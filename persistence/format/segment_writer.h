/* Creates segments and appends to the newest one. */
#ifndef PERSISTENCE_SEGMENT_WRITER_H
#define PERSISTENCE_SEGMENT_WRITER_H

#include "persistence/disk/disk.h"
#include "persistence/format/record.h"

struct segment_writer {
	struct disk *disk;
	uint8_t store_id[STORE_ID_SIZE];
	uint64_t segment_bytes; /* size that is allocated at first */
	int file;               /* -1: none is open */
	int next;      /* created ahead, under a temporary name; -1: none */
	uint64_t salt; /* of the open segment */
	uint64_t first_lsn;
	uint64_t end;    /* end of the bytes that were written without error */
	uint64_t zeroed; /* up to here zeros were written ahead */
	/* A write failed: parts of it may be after the end. */
	bool is_torn;
	/*
	 * A sync failed: the state of the files is unknown. Reads may show what
	 * is not on the disk, and another sync would succeed.
	 */
	bool is_distrusted;
};

/* The disk is borrowed. */
void segment_writer_init(struct segment_writer *, struct disk *,
    const uint8_t store_id[STORE_ID_SIZE], uint64_t segment_bytes);
/* Removes the segment that was created ahead; all others stay. */
void segment_writer_fini(struct segment_writer *);

/* What returns an int returns 0 or an errno. */

/* Creates the next segment, unless there is one. */
int segment_writer_prepare(struct segment_writer *);

/*
 * Begins a new segment whose first record will have this LSN. All records
 * before must be synced, and the old segment not torn: the name of the new one
 * says so. After a failure the old segment is still the open one.
 */
int segment_writer_begin(struct segment_writer *, uint64_t first_lsn);

int segment_writer_append(struct segment_writer *, const void *, size_t);
int segment_writer_sync(struct segment_writer *);

/*
 * Writes zeros ahead if appends are about so long: syncs there take half the
 * time. To be called while no client waits.
 */
void segment_writer_zero_ahead(struct segment_writer *, size_t len);

/*
 * Truncates the file at its end and syncs it: what a failed write left is gone
 * for good.
 */
int segment_writer_cut(struct segment_writer *);

/* Frees the space after the end, if the disk allows it. */
void segment_writer_trim(struct segment_writer *);

#endif
