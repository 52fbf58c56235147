/*
 * Which gaps are lost records, which are a torn tail, and which were reported
 * before. Pure.
 */
#ifndef PERSISTENCE_GAP_ANALYSIS_H
#define PERSISTENCE_GAP_ANALYSIS_H

#include "persistence/recovery/journal_scan.h"
#include "persistence/recovery/lost_list.h"

/* Totals up to a position. */
struct tally {
	uint64_t records;
	uint64_t bytes;  /* of records and of gaps */
	size_t reported; /* LOST records */
};

/* All gaps in order, and what was read before each of them. */
struct gap_analysis {
	struct scan_gap *gaps;
	struct tally *before; /* what was read before each gap */
	size_t count;
	size_t capacity; /* of both arrays */
	struct tally total;
	struct lost_list reported; /* from LOST records */
	/* Set by gap_analysis_finish(): */
	uint64_t durable;
	uint64_t next_lsn;
	struct tally torn;
	struct lost_list unreported; /* lost, and not reported before */
};

/* Filled with zeros it is empty. */
void gap_analysis_fini(struct gap_analysis *);

/* False: no memory. */
bool gap_analysis_add_record(struct gap_analysis *, const struct record *,
    uint64_t size);
bool gap_analysis_add_gap(struct gap_analysis *, const struct scan_gap *);

/* The snapshot has been read, and this many of its records are missing. */
void gap_analysis_end_snapshot(struct gap_analysis *, uint64_t missing);

/*
 * All was read, and everything up to this LSN was durable once. Afterwards the
 * last gap is the cut, and every gap before it is lost. False: no memory.
 */
bool gap_analysis_finish(struct gap_analysis *, uint64_t durable);

/* Whether records in the gap, or some of them, are lost. */
bool gap_analysis_is_lost(const struct gap_analysis *, const struct scan_gap *);

#endif
