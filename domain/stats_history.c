#include "domain/stats_history.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/server_stats.h"

void
stats_history_fini(struct stats_history *history)
{
	free(history->samples);
	*history = (struct stats_history){ 0 };
}

const struct stats_sample *
stats_history_sample(const struct stats_history *history, size_t n)
{
	assert(n < history->count);
	return &history->samples[(history->first + n) % STATS_HISTORY_SAMPLES];
}

bool
stats_history_is_due(const struct stats_history *history, int64_t uptime_ms)
{
	return history->count == 0 ||
	       uptime_ms - stats_history_sample(history, history->count - 1)
			       ->uptime_ms >=
		   STATS_HISTORY_EVERY_MS;
}

void
stats_history_add(struct stats_history *history,
    const struct server_stats *stats)
{
	size_t at;

	if (history->samples == NULL)
		history->samples =
		    calloc(STATS_HISTORY_SAMPLES, sizeof(*history->samples));
	if (history->samples == NULL)
		return;
	at = (history->first + history->count) % STATS_HISTORY_SAMPLES;
	if (history->count < STATS_HISTORY_SAMPLES)
		history->count++;
	else
		history->first = (history->first + 1) % STATS_HISTORY_SAMPLES;
	history->samples[at] = (struct stats_sample){
		.uptime_ms = stats->uptime_ms,
		.connections = stats->connections,
		.rooms = stats->rooms,
		.messages = stats->messages,
		.deliveries = stats->deliveries,
		.resident_bytes = stats->process.resident_bytes,
		.cpu_us = stats->process.cpu_us,
		.file_sent_bytes = stats->files.sent_bytes,
		.has_store = stats->store.is_kept,
		.store_syncs = stats->store.syncs,
		.store_records = stats->store.appended,
		.store_sync = stats->store.sync,
		.latency = stats->latency,
		.lag = stats->lag,
	};
}
