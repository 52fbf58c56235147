#include "wire/common/stats_format.h"

#include "domain/server_stats.h"
#include "wire/json/json_writer.h"

static void
put(struct wire_text *out, const char *literal)
{
	wire_text_append(out, str_from(literal));
}

static void
put_number(struct wire_text *out, const char *name, uint64_t value)
{
	put(out, ",\"");
	put(out, name);
	put(out, "\":");
	json_put_unsigned(out, value);
}

static void
put_bounds(struct wire_text *out)
{
	put(out, "{\"bounds\":[");
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		put(out, i > 0 ? "," : "");
		json_put_unsigned(out, histogram_bounds[i]);
	}
	put(out, "],\"counts\":[");
}

static void
put_histogram(struct wire_text *out, const char *name,
    const struct histogram *histogram)
{
	put(out, ",\"");
	put(out, name);
	put(out, "\":");
	put_bounds(out);
	for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		put(out, i > 0 ? "," : "");
		json_put_unsigned(out, histogram->counts[i]);
	}
	put(out, "]}");
}

static void
put_largest(struct wire_text *out, const struct server_stats *report)
{
	put(out, ",\"largest\":[");
	for (size_t i = 0; i < report->largest_count; i++) {
		const struct room *room = &report->largest[i];

		put(out, i > 0 ? ",{\"room\":" : "{\"room\":");
		json_put_string(out, str_from(room->id));
		put(out, ",\"name\":");
		json_put_string(out, str_from(room->name));
		put_number(out, "members", room->member_count);
		put(out, "}");
	}
	put(out, "]");
}

static void
put_store(struct wire_text *out, const struct store_health *store)
{
	put(out, ",\"store\":{\"writable\":");
	put(out, store->is_writable ? "true" : "false");
	put_number(out, "lost", store->lost);
	put_number(out, "journal_bytes", store->bytes);
	put_number(out, "waiting_bytes", store->waiting);
	put_number(out, "syncs", store->syncs);
	put_number(out, "failures", store->failures);
	put_number(out, "compactions", store->compacted);
	put(out, "}");
}

void
stats_write_json(struct wire_text *out, const struct server_stats *report)
{
	put(out, "{\"server\":");
	json_put_string(out, report->server);
	put_number(out, "uptime_ms", (uint64_t)report->uptime_ms);
	put_number(out, "connections", report->connections);
	put_number(out, "opened", report->opened);
	put_number(out, "commands", report->commands);
	put_number(out, "messages", report->messages);
	put_number(out, "deliveries", report->deliveries);
	put_number(out, "rooms", report->rooms);
	put_largest(out, report);
	put_number(out, "held_bytes", report->held);
	put_number(out, "resident_bytes", report->resident);
	put_number(out, "cpu_ms", report->cpu_ms);
	if (report->store.is_kept)
		put_store(out, &report->store);
	put_histogram(out, "latency_us", &report->latency);
	put_histogram(out, "loop_lag_us", &report->lag);
	put(out, "}\n");
}
