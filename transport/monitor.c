#include "transport/monitor.h"

#include <string.h>

#include "domain/log.h"
#include "transport/http/http.h"
#include "transport/worker.h"
#include "wire/common/stats_format.h"

/*
 * To look at every room takes its time. However many ask, and however often,
 * that is done a few times a second at most.
 */
#define FRESH_MS 200

const struct monitor_format monitor_json = {
	"application/json",
	stats_write_json,
};

const struct monitor_format monitor_metrics = {
	"text/plain; version=0.0.4; charset=utf-8",
	stats_write_metrics,
};

static void
report_add_limits(struct server_stats *report,
    const struct transport_limits *limits)
{
	server_stats_add_limit(report, "limits.connections",
	    report->connections, limits->connections);
	server_stats_add_limit(report, "limits.memory", report->bytes_held,
	    limits->memory);
	server_stats_add_limit(report, "limits.output_total",
	    report->output_bytes, limits->output_total);
	server_stats_add_limit(report, "limits.input_total",
	    report->input_bytes, limits->input_total);
}

static void
make_report(struct worker *worker, int64_t uptime_ms)
{
	struct server_stats *report = &worker->report;
	const struct host *host = worker->loop.host;

	memset(report, 0, sizeof(*report));
	report->uptime_ms = uptime_ms;
	report->connections = worker->ws.open_count;
	report->sockets = worker->loop.conn_count;
	report->accept_queue = worker->loop.accept_queue.count;
	report->bytes_held = loop_memory(&worker->loop);
	report->output_bytes = worker->loop.pool.bytes;
	report->output_most = worker->loop.pool.most_bytes;
	report->input_bytes = worker->loop.input_bytes;
	report_add_limits(report, worker->loop.limits);
	log_get_counts(report->log_lines);
	meter_fill_stats(&worker->loop.meter, report);
	host->ops->server_stats(report, host->arg);
}

static void
monitor_finish(struct worker *worker, const char *type,
    struct http_response *response)
{
	const struct wire_text *text = &worker->body;

	response->headers = "Cache-Control: no-store\r\n";
	response->content_type = type;
	response->status = text->failed ? 503 : 200;
	response->body = text->failed ? STR("Out of memory\n")
				      : str_slice(text->data, text->len);
}

static int64_t
worker_uptime_ms(const struct worker *worker)
{
	return clock_monotonic_ms(worker->loop.clock) - worker->loop.started_ms;
}

void
monitor_answer(struct worker *worker, const struct monitor_format *format,
    struct http_response *response)
{
	int64_t uptime_ms = worker_uptime_ms(worker);

	if (worker->report.server.data == NULL ||
	    uptime_ms - worker->report.uptime_ms >= FRESH_MS)
		make_report(worker, uptime_ms);
	wire_text_reset(&worker->body);
	format->spell(&worker->body, &worker->report);
	monitor_finish(worker, format->type, response);
}

void
monitor_answer_history(struct worker *worker, struct http_response *response)
{
	wire_text_reset(&worker->body);
	stats_history_write_json(&worker->body, &worker->history);
	monitor_finish(worker, monitor_json.type, response);
}

void
monitor_tick(struct worker *worker)
{
	int64_t uptime_ms = worker_uptime_ms(worker);

	if (worker->loop.host->ops->server_stats == NULL ||
	    !stats_history_is_due(&worker->history, uptime_ms))
		return;
	make_report(worker, uptime_ms);
	stats_history_add(&worker->history, &worker->report);
}
