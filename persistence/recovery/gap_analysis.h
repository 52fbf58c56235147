/* What is missing: was it expected_count to anybody, and has that been told?
 * Pure. */
#ifndef PERSISTENCE_GAP_ANALYSIS_H
#define PERSISTENCE_GAP_ANALYSIS_H

#include "persistence/recovery/journal_scan.h"
#include "persistence/recovery/lost_list.h"

/* What there is up to some place. */
struct tally {
	uint64_t records;
	uint64_t bytes;  /* of records and of gaps */
	size_t reported; /* LOST records */
};

/* Gaps in the order they are met, and what good there was in between. */
struct gap_analysis {
	struct scan_gap *gaps;
	struct tally *before; /* each gap: all that came earlier */
	size_t count;
	size_t capacity; /* of either */
	struct tally total;
	struct lost_list reported; /* by LOST records */
	/* From gap_analysis_finish() on: */
	uint64_t durable;
	uint64_t next_lsn;
	struct tally torn;
	struct lost_list news; /* lost, and nobody has been told */
};

/* Filled with zeros it is empty. */
void gap_analysis_fini(struct gap_analysis *);

/* False: no memory. */
bool gap_analysis_add_record(struct gap_analysis *, const struct record *,
    uint64_t size);
bool gap_analysis_add_gap(struct gap_analysis *, const struct scan_gap *);

/* The snapshot's gaps are all there so far; so much is missing from it. */
void gap_analysis_end_snapshot(struct gap_analysis *, uint64_t missing);

/*
 * Everything has been seen; what is durable is known. The gaps that are left
 * end with the cut, and what they say is lost was durable. False: no memory.
 */
bool gap_analysis_finish(struct gap_analysis *, uint64_t durable);

/* Whether the gap was durable, at least in part. */
bool gap_analysis_is_lost(const struct gap_analysis *, const struct scan_gap *);

#endif
