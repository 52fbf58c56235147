/* Server statistics as one JSON object. */
#include "wire/common/stats_format.h"

#include "domain/server_stats.h"
#include "domain/stats_history.h"
#include "wire/json/json_writer.h"

static void
stats_put(struct wire_text *out, const char *literal)
{
	wire_text_append(out, str_from(literal));
}

static void
stats_put_number(struct wire_text *out, const char *name, uint64_t value)
{
	stats_put(out, ",\"");
	stats_put(out, name);
	stats_put(out, "\":");
	json_put_unsigned(out, value);
}

static void
histogram_put_bounds(struct wire_text *out)
{
	stats_put(out, "{\"bounds\":[");
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		stats_put(out, i > 0 ? "," : "");
		json_put_unsigned(out, histogram_bounds[i]);
	}
	stats_put(out, "],\"counts\":[");
}

static void
histogram_put(struct wire_text *out, const char *name,
    const struct histogram *histogram)
{
	stats_put(out, ",\"");
	stats_put(out, name);
	stats_put(out, "\":");
	histogram_put_bounds(out);
	for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		stats_put(out, i > 0 ? "," : "");
		json_put_unsigned(out, histogram->counts[i]);
	}
	stats_put(out, "]}");
}

/* A total whose code is 0 has a reason only. */
static void
stats_put_totals(struct wire_text *out, const char *name,
    const struct totals *totals)
{
	stats_put(out, ",\"");
	stats_put(out, name);
	stats_put(out, "\":[");
	for (size_t i = 0; i < totals->count; i++) {
		const struct total *total = &totals->items[i];

		stats_put(out, i > 0 ? ",{\"code\":" : "{\"code\":");
		json_put_unsigned(out, total->code);
		stats_put(out, ",\"reason\":");
		json_put_string(out, str_from(total->reason));
		stats_put_number(out, "count", total->count);
		stats_put(out, "}");
	}
	stats_put(out, "]");
}

static void
stats_put_limits(struct wire_text *out, const struct server_stats *stats)
{
	stats_put(out, ",\"limits\":[");
	for (size_t i = 0; i < stats->limit_count; i++) {
		const struct limit_use *limit = &stats->limits[i];

		stats_put(out, i > 0 ? ",{\"option\":" : "{\"option\":");
		json_put_string(out, str_from(limit->option));
		stats_put_number(out, "used", limit->used);
		stats_put_number(out, "most", limit->most);
		stats_put(out, "}");
	}
	stats_put(out, "]");
}

static void
stats_put_largest(struct wire_text *out, const struct server_stats *stats)
{
	stats_put(out, ",\"largest\":[");
	for (size_t i = 0; i < stats->largest_count; i++) {
		const struct room *room = &stats->largest[i];

		stats_put(out, i > 0 ? ",{\"room\":" : "{\"room\":");
		json_put_string(out, str_from(room->id));
		stats_put(out, ",\"name\":");
		json_put_string(out, str_from(room->name));
		stats_put_number(out, "members", room->member_count);
		stats_put(out, "}");
	}
	stats_put(out, "]");
}

static void
stats_put_store(struct wire_text *out, const struct store_health *store)
{
	stats_put(out, ",\"store\":{\"writable\":");
	stats_put(out, store->is_writable != 0 ? "true" : "false");
	stats_put_number(out, "lost", store->lost);
	stats_put_number(out, "journal_bytes", store->bytes);
	stats_put_number(out, "waiting_bytes", store->waiting);
	stats_put_number(out, "syncs", store->syncs);
	stats_put_number(out, "failures", store->failures);
	stats_put_number(out, "compactions", store->compacted);
	stats_put_number(out, "records", store->appended);
	histogram_put(out, "sync_us", &store->sync);
	stats_put(out, "}");
}

static void
stats_put_files(struct wire_text *out, const struct server_stats *stats)
{
	stats_put(out, ",\"files\":{\"count\":");
	json_put_unsigned(out, stats->file_count);
	stats_put_number(out, "bytes", stats->file_bytes);
	stats_put_number(out, "completed", stats->files.completed);
	stats_put_number(out, "refused", stats->files.refused);
	stats_put_number(out, "failed", stats->files.failed);
	stats_put_number(out, "expired", stats->files.expired);
	stats_put_number(out, "received_bytes", stats->files.received_bytes);
	stats_put_number(out, "sent_bytes", stats->files.sent_bytes);
	stats_put(out, "}");
}

void
stats_write_json(struct wire_text *out, const struct server_stats *stats)
{
	stats_put(out, "{\"server\":");
	json_put_string(out, stats->server);
	stats_put_number(out, "uptime_ms", (uint64_t)stats->uptime_ms);
	stats_put_number(out, "connections", stats->connections);
	stats_put_number(out, "opened", stats->opened);
	stats_put_number(out, "commands", stats->commands);
	stats_put_number(out, "messages", stats->messages);
	stats_put_number(out, "deliveries", stats->deliveries);
	stats_put_number(out, "rooms", stats->rooms);
	stats_put_largest(out, stats);
	stats_put_number(out, "held_bytes", stats->bytes_held);
	stats_put_number(out, "resident_bytes", stats->process.resident_bytes);
	stats_put_number(out, "cpu_ms", stats->process.cpu_us / 1000);
	if (stats->store.is_kept)
		stats_put_store(out, &stats->store);
	stats_put_files(out, stats);
	stats_put_totals(out, "closes", &stats->closes);
	stats_put_totals(out, "refusals", &stats->refusals);
	stats_put_limits(out, stats);
	histogram_put(out, "latency_us", &stats->latency);
	histogram_put(out, "loop_lag_us", &stats->lag);
	stats_put(out, "}\n");
}

static void
sample_put(struct wire_text *out, const struct stats_sample *sample)
{
	stats_put(out, "{\"uptime_ms\":");
	json_put_unsigned(out, (uint64_t)sample->uptime_ms);
	stats_put_number(out, "connections", sample->connections);
	stats_put_number(out, "messages", sample->messages);
	stats_put_number(out, "deliveries", sample->deliveries);
	stats_put_number(out, "rooms", sample->rooms);
	stats_put_number(out, "resident_bytes", sample->resident_bytes);
	stats_put_number(out, "cpu_ms", sample->cpu_us / 1000);
	if (sample->has_store) {
		stats_put(out, ",\"store\":{\"syncs\":");
		json_put_unsigned(out, sample->store_syncs);
		stats_put_number(out, "records", sample->store_records);
		histogram_put(out, "sync_us", &sample->store_sync);
		stats_put(out, "}");
	}
	stats_put(out, ",\"files\":{\"sent_bytes\":");
	json_put_unsigned(out, sample->file_sent_bytes);
	stats_put(out, "}");
	histogram_put(out, "latency_us", &sample->latency);
	histogram_put(out, "loop_lag_us", &sample->lag);
	stats_put(out, "}");
}

void
stats_history_write_json(struct wire_text *out,
    const struct stats_history *history)
{
	stats_put(out, "{\"every_ms\":");
	json_put_unsigned(out, STATS_HISTORY_EVERY_MS);
	stats_put(out, ",\"samples\":[");
	for (size_t n = 0; n < history->count; n++) {
		stats_put(out, n > 0 ? "," : "");
		sample_put(out, stats_history_sample(history, n));
	}
	stats_put(out, "]}\n");
}
