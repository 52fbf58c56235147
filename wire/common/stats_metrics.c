/* Server statistics in the text format of Prometheus. */
#include "wire/common/stats_format.h"

#include <inttypes.h>
#include <stdio.h>

#include "domain/server_stats.h"
#include "wire/common/wire_text.h"

/* Longer than any line. */
#define LINE_SIZE 256

static void
metric_put_line(struct wire_text *out, const char *name, const char *labels,
    uint64_t value)
{
	char line[LINE_SIZE];
	int len = snprintf(line, sizeof(line), "parley_%s%s %" PRIu64 "\n",
	    name, labels, value);

	wire_text_append(out, str_slice(line, (size_t)len));
}

static void
metric_put_head(struct wire_text *out, const char *name, const char *type,
    const char *help)
{
	char lines[LINE_SIZE];
	int len = snprintf(lines, sizeof(lines),
	    "# HELP parley_%s %s\n# TYPE parley_%s %s\n", name, help, name,
	    type);

	wire_text_append(out, str_slice(lines, (size_t)len));
}

static void
metric_put(struct wire_text *out, const char *name, const char *type,
    const char *help, uint64_t value)
{
	metric_put_head(out, name, type, help);
	metric_put_line(out, name, "", value);
}

/* Microseconds as seconds. */
static void
metric_put_seconds(struct wire_text *out, const char *name, uint64_t us)
{
	char line[LINE_SIZE];
	int len = snprintf(line, sizeof(line),
	    "parley_%s %" PRIu64 ".%06" PRIu64 "\n", name, us / 1000000,
	    us % 1000000);

	wire_text_append(out, str_slice(line, (size_t)len));
}

static void
metric_put_part(struct wire_text *out, const char *name, const char *part,
    const char *labels, uint64_t value)
{
	char whole[LINE_SIZE / 2];

	snprintf(whole, sizeof(whole), "%s_%s", name, part);
	metric_put_line(out, whole, labels, value);
}

static void
metric_put_histogram(struct wire_text *out, const char *name, const char *help,
    const struct histogram *histogram)
{
	uint64_t count = 0;
	char text[LINE_SIZE / 2];

	metric_put_head(out, name, "histogram", help);
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		uint32_t bound = histogram_bounds[i];

		count += histogram->counts[i];
		snprintf(text, sizeof(text),
		    "{le=\"%" PRIu32 ".%06" PRIu32 "\"}", bound / 1000000,
		    bound % 1000000);
		metric_put_part(out, name, "bucket", text, count);
	}
	count = histogram_count(histogram);
	metric_put_part(out, name, "bucket", "{le=\"+Inf\"}", count);
	snprintf(text, sizeof(text), "%s_sum", name);
	metric_put_seconds(out, text, histogram->sum_us);
	metric_put_part(out, name, "count", "", count);
}

static void
metrics_put_store(struct wire_text *out, const struct store_health *store)
{
	metric_put(out, "store_writable", "gauge",
	    "Whether persistent rooms can be written.", store->is_writable);
	metric_put(out, "store_lost_records_total", "counter",
	    "Records found lost at the start.", store->lost);
	metric_put(out, "store_journal_bytes", "gauge",
	    "Size of the journal without snapshots.", store->bytes);
	metric_put(out, "store_waiting_bytes", "gauge",
	    "Bytes waiting to be written.", store->waiting);
	metric_put(out, "store_syncs_total", "counter", "Completed syncs.",
	    store->syncs);
	metric_put(out, "store_failures_total", "counter",
	    "Failed writes and syncs.", store->failures);
	metric_put(out, "store_compactions_total", "counter",
	    "Completed compactions.", store->compacted);
}

/* A close without a close frame has the code 1006, as clients see it. */
#define NO_CLOSE_FRAME 1006

static void
metrics_put_closes(struct wire_text *out, const struct server_stats *stats)
{
	char labels[LINE_SIZE / 2];

	metric_put_head(out, "closes_total", "counter",
	    "WebSockets that ended, by close code and reason.");
	for (size_t i = 0; i < stats->close_count; i++) {
		const struct close_total *total = &stats->closes[i];

		snprintf(labels, sizeof(labels), "{code=\"%u\",reason=\"%s\"}",
		    total->code == 0 ? NO_CLOSE_FRAME : total->code,
		    total->reason);
		metric_put_line(out, "closes_total", labels, total->count);
	}
}

static void
metrics_put_refusals(struct wire_text *out, const struct server_stats *stats)
{
	char labels[LINE_SIZE / 2];

	metric_put_head(out, "refusals_total", "counter",
	    "What was refused, by the limit.");
	for (size_t i = 0; i < stats->refusal_count; i++) {
		snprintf(labels, sizeof(labels), "{limit=\"%s\"}",
		    stats->refusals[i].limit);
		metric_put_line(out, "refusals_total", labels,
		    stats->refusals[i].count);
	}
}

static void
metrics_put_errors(struct wire_text *out, const struct server_stats *stats)
{
	char labels[LINE_SIZE / 2];

	metric_put_head(out, "errors_total", "counter",
	    "Commands that failed, by the code of the answer.");
	for (unsigned i = CHAT_OK + 1; i < CHAT_ERROR_KINDS; i++) {
		snprintf(labels, sizeof(labels), "{code=\"%s\"}",
		    chat_error_word((enum chat_error)i));
		metric_put_line(out, "errors_total", labels, stats->errors[i]);
	}
}

static void
metrics_put_copies(struct wire_text *out, const struct copy_totals *copies)
{
	metric_put(out, "copies_accepted_total", "counter",
	    "Messages and droppable events, once per receiver.",
	    copies->accepted);
	metric_put(out, "copies_delivered_total", "counter",
	    "Copies handed to their connection.", copies->delivered);
	metric_put(out, "copies_skipped_total", "counter",
	    "Copies not sent to slow connections: droppable or expired.",
	    copies->skipped);
	metric_put(out, "copies_aborted_total", "counter",
	    "Copies whose connection ended, or left the room.",
	    copies->aborted);
	metric_put(out, "copies_waiting", "gauge",
	    "Copies that slow connections will be sent.", copies->waiting);
}

void
stats_write_metrics(struct wire_text *out, const struct server_stats *stats)
{
	metric_put(out, "connections", "gauge", "Open WebSockets.",
	    stats->connections);
	metric_put(out, "connections_opened_total", "counter",
	    "WebSockets opened.", stats->opened);
	metric_put(out, "commands_total", "counter", "Commands received.",
	    stats->commands);
	metric_put(out, "messages_total", "counter", "Messages posted.",
	    stats->messages);
	metric_put(out, "deliveries_total", "counter",
	    "Messages delivered, once per connection.", stats->deliveries);
	metrics_put_copies(out, &stats->copies);
	metrics_put_closes(out, stats);
	metrics_put_refusals(out, stats);
	metrics_put_errors(out, stats);
	metric_put(out, "rooms", "gauge", "Rooms.", stats->rooms);
	metric_put(out, "held_bytes", "gauge",
	    "Memory held for connections and rooms.", stats->held);
	metric_put(out, "resident_bytes", "gauge", "Resident memory.",
	    stats->resident);
	metric_put_head(out, "cpu_seconds_total", "counter", "CPU time.");
	metric_put_seconds(out, "cpu_seconds_total", stats->cpu_ms * 1000);
	if (stats->store.is_kept)
		metrics_put_store(out, &stats->store);
	metric_put_histogram(out, "latency_seconds",
	    "Time from reading a command to sending its results.",
	    &stats->latency);
	metric_put_histogram(out, "loop_lag_seconds",
	    "Delay of the event loop's ticks.", &stats->lag);
}
