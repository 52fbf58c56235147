/*
 * Changes the files to what recovery decided: copies lost bytes to quarantine/
 * and overwrites them, cuts the torn tail, removes files that are not needed.
 */
#ifndef PERSISTENCE_REPAIR_H
#define PERSISTENCE_REPAIR_H

#include "persistence/recovery/journal_scan.h"

struct repair {
	struct disk *disk;
	const uint8_t *store_id;
	const struct store_listing *listing;
	const struct scan_plan *plan;
	uint64_t durable; /* the highest LSN known durable */
	/*
	 * In order; the last one is the cut, after which nothing is kept. A gap
	 * whose first LSN is above `durable` is not lost.
	 */
	const struct scan_gap *gaps;
	size_t gap_count;
};

/* Idempotent: safe to interrupt and run again. 0 or an errno. */
int repair_run(const struct repair *);

#endif
