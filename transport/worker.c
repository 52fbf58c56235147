#include "transport/worker.h"

#include <string.h>

#include "transport/hooks/hook_questions.h"
#include "transport/hooks/hooks.h"
#include "transport/routes.h"
#include "transport/server.h"
#include "transport/ws/admission.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_deflate.h"

/* --- overload ------------------------------------------------------------- */

/* One search goes over all connections: not many of them in one turn. */
#define SHED_AT_ONCE 16

/* What ends with this turn anyway need not be ended. */
static size_t
output_held(const struct conn *conn)
{
	return conn->is_deferred ? 0 : send_queue_share(&conn->queue);
}

struct ranked {
	struct conn *conn;
	size_t cost;
};

/* Those with the highest costs above 0, highest first; returns how many. */
static size_t
conns_rank(const struct loop *loop, size_t (*cost_of)(const struct conn *),
    struct ranked out[SHED_AT_ONCE])
{
	size_t count = 0;

	for (struct conn *conn = loop->conns; conn; conn = conn->next) {
		size_t cost = cost_of(conn), at;

		if (cost == 0 || (count == SHED_AT_ONCE &&
				     cost <= out[SHED_AT_ONCE - 1].cost))
			continue;
		at = count < SHED_AT_ONCE ? count++ : SHED_AT_ONCE - 1;
		for (; at > 0 && out[at - 1].cost < cost; at--)
			out[at] = out[at - 1];
		out[at] = (struct ranked){ conn, cost };
	}
	return count;
}

/*
 * A message that holds little, or has not been held for long, is likely to end
 * soon and is worth waiting for. Holding the same memory longer cannot be
 * disguised: the age is that of the whole message, not of its last byte.
 */
static void
shed_input(struct loop *loop)
{
	struct ranked ranked[SHED_AT_ONCE];
	size_t total = loop->limits->input_total, count;

	if (total == 0 || loop->input_bytes <= total)
		return;
	count = conns_rank(loop, conn_input_cost, ranked);
	for (size_t i = 0; i < count && loop->input_bytes > total; i++)
		conn_shed_input(ranked[i].conn);
}

static bool
output_is_too_much(const struct loop *loop, size_t percent)
{
	const struct transport_limits *limits = loop->limits;

	if (limits->output_total > 0 &&
	    loop->pool.bytes > limits->output_total / 100 * percent)
		return true;
	return limits->memory > 0 && loop->pool.bytes > 0 &&
	       loop_memory(loop) > limits->memory / 100 * (percent - 5);
}

static void
shed_output(struct loop *loop)
{
	struct ranked ranked[SHED_AT_ONCE];
	size_t count;

	if (!output_is_too_much(loop, 100))
		return;
	count = conns_rank(loop, output_held, ranked);
	for (size_t i = 0; i < count && output_is_too_much(loop, 90); i++)
		conn_shed_output(ranked[i].conn);
}

/* --- the end of a turn ---------------------------------------------------- */

static void
worker_send_output(struct worker *worker)
{
	struct loop *loop = &worker->loop;
	struct endpoint *endpoint = worker->ws.endpoint;

	shed_input(loop);
	if (endpoint->ops->pending(endpoint).sends > 0)
		meter_begin_fanout(&loop->meter);
	endpoint->ops->flush(endpoint);
	if (loop->pool.bytes > 0)
		shed_output(loop);
	if (worker->hooks != NULL)
		hooks_turn_end(worker->hooks);
	/* Members that leave are announced, and some of those sends fail. */
	while (loop->deferred != NULL) {
		conns_run_deferred(loop);
		endpoint->ops->flush(endpoint);
	}
	if (loop->dead != NULL)
		conns_free_dead(loop);
	if (meter_is_timing(&loop->meter))
		meter_end_turn(&loop->meter, monotonic_ns());
}

void
worker_end_turn(struct worker *worker)
{
	worker_send_output(worker);
	if (bulk_run(&worker->loop.bulk, monotonic_ns))
		worker_send_output(worker);
}

/* --- life cycle ----------------------------------------------------------- */

void
worker_limits_changed(struct worker *worker)
{
	const struct transport_limits *limits = worker->loop.limits;
	struct ws_reader_limits *reader = &worker->ws.reader_limits;

	reader->message_bytes = limits->frame_bytes;
	reader->fragments = limits->fragments;
	worker->http.limits.request_bytes = limits->request_bytes;
	worker->http.limits.request_headers = limits->request_headers;
	if (reader->inflater != NULL)
		ws_inflater_set_bounds(reader->inflater, limits->deflate_ratio,
		    limits->inflate_floor);
	else if (limits->deflate)
		reader->inflater = ws_inflater_create(limits->deflate_ratio,
		    limits->inflate_floor);
	for (struct conn *conn = worker->loop.conns; conn; conn = conn->next)
		conn_watch(conn);
}

bool
worker_init(struct worker *worker, const struct server_config *config)
{
	bool ok;

	memset(worker, 0, sizeof(*worker));
	ok = loop_init(&worker->loop, config->clock, config->limits,
	    config->host, config->seed);
	worker->api = config->api;
	worker->hooks = config->hooks;
	if (worker->hooks != NULL)
		hooks_start(worker->hooks, &worker->loop);
	if (config->questions != NULL)
		hook_questions_start(config->questions, &worker->loop);
	worker->assets = config->assets;
	worker->profile = config->profile;
	worker->http.handle = routes_handle;
	worker->http.routes = config->routes;
	worker->http.proxies = config->proxies;
	if (config->proxies != NULL)
		worker->loop.proxies = &config->proxies->ranges;
	worker->loop.websockets = &worker->ws;
	worker->ws.endpoint = config->endpoint;
	worker->ws.admission = config->admission;
	if (config->admission != NULL) {
		config->admission->service = &worker->ws;
		config->admission->loop = &worker->loop;
	}
	ws_users_init(&worker->ws.users);
	worker->ws.reader_limits.buffered = &worker->loop.input_bytes;
	worker_limits_changed(worker);
	config->endpoint->ops->bind(config->endpoint, &worker->loop.pool);
	return ok && (!config->limits->deflate ||
			 worker->ws.reader_limits.inflater != NULL);
}

void
worker_end_connections(struct worker *worker)
{
	conns_abort_all(&worker->loop);
	worker_end_turn(worker);
}

void
worker_fini(struct worker *worker)
{
	ws_inflater_destroy(worker->ws.reader_limits.inflater);
	ws_users_fini(&worker->ws.users);
	wire_text_fini(&worker->body);
	command_log_fini(&worker->commands);
	stats_history_fini(&worker->history);
	loop_fini(&worker->loop);
}
