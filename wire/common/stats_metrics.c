#include "wire/common/stats_format.h"

#include <inttypes.h>
#include <stdio.h>

#include "domain/server_stats.h"
#include "wire/common/wire_text.h"

/* More than any line takes. */
#define LINE_SIZE 256

static void
put_line(struct wire_text *out, const char *name, const char *labels,
    uint64_t value)
{
	char line[LINE_SIZE];
	int len = snprintf(line, sizeof(line), "parley_%s%s %" PRIu64 "\n",
	    name, labels, value);

	wire_text_append(out, str_slice(line, (size_t)len));
}

static void
put_head(struct wire_text *out, const char *name, const char *type,
    const char *help)
{
	char lines[LINE_SIZE];
	int len = snprintf(lines, sizeof(lines),
	    "# HELP parley_%s %s\n# TYPE parley_%s %s\n", name, help, name,
	    type);

	wire_text_append(out, str_slice(lines, (size_t)len));
}

static void
put_value(struct wire_text *out, const char *name, const char *type,
    const char *help, uint64_t value)
{
	put_head(out, name, type, help);
	put_line(out, name, "", value);
}

/* Whole µs as seconds. */
static void
put_seconds(struct wire_text *out, const char *name, uint64_t us)
{
	char line[LINE_SIZE];
	int len = snprintf(line, sizeof(line),
	    "parley_%s %" PRIu64 ".%06" PRIu64 "\n", name, us / 1000000,
	    us % 1000000);

	wire_text_append(out, str_slice(line, (size_t)len));
}

static void
put_named(struct wire_text *out, const char *name, const char *part,
    const char *labels, uint64_t value)
{
	char whole[LINE_SIZE / 2];

	snprintf(whole, sizeof(whole), "%s_%s", name, part);
	put_line(out, whole, labels, value);
}

static void
put_histogram(struct wire_text *out, const char *name, const char *help,
    const struct histogram *histogram)
{
	uint64_t count = 0;
	char text[LINE_SIZE / 2];

	put_head(out, name, "histogram", help);
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		uint32_t bound = histogram_bounds[i];

		count += histogram->counts[i];
		snprintf(text, sizeof(text),
		    "{le=\"%" PRIu32 ".%06" PRIu32 "\"}", bound / 1000000,
		    bound % 1000000);
		put_named(out, name, "bucket", text, count);
	}
	count = histogram_count(histogram);
	put_named(out, name, "bucket", "{le=\"+Inf\"}", count);
	snprintf(text, sizeof(text), "%s_sum", name);
	put_seconds(out, text, histogram->sum_us);
	put_named(out, name, "count", "", count);
}

static void
put_store(struct wire_text *out, const struct store_health *store)
{
	put_value(out, "store_writable", "gauge",
	    "Whether persistent rooms can be written.", store->is_writable);
	put_value(out, "store_lost_records_total", "counter",
	    "Records that the disk had lost, as found at the start.",
	    store->lost);
	put_value(out, "store_journal_bytes", "gauge",
	    "What the journal takes, snapshots not counted.", store->bytes);
	put_value(out, "store_waiting_bytes", "gauge",
	    "What waits to be written.", store->waiting);
	put_value(out, "store_syncs_total", "counter",
	    "How often the disk was waited for.", store->syncs);
	put_value(out, "store_failures_total", "counter",
	    "How often something could not be written.", store->failures);
	put_value(out, "store_compactions_total", "counter",
	    "How often the journal was rewritten.", store->compacted);
}

void
stats_write_metrics(struct wire_text *out, const struct server_stats *report)
{
	put_value(out, "connections", "gauge", "Open WebSockets.",
	    report->connections);
	put_value(out, "connections_opened_total", "counter",
	    "WebSockets that were opened.", report->opened);
	put_value(out, "commands_total", "counter", "What clients sent.",
	    report->commands);
	put_value(out, "messages_total", "counter", "Messages that were said.",
	    report->messages);
	put_value(out, "deliveries_total", "counter",
	    "Messages, once for each who got them.", report->deliveries);
	put_value(out, "rooms", "gauge", "Rooms there are.", report->rooms);
	put_value(out, "held_bytes", "gauge", "Memory held for members.",
	    report->held);
	put_value(out, "resident_bytes", "gauge", "Memory in use.",
	    report->resident);
	put_head(out, "cpu_seconds_total", "counter", "Processor time.");
	put_seconds(out, "cpu_seconds_total", report->cpu_ms * 1000);
	if (report->store.is_kept)
		put_store(out, &report->store);
	put_histogram(out, "latency_seconds",
	    "From reading a command to having sent what came of it.",
	    &report->latency);
	put_histogram(out, "loop_lag_seconds",
	    "How late the event loop was for its ticks.", &report->lag);
}
