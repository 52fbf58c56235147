/* Server statistics in the text format of Prometheus. */
#include "wire/common/stats_format.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "domain/server_stats.h"
#include "wire/common/wire_text.h"

/* Longer than any line, but for the values of labels. */
#define LINE_SIZE 512

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_HISTOGRAM
};

static const char *const type_words[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

/* The unit in which a figure is kept; the exposition has seconds and bytes. */
enum metric_unit {
	UNIT_ONE,
	UNIT_MS,
	UNIT_US
};

struct metric {
	const char *name;
	const char *help;
	enum metric_type type;
	enum metric_unit unit;
	size_t offset; /* of its uint64_t or struct histogram */
};

#define COUNTER(name, field, help)                       \
	{                                                \
		name, help, METRIC_COUNTER, UNIT_ONE,    \
		    offsetof(struct server_stats, field) \
	}
#define GAUGE(name, field, help)                         \
	{                                                \
		name, help, METRIC_GAUGE, UNIT_ONE,      \
		    offsetof(struct server_stats, field) \
	}
#define SECONDS(name, type, unit, field, help)                               \
	{                                                                    \
		name, help, type, unit, offsetof(struct server_stats, field) \
	}
#define HISTOGRAM(name, field, help) \
	SECONDS(name, METRIC_HISTOGRAM, UNIT_US, field, help)

static const struct metric metrics[] = {
	GAUGE("parley_connections", connections, "Open WebSockets."),
	GAUGE("parley_sockets", sockets,
	    "Open connections of any kind, HTTP and WebSockets."),
	GAUGE("parley_accept_queue", accept_queue,
	    "Accepted sockets that wait to be served."),
	COUNTER("parley_connections_opened_total", opened,
	    "WebSockets opened."),
	COUNTER("parley_received_bytes_total", traffic.received_bytes,
	    "Bytes read from sockets, inside of TLS."),
	COUNTER("parley_sent_bytes_total", traffic.sent_bytes,
	    "Bytes written to sockets, inside of TLS."),
	COUNTER("parley_socket_reads_total", traffic.reads,
	    "Reads of sockets that got bytes."),
	COUNTER("parley_socket_writes_total", traffic.writes,
	    "Writes to sockets."),
	COUNTER("parley_message_bytes_total", traffic.message_bytes,
	    "Payload bytes of received messages, inflated."),
	COUNTER("parley_commands_total", commands, "Commands received."),
	COUNTER("parley_messages_total", messages, "Messages posted."),
	COUNTER("parley_deliveries_total", deliveries,
	    "Messages delivered, once per connection."),
	COUNTER("parley_copies_accepted_total", copies.accepted,
	    "Messages and droppable events, once per receiver."),
	COUNTER("parley_copies_delivered_total", copies.delivered,
	    "Copies handed to their connection."),
	COUNTER("parley_copies_skipped_total", copies.skipped,
	    "Copies not sent to slow connections: droppable or expired."),
	COUNTER("parley_copies_aborted_total", copies.aborted,
	    "Copies whose connection ended, or left the room."),
	GAUGE("parley_copies_waiting", copies.waiting,
	    "Copies that slow connections will be sent."),
	GAUGE("parley_rooms", rooms, "Rooms."),
	GAUGE("parley_held_bytes", bytes_held,
	    "Memory held for connections and rooms."),
	GAUGE("parley_output_bytes", output_bytes,
	    "Memory of output that waits to be sent."),
	GAUGE("parley_output_high_water_bytes", output_most,
	    "The most that parley_output_bytes was since the start."),
	GAUGE("parley_input_bytes", input_bytes,
	    "Memory of requests and messages that are not whole yet."),
	HISTOGRAM("parley_latency_seconds", latency,
	    "Time from reading a command to sending its results."),
	HISTOGRAM("parley_fanout_seconds", fanout,
	    "Time to send, at the end of a turn, what it published."),
	HISTOGRAM("parley_loop_lag_seconds", lag,
	    "Delay of the event loop's ticks."),
	SECONDS("process_cpu_seconds_total", METRIC_COUNTER, UNIT_US,
	    process.cpu_us, "CPU time, user and system."),
	GAUGE("process_resident_memory_bytes", process.resident_bytes,
	    "Resident memory."),
	GAUGE("process_virtual_memory_bytes", process.virtual_bytes,
	    "Virtual memory."),
	GAUGE("process_open_fds", process.open_files, "Open file descriptors."),
	GAUGE("process_max_fds", process.max_files,
	    "File descriptors that may be open."),
	GAUGE("process_threads", process.threads, "Threads."),
	SECONDS("process_start_time_seconds", METRIC_GAUGE, UNIT_MS,
	    process.started_ms, "Start of the process, in Unix time."),
};

/* Fields of struct worker_stats; with several workers only. */
static const struct metric worker_metrics[] = {
	{ "parley_worker_writes_total",
	    "Writes of batches that workers share, by worker.", METRIC_COUNTER,
	    UNIT_ONE, offsetof(struct worker_stats, writes) },
	{ "parley_worker_busy_seconds_total",
	    "Time in which the worker sent its part of them.", METRIC_COUNTER,
	    UNIT_US, offsetof(struct worker_stats, busy_us) },
	{ "parley_worker_wait_seconds_total",
	    "Time in which it did not, while others did.", METRIC_COUNTER,
	    UNIT_US, offsetof(struct worker_stats, waited_us) },
};

/* With several workers only. */
static const struct metric workers_paused =
    SECONDS("parley_workers_paused_seconds_total", METRIC_COUNTER, UNIT_US,
	workers_paused_us,
	"Pauses of all workers but 0, after they cost more time than they "
	"saved.");

static const struct metric file_metrics[] = {
	GAUGE("parley_files", file_count, "Uploaded files, unfinished too."),
	GAUGE("parley_files_bytes", file_bytes,
	    "What uploaded files take, as quotas count it."),
	COUNTER("parley_files_completed_total", files.completed,
	    "Completed uploads."),
	COUNTER("parley_files_refused_total", files.refused,
	    "Uploads refused because of their size, their type or a quota."),
	COUNTER("parley_files_failed_total", files.failed,
	    "Uploads that the disk could not complete."),
	COUNTER("parley_files_expired_total", files.expired,
	    "Files removed because of their age or their room."),
	COUNTER("parley_files_received_bytes_total", files.received_bytes,
	    "Bytes of files received."),
	COUNTER("parley_files_sent_bytes_total", files.sent_bytes,
	    "Bytes of files sent."),
};

/* With a broker only. */
static const struct metric broker_metrics[] = {
	GAUGE("parley_broker_up", broker.is_up,
	    "Whether the broker can be reached and the chat is loaded."),
	GAUGE("parley_broker_nodes", broker.nodes, "Nodes that are alive."),
	GAUGE("parley_broker_rooms", broker.rooms,
	    "Rooms whose logs this node follows."),
	GAUGE("parley_broker_waiting_bytes", broker.waiting,
	    "What this node has sent to the broker and not got back."),
	SECONDS("parley_broker_lag_seconds", METRIC_GAUGE, UNIT_MS,
	    broker.lag_ms,
	    "The longest time of the last seconds from an append to its "
	    "return."),
	HISTOGRAM("parley_broker_script_seconds", broker.scripts,
	    "Time from the call of a script of Redis to its answer."),
	COUNTER("parley_broker_resets_total", broker.resets,
	    "Rooms that got another epoch, or whose members had to come "
	    "again."),
	COUNTER("parley_broker_commands_total", broker.commands,
	    "Commands that were run in the order of all nodes."),
	COUNTER("parley_broker_entries_total", broker.entries,
	    "Messages and changes of messages of rooms."),
	COUNTER("parley_broker_gaps_total", broker.gaps,
	    "Batches that did not arrive, and were asked for."),
	COUNTER("parley_broker_loads_total", broker.loads,
	    "Logs that were read from the start."),
	COUNTER("parley_broker_heals_total", broker.heals,
	    "Logs of which the broker had lost entries that were written "
	    "back."),
};

/* With a file store only. */
static const struct metric store_metrics[] = {
	GAUGE("parley_store_writable", store.is_writable,
	    "Whether persistent rooms can be written."),
	COUNTER("parley_store_lost_records_total", store.lost,
	    "Records found lost at the start."),
	GAUGE("parley_store_journal_bytes", store.bytes,
	    "Size of the journal without snapshots."),
	GAUGE("parley_store_waiting_bytes", store.waiting,
	    "Bytes waiting to be written."),
	COUNTER("parley_store_records_total", store.appended,
	    "Records appended to the journal."),
	COUNTER("parley_store_batches_total", store.batches,
	    "Writes of one or more records."),
	COUNTER("parley_store_segments_total", store.segments,
	    "Journal files begun."),
	COUNTER("parley_store_syncs_total", store.syncs, "Completed syncs."),
	COUNTER("parley_store_failures_total", store.failures,
	    "Failed writes and syncs."),
	COUNTER("parley_store_compactions_total", store.compacted,
	    "Completed compactions."),
	HISTOGRAM("parley_store_sync_seconds", store.sync,
	    "Time of completed syncs."),
};

/* With hooks only. */
static const struct metric hook_metrics[] = {
	COUNTER("parley_hook_events_sent_total", hooks.sent,
	    "Events that the receiver of hooks took."),
	COUNTER("parley_hook_events_lost_total", hooks.lost,
	    "Events lost beyond hooks.memory, or at a start."),
	COUNTER("parley_hook_events_dead_total", hooks.dead,
	    "Events given up after hooks.give_up."),
	COUNTER("parley_hook_batches_total", hooks.batches,
	    "Batches of events that the receiver took."),
	COUNTER("parley_hook_failures_total", hooks.failures,
	    "Batches of events that the receiver did not take."),
	GAUGE("parley_hook_events_waiting", hooks.waiting,
	    "Events that wait for the receiver."),
	GAUGE("parley_hook_waiting_bytes", hooks.waiting_bytes,
	    "Memory of the events that wait."),
	SECONDS("parley_hook_lag_seconds", METRIC_GAUGE, UNIT_MS, hooks.lag_ms,
	    "How long the first event has waited."),
};

static const struct metric question_metric =
    HISTOGRAM("parley_hook_question_seconds", hooks.question_time,
	"Time of the questions that hooks have answered.");

static void __attribute__((format(printf, 2, 3)))
metric_printf(struct wire_text *out, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < sizeof(line));
	wire_text_append(out, str_slice(line, (size_t)len));
}

static void
metric_put_head(struct wire_text *out, const char *name, enum metric_type type,
    const char *help)
{
	metric_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
	    type_words[type]);
}

/* " 12" or " 12.345678", with the end of the line. */
static void
metric_put_value(struct wire_text *out, enum metric_unit unit, uint64_t value)
{
	switch (unit) {
	case UNIT_ONE:
		metric_printf(out, " %" PRIu64 "\n", value);
		break;
	case UNIT_MS:
		metric_printf(out, " %" PRIu64 ".%03" PRIu64 "\n", value / 1000,
		    value % 1000);
		break;
	case UNIT_US:
		metric_printf(out, " %" PRIu64 ".%06" PRIu64 "\n",
		    value / 1000000, value % 1000000);
		break;
	}
}

/* --- histograms ----------------------------------------------------------- */

/* label: "" or `command="join",`, for every line. */
static void
metric_put_histogram(struct wire_text *out, const char *name, const char *label,
    const struct histogram *histogram)
{
	uint64_t count = 0;
	int label_len = (int)strlen(label);

	for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		uint32_t bound = histogram_bounds[i];

		count += histogram->counts[i];
		metric_printf(out,
		    "%s_bucket{%sle=\"%" PRIu32 ".%06" PRIu32 "\"} %" PRIu64
		    "\n",
		    name, label, bound / 1000000, bound % 1000000, count);
	}
	count = histogram_count(histogram);
	metric_printf(out, "%s_bucket{%sle=\"+Inf\"} %" PRIu64 "\n", name,
	    label, count);
	/* Braces around the label, without its comma. */
	if (label_len > 0) {
		metric_printf(out, "%s_sum{%.*s}", name, label_len - 1, label);
		metric_put_value(out, UNIT_US, histogram->sum_us);
		metric_printf(out, "%s_count{%.*s}", name, label_len - 1,
		    label);
	} else {
		metric_printf(out, "%s_sum", name);
		metric_put_value(out, UNIT_US, histogram->sum_us);
		metric_printf(out, "%s_count", name);
	}
	metric_put_value(out, UNIT_ONE, count);
}

/* Kinds of which there was none are omitted: there are many. */
static void
metrics_put_kinds(struct wire_text *out, const struct server_stats *stats)
{
	static const char name[] = "parley_command_seconds";
	char label[LINE_SIZE / 4];

	metric_put_head(out, name, METRIC_HISTOGRAM,
	    "The same as parley_latency_seconds, by command.");
	for (int i = 0; i <= COMMAND_KINDS; i++) {
		if (histogram_count(&stats->kinds[i]) == 0)
			continue;
		snprintf(label, sizeof(label), "command=\"%s\",",
		    i == COMMAND_KINDS
			? "not_run"
			: command_kind_word((enum command_kind)i));
		metric_put_histogram(out, name, label, &stats->kinds[i]);
	}
}

/* --- figures without labels ----------------------------------------------- */

static void
metric_put(struct wire_text *out, const struct metric *metric,
    const struct server_stats *stats)
{
	const void *field = (const char *)stats + metric->offset;

	metric_put_head(out, metric->name, metric->type, metric->help);
	if (metric->type == METRIC_HISTOGRAM) {
		metric_put_histogram(out, metric->name, "", field);
		return;
	}
	metric_printf(out, "%s", metric->name);
	metric_put_value(out, metric->unit, *(const uint64_t *)field);
}

/* --- workers -------------------------------------------------------------- */

static void
worker_metric_put(struct wire_text *out, const struct metric *metric,
    const struct server_stats *stats)
{
	metric_put_head(out, metric->name, metric->type, metric->help);
	for (size_t i = 0; i < stats->worker_count; i++) {
		const void *field =
		    (const char *)&stats->workers[i] + metric->offset;

		metric_printf(out, "%s{worker=\"%zu\"}", metric->name, i);
		metric_put_value(out, metric->unit, *(const uint64_t *)field);
	}
}

static void
workers_put(struct wire_text *out, const struct server_stats *stats)
{
	if (stats->worker_count == 0)
		return;
	for (size_t i = 0; i < COUNT_OF(worker_metrics); i++)
		worker_metric_put(out, &worker_metrics[i], stats);
	metric_put(out, &workers_paused, stats);
}

/* --- counts of fixed kinds ------------------------------------------------ */

struct counted_kinds {
	const char *name;
	const char *help;
	const char *label;
	const char *(*word)(size_t);
	size_t first, count;
	size_t offset; /* of its array of uint64_t */
};

static const char *
error_word(size_t i)
{
	return chat_error_word((enum chat_error)i);
}

static const char *
recovery_word(size_t i)
{
	static const char *const words[] = {
		[RECOVERY_COMPLETE] = "complete",
		[RECOVERY_GAP] = "gap",
		[RECOVERY_EPOCH] = "epoch_changed",
	};

	return words[i];
}

static const char *
tls_word(size_t i)
{
	static const char *const words[] = {
		[TLS_FULL] = "full",
		[TLS_RESUMED] = "resumed",
		[TLS_FAILED] = "failed",
	};

	return words[i];
}

static const char *
level_word(size_t i)
{
	return log_level_word((enum log_level)i);
}

static const char *
question_word(size_t i)
{
	static const char *const words[] = {
		[HOOK_QUESTION_ALLOWED] = "allowed",
		[HOOK_QUESTION_REWRITTEN] = "rewritten",
		[HOOK_QUESTION_DENIED] = "denied",
		[HOOK_QUESTION_FAILED] = "failed",
	};

	return words[i];
}

/* With questions to hooks only. */
static const struct counted_kinds question_kinds = {
	"parley_hook_questions_total",
	"Questions to hooks, by result.",
	"result",
	question_word,
	0,
	HOOK_QUESTION_RESULTS,
	offsetof(struct server_stats, hooks.questions),
};

static const struct counted_kinds kinds[] = {
	{ "parley_errors_total",
	    "Commands that failed, by the code of the answer.", "code",
	    error_word, CHAT_OK + 1, CHAT_ERROR_KINDS,
	    offsetof(struct server_stats, errors) },
	{ "parley_recoveries_total",
	    "Joins after an interruption, by how much could be replayed.",
	    "outcome", recovery_word, 0, RECOVERY_OUTCOMES,
	    offsetof(struct server_stats, recoveries) },
	{ "parley_tls_handshakes_total", "TLS handshakes, by result.", "result",
	    tls_word, 0, TLS_OUTCOMES, offsetof(struct server_stats, tls) },
	{ "parley_log_lines_total",
	    "Lines logged at log.level or above, suppressed ones too.", "level",
	    level_word, 0, LOG_LEVELS,
	    offsetof(struct server_stats, log_lines) },
};

static void
kinds_put(struct wire_text *out, const struct counted_kinds *kinds_of,
    const struct server_stats *stats)
{
	const void *field = (const char *)stats + kinds_of->offset;
	const uint64_t *counts = field;

	metric_put_head(out, kinds_of->name, METRIC_COUNTER, kinds_of->help);
	for (size_t i = kinds_of->first; i < kinds_of->count; i++)
		metric_printf(out, "%s{%s=\"%s\"} %" PRIu64 "\n",
		    kinds_of->name, kinds_of->label, kinds_of->word(i),
		    counts[i]);
}

/* --- counts of what occurred ---------------------------------------------- */

struct counted_totals {
	const char *name;
	const char *help;
	const char *code_label;   /* NULL: without it */
	const char *reason_label; /* NULL: without it */
	unsigned no_code;         /* stands for the code 0 */
	bool has_sentences;       /* reasons are texts for people, made words */
	size_t offset;            /* of its struct totals */
};

/* A close without a close frame has the code 1006, as clients see it. */
#define NO_CLOSE_FRAME 1006

static const struct counted_totals totals[] = {
	{
	    .name = "parley_closes_total",
	    .help = "WebSockets that ended, by close code and reason.",
	    .code_label = "code",
	    .reason_label = "reason",
	    .no_code = NO_CLOSE_FRAME,
	    .offset = offsetof(struct server_stats, closes),
	},
	{
	    .name = "parley_refusals_total",
	    .help = "What was refused, by the limit.",
	    .reason_label = "limit",
	    .offset = offsetof(struct server_stats, refusals),
	},
	{
	    .name = "parley_handshakes_total",
	    .help = "Handshakes of WebSockets, by status.",
	    .code_label = "status",
	    .offset = offsetof(struct server_stats, handshakes),
	},
	{
	    .name = "parley_http_responses_total",
	    .help = "Answers to HTTP requests, by status; refused handshakes "
		    "too.",
	    .code_label = "status",
	    .offset = offsetof(struct server_stats, responses),
	},
	{
	    .name = "parley_auth_failures_total",
	    .help = "Requests refused by origin, token or password.",
	    .reason_label = "reason",
	    .has_sentences = true,
	    .offset = offsetof(struct server_stats, auth_failures),
	},
};

/* "Token required\n" becomes token_required. */
static char
word_char(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
}

static void
label_put_value(struct wire_text *out, const char *text, bool is_sentence)
{
	for (; *text != '\0' && *text != '\n'; text++) {
		char c = is_sentence ? word_char(*text) : *text;

		if (c == '"' || c == '\\')
			wire_text_append(out, STR("\\"));
		wire_text_append(out, str_slice(&c, 1));
	}
}

static void
total_put(struct wire_text *out, const struct counted_totals *of,
    const struct total *total)
{
	metric_printf(out, "%s{", of->name);
	if (of->code_label != NULL)
		metric_printf(out, "%s=\"%u\"", of->code_label,
		    total->code == 0 ? of->no_code : total->code);
	if (of->reason_label != NULL) {
		metric_printf(out, "%s%s=\"", of->code_label != NULL ? "," : "",
		    of->reason_label);
		label_put_value(out, total->reason, of->has_sentences);
		metric_printf(out, "\"");
	}
	metric_printf(out, "}");
	metric_put_value(out, UNIT_ONE, total->count);
}

static void
totals_put(struct wire_text *out, const struct counted_totals *of,
    const struct server_stats *stats)
{
	const void *field = (const char *)stats + of->offset;
	const struct totals *counted = field;

	metric_put_head(out, of->name, METRIC_COUNTER, of->help);
	for (size_t i = 0; i < counted->count; i++)
		total_put(out, of, &counted->items[i]);
}

/* --- everything ----------------------------------------------------------- */

void
stats_write_metrics(struct wire_text *out, const struct server_stats *stats)
{
	metric_put_head(out, "parley_build_info", METRIC_GAUGE,
	    "Always 1; the label is the version.");
	metric_printf(out, "parley_build_info{version=\"%s\"} 1\n",
	    PARLEY_VERSION);
	for (size_t i = 0; i < COUNT_OF(metrics); i++)
		metric_put(out, &metrics[i], stats);
	metrics_put_kinds(out, stats);
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		kinds_put(out, &kinds[i], stats);
	for (size_t i = 0; i < COUNT_OF(totals); i++)
		totals_put(out, &totals[i], stats);
	workers_put(out, stats);
	for (size_t i = 0; i < COUNT_OF(file_metrics); i++)
		metric_put(out, &file_metrics[i], stats);
	if (stats->broker.is_used)
		for (size_t i = 0; i < COUNT_OF(broker_metrics); i++)
			metric_put(out, &broker_metrics[i], stats);
	if (stats->store.is_kept)
		for (size_t i = 0; i < COUNT_OF(store_metrics); i++)
			metric_put(out, &store_metrics[i], stats);
	if (stats->hooks.is_on)
		for (size_t i = 0; i < COUNT_OF(hook_metrics); i++)
			metric_put(out, &hook_metrics[i], stats);
	if (stats->hooks.asks) {
		kinds_put(out, &question_kinds, stats);
		metric_put(out, &question_metric, stats);
	}
}
