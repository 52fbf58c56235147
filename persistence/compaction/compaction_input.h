/* The input of a compaction: the snapshot and the segments after it. */
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
	struct io_throttle *throttle; /* NULL: full speed */
	uint64_t last_lsn;
	uint64_t snapshot_lsn;   /* 0: there is none */
	uint64_t snapshot_count; /* records that it should have */
	uint64_t snapshot_found; /* records that were read */
	uint64_t *segments;      /* first LSNs, in order */
	size_t segment_count;
	size_t segment_capacity;
	struct lsn_range *gaps; /* missing LSNs */
	size_t gap_count;
	size_t gap_capacity;
};

/* Functions that return an int return 0 or an errno. */

/* Lists the files up to this LSN. Call compaction_input_fini() in any case. */
int compaction_input_init(struct compaction_input *, struct disk *,
    uint64_t last_lsn);
void compaction_input_fini(struct compaction_input *);

/* An errno ends the reading. */
typedef int compaction_visit(const struct record *, void *arg);

/* Visits every record in order of LSN. */
int compaction_input_read(struct compaction_input *, compaction_visit *,
    void *arg);

/* After reading: whether only records are missing that are known to be lost. */
bool compaction_input_is_whole(const struct compaction_input *,
    const struct live_set *);

/* Removes the files. */
void compaction_input_remove(struct compaction_input *);

#endif
