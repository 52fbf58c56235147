/* Figures of the server in the last hour, for curves: a ring in memory. */
#ifndef DOMAIN_STATS_HISTORY_H
#define DOMAIN_STATS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/histogram.h"

struct server_stats;

#define STATS_HISTORY_EVERY_MS 30000
/* Differences are shown: an hour has one sample more than it has points. */
#define STATS_HISTORY_SAMPLES 121

/* A part of struct server_stats. */
struct stats_sample {
	int64_t uptime_ms;
	uint64_t connections;
	uint64_t rooms;
	uint64_t messages;
	uint64_t deliveries;
	uint64_t resident_bytes;
	uint64_t cpu_us;
	uint64_t file_sent_bytes;
	bool has_store; /* else the next three are unset */
	uint64_t store_syncs;
	uint64_t store_records;
	struct histogram store_sync;
	struct histogram latency;
	struct histogram lag;
};

/* Zeroed at first. */
struct stats_history {
	struct stats_sample *samples; /* NULL: there are none */
	size_t count;
	size_t first; /* the oldest one */
};

void stats_history_fini(struct stats_history *);

/* Whether the next sample is due. */
bool stats_history_is_due(const struct stats_history *, int64_t uptime_ms);

/* Without memory for the ring nothing is added. */
void stats_history_add(struct stats_history *, const struct server_stats *);

/* The n-th oldest. */
const struct stats_sample *stats_history_sample(const struct stats_history *,
    size_t n);

#endif
