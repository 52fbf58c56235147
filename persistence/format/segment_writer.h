/* The end of the journal: segments are created, filled, and left behind. */
#ifndef PERSISTENCE_SEGMENT_WRITER_H
#define PERSISTENCE_SEGMENT_WRITER_H

#include "persistence/disk/disk.h"
#include "persistence/format/record.h"

struct segment_writer {
	struct disk *disk;
	uint8_t store_id[STORE_ID_SIZE];
	uint64_t segment_bytes; /* how long a segment is made at first */
	int file;               /* -1: none is open */
	int next;               /* created ahead, has no name yet; -1 */
	uint64_t salt;          /* of the one that is open, from here on */
	uint64_t first_lsn;
	uint64_t end;    /* of what was written to it and did not fail */
	uint64_t zeroed; /* up to here zeros were written for what follows */
	/* A write failed: some of it may stand behind the end. */
	bool is_torn;
	/* A sync failed. What is in the files nobody knows: reading them would
	 * show what the disk never took, and another sync would succeed. */
	bool is_distrusted;
};

/* The disk is borrowed. */
void segment_writer_init(struct segment_writer *, struct disk *,
    const uint8_t store_id[STORE_ID_SIZE], uint64_t segment_bytes);
/* Leaves the files as they are, but for one that was created ahead. */
void segment_writer_fini(struct segment_writer *);

/* What returns an int returns 0 or an errno. */

/* Room for the next segment, unless there is already. */
int segment_writer_prepare(struct segment_writer *);

/*
 * From now on a new segment is written, whose first record is to have this
 * LSN. Everything before it must be synced, and the old segment not be torn:
 * the new one's name says that whatever comes before it is on the disk. After
 * a failure the old one is as it was.
 */
int segment_writer_begin(struct segment_writer *, uint64_t first_lsn);

int segment_writer_append(struct segment_writer *, const void *, size_t);
int segment_writer_sync(struct segment_writer *);

/*
 * Writes zeros ahead, now and then, if appends are about so long: to sync them
 * takes half the time there. Best called while nobody waits for the disk.
 */
void segment_writer_zero_ahead(struct segment_writer *, size_t len);

/*
 * Ends the file where it ends, for good: what a failed write left behind
 * will not be found again.
 */
int segment_writer_cut(struct segment_writer *);

/* Gives the room behind the end back, if the disk takes it. */
void segment_writer_trim(struct segment_writer *);

#endif
