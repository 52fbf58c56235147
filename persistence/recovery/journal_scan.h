/*
 * Reads the snapshot and the segments as one sequence of records, with gaps
 * where LSNs are missing.
 */
#ifndef PERSISTENCE_JOURNAL_SCAN_H
#define PERSISTENCE_JOURNAL_SCAN_H

#include "persistence/format/segment_reader.h"
#include "persistence/recovery/store_listing.h"

/* The last LSN of a gap that reaches to the end of the journal. */
#define LSN_WITHOUT_END UINT64_MAX

/* What to read: a snapshot or none, then segments in order of LSN. */
struct scan_plan {
	const struct store_listing_file *snapshot;
	const struct store_listing_file *segments;
	size_t segment_count;
};

/* LSNs that are missing, and the bytes in their place, if any. */
struct scan_gap {
	const struct store_listing_file *file; /* NULL: no file */
	uint64_t at, len;
	uint64_t first, last; /* first > last: none is missing */
	uint64_t records;     /* 0 in a snapshot: not known yet */
	bool is_whole;        /* the whole file, because its head is damaged */
	bool is_blank;        /* the bytes are zeros, or those after the head */
	/* The segment of the last record before the gap; NULL: none. */
	const struct store_listing_file *tail;
	uint64_t tail_end; /* where that record ends */
};

enum scan_event_kind {
	SCAN_RECORD,
	SCAN_GAP,
	SCAN_SNAPSHOT_END, /* `missing` is set */
	SCAN_END,          /* after the gap without end */
	SCAN_FAILED
};

struct scan_event {
	enum scan_event_kind kind;
	struct record record; /* its payload is valid until the next event */
	uint64_t size;        /* of the record in its file */
	struct scan_gap gap;
	uint64_t missing;
	int error;
	const struct store_listing_file *failed; /* the file of the error */
};

/* A copy is a position: journal_scan_resume() goes on from it. */
struct journal_scan {
	struct scan_plan plan;
	struct segment_reader *reader;
	size_t file;       /* 0: the snapshot; i + 1: segment i */
	bool is_open;      /* the reader has the file open */
	bool is_at_end;    /* the gap without end was returned */
	uint64_t at;       /* position in the file */
	uint64_t expected; /* the next LSN; in a snapshot: the last one */
	/* Of the snapshot: */
	uint64_t count;          /* good records */
	uint64_t expected_count; /* records it should have; 0: unknown */
	bool has_gap;
	bool has_open_gap; /* a gap that reaches to its end */
	bool has_end;      /* its SNAP_END was read */
	const struct store_listing_file *tail; /* as in a gap */
	uint64_t tail_end;
	uint64_t durable_lsn; /* everything up to here was durable once */
};

/* The plan's files and the reader are borrowed. */
void journal_scan_init(struct journal_scan *, const struct scan_plan *,
    struct segment_reader *);

/* The reader may have read other files meanwhile. 0 or an errno. */
int journal_scan_resume(struct journal_scan *);

/*
 * Goes on in files that were listed again, since they have grown. False: they
 * do not have what was read, and the position is of no use.
 */
bool journal_scan_move(struct journal_scan *, const struct scan_plan *);

/*
 * The next event. The last gap never ends: it begins after the last record, and
 * its `first` is the next LSN to assign unless later LSNs are known.
 */
void journal_scan_next(struct journal_scan *, struct scan_event *);

#endif
