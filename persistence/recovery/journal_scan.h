/*
 * From the snapshot through all segments, as one sequence of records: with
 * gaps, where LSNs are missing that belong in it.
 */
#ifndef PERSISTENCE_JOURNAL_SCAN_H
#define PERSISTENCE_JOURNAL_SCAN_H

#include "persistence/format/segment_reader.h"
#include "persistence/recovery/store_listing.h"

/* As the last LSN of a gap: everything that ever came after its first. */
#define LSN_WITHOUT_END UINT64_MAX

/* What to read: a snapshot or none, then the segments behind it, by LSN. */
struct scan_plan {
	const struct store_listing_file *snapshot;
	const struct store_listing_file *segments;
	size_t segment_count;
};

/* Bytes that are no record, or none at all, and the LSNs missing there. */
struct scan_gap {
	const struct store_listing_file *file; /* NULL: there is none */
	uint64_t at, len;
	uint64_t first, last; /* first > last: none is missing */
	uint64_t records;     /* of a snapshot's gap: not known yet, 0 */
	bool is_whole;        /* the whole file: its head is bad */
	bool is_blank;        /* only zeros; of a whole file, behind its head */
	/* Where the last record before it stands, in a segment; NULL: none. */
	const struct store_listing_file *tail;
	uint64_t tail_end; /* the byte behind it */
};

enum scan_event_kind {
	SCAN_RECORD,
	SCAN_GAP,
	SCAN_SNAPSHOT_END, /* missing: records that were not in it */
	SCAN_END,          /* behind a gap without end */
	SCAN_FAILED
};

struct scan_event {
	enum scan_event_kind kind;
	struct record record; /* its payload is good until the next event */
	uint64_t size;        /* of the record in its file */
	struct scan_gap gap;
	uint64_t missing;
	int error;
	const struct store_listing_file *failed; /* with that error */
};

/* Copy it, and later journal_scan_resume() the copy, to go on from the same
 * place. */
struct journal_scan {
	struct scan_plan plan;
	struct segment_reader *reader;
	size_t file;             /* 0: the snapshot; i + 1: segment i */
	bool is_open;            /* the reader has it open */
	bool is_at_end;          /* the gap without end was told */
	uint64_t at;             /* in it */
	uint64_t expected;       /* the next LSN; in a snapshot: the last one */
	uint64_t count;          /* a snapshot's good records, … */
	uint64_t expected_count; /* … and how many it should have; 0: unknown */
	bool has_gap;            /* the snapshot has, … */
	bool has_open_gap;       /* … one that reaches to its end */
	bool has_end;            /* its SNAP_END was met */
	const struct store_listing_file *tail; /* as in a gap */
	uint64_t tail_end;
	uint64_t durable_lsn; /* all LSNs up to here were durable once */
};

/* The plan's files and the reader are borrowed. */
void journal_scan_init(struct journal_scan *, const struct scan_plan *,
    struct segment_reader *);

/* The same reader may have read something else meanwhile. 0 or an errno. */
int journal_scan_resume(struct journal_scan *);

/*
 * What comes next. The last gap is always one without end: the place behind
 * the last record, where `first` is the next LSN to be given out, if nothing
 * is known of what came after.
 */
void journal_scan_next(struct journal_scan *, struct scan_event *);

#endif
