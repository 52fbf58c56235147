/* Counts the messages of a store, room by room. */
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

/* Counts what inspect_read() finds. */
struct inspector store_stats_inspector(struct store_stats *);

void store_stats_print(const struct store_stats *, FILE *);

/* One JSON object for each room, in a line of its own. */
void store_stats_print_rooms(const struct store_stats *, FILE *);

#endif
