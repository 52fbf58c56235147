/*
 * Makes the files say what recovery judged: what is lost is kept elsewhere
 * and wiped out, a torn tail is cut, what is not needed any more is removed.
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
	/* In order; the last one is the cut: nothing behind it is kept. A gap
	 * whose first LSN is beyond `durable` was nobody's loss. */
	const struct scan_gap *gaps;
	size_t gap_count;
};

/* Stopped anywhere and begun anew, it comes to the same. 0 or an errno. */
int repair_run(const struct repair *);

#endif
