/* What is to be compacted: the snapshot there is, and the segments behind it.
 */
#ifndef PERSISTENCE_COMPACTION_INPUT_H
#define PERSISTENCE_COMPACTION_INPUT_H

#include "persistence/compaction/live_set.h"
#include "persistence/disk/disk.h"
#include "persistence/disk/io_throttle.h"
#include "persistence/format/record.h"
#include "persistence/format/segment_reader.h"

struct lsn_range {
	uint64_t first, last;
};

struct compaction_input {
	struct disk *disk;
	struct segment_reader *reader;
	struct io_throttle *throttle; /* NULL: it is in a hurry */
	uint64_t last_lsn;
	uint64_t snapshot_lsn;   /* 0: there is none */
	uint64_t snapshot_count; /* of its records, as it says … */
	uint64_t snapshot_found; /* … and as there are */
	uint64_t *segments;      /* first LSNs, in order */
	size_t segment_count;
	size_t segment_capacity;
	struct lsn_range *gaps; /* LSNs of which there is no record */
	size_t gap_count;
	size_t gap_capacity;
};

/* What returns an int returns 0 or an errno. */

/* Which files there are, up to this LSN. To be finished whatever comes. */
int compaction_input_init(struct compaction_input *, struct disk *,
    uint64_t last_lsn);
void compaction_input_fini(struct compaction_input *);

/* 0 goes on, an errno ends it. */
typedef int compaction_visit(const struct record *, void *arg);

/* Every record, in order of LSN. */
int compaction_input_read(struct compaction_input *, compaction_visit *,
    void *arg);

/* After that: whether nothing is missing but what is known to be lost. */
bool compaction_input_is_whole(const struct compaction_input *,
    const struct live_set *);

/* The files are of no use any more. */
void compaction_input_remove(struct compaction_input *);

#endif
