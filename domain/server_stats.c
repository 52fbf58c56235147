#include "domain/server_stats.h"

#include <assert.h>

#include <string.h>

void
server_stats_add_room(struct server_stats *report, const struct room *room)
{
	size_t count = report->largest_count, at = count;

	report->rooms++;
	if (room->is_private)
		return;
	while (at > 0 &&
	       report->largest[at - 1].member_count < room->member_count)
		at--;
	if (at == SERVER_STATS_ROOMS)
		return;
	if (count < SERVER_STATS_ROOMS)
		report->largest_count = ++count;
	memmove(&report->largest[at + 1], &report->largest[at],
	    (count - at - 1) * sizeof(*room));
	report->largest[at] = *room;
}

void
server_stats_add_limit(struct server_stats *stats, const char *option,
    uint64_t used, uint64_t most)
{
	if (most == 0)
		return;
	assert(stats->limit_count < SERVER_STATS_LIMITS);
	stats->limits[stats->limit_count++] =
	    (struct limit_use){ option, used, most };
}
