/* Counts what is in a store, room by room. */
#ifndef CMD_STORE_STATS_H
#define CMD_STORE_STATS_H

#include <stdio.h>

#include "domain/base/id_map.h"
#include "persistence/inspect.h"

struct store_stats {
	struct id_map rooms;
	struct stats_room *first; /* in order of creation */
	struct stats_room **last;
	uint64_t messages; /* that are still in a room */
	uint64_t message_bytes;
	bool is_incomplete; /* no memory */
};

void store_stats_init(struct store_stats *);
void store_stats_fini(struct store_stats *);

/* What tells them; to be used with inspect_read(). */
struct inspector store_stats_inspector(struct store_stats *);

void store_stats_print(const struct store_stats *, FILE *);

#endif
