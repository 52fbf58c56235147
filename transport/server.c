#include "transport/server.h"

#include <signal.h>
#include <stdlib.h>

#include <event2/event.h>

#include "domain/log.h"
#include "transport/hooks/hooks.h"
#include "transport/net/conn.h"
#include "transport/server_internal.h"
#include "transport/tls/tls_context.h"
#include "transport/ws/endpoint.h"

/* --- draining ------------------------------------------------------------- */

void
server_begin_draining(struct server *server)
{
	struct worker *worker = &server->worker;
	const struct host *host = server->config.host;

	log_info("draining: %zu connections", worker->ws.websocket_count);
	if (host->ops->draining != NULL)
		host->ops->draining(host->arg);
	worker->ws.draining = true;
	server->drain_since_ms = worker->loop.now_ms;
}

/* Closes each connection at a moment of its own within the window. */
static void
close_within_window(struct worker *worker)
{
	uint32_t window = wheel_ticks(worker->loop.limits->drain_window_ms);

	worker->ws.refusing = true;
	worker->ws.drained_ms =
	    worker->loop.now_ms + worker->loop.limits->drain_window_ms;
	for (struct conn *conn = worker->loop.conns; conn; conn = conn->next)
		conn_leave(conn, worker->loop.wheel.now + 1 +
				     loop_random(&worker->loop, window + 1));
}

void
server_stop(struct server *server)
{
	struct worker *worker = &server->worker;

	for (struct conn *conn = worker->loop.conns; conn; conn = conn->next)
		conn_leave(conn, 0);
	server->stopped = true;
}

void
server_share_user(struct server *server, struct str user_id, size_t here,
    size_t everywhere)
{
	float cost = here == 0 ? 1.0f : (float)everywhere / (float)here;

	ws_users_set_cost(&server->worker.ws.users, user_id, cost);
}

static void
go_on_draining(struct server *server)
{
	struct worker *worker = &server->worker;
	const struct transport_limits *limits = worker->loop.limits;
	int64_t elapsed = worker->loop.now_ms - server->drain_since_ms;

	if (server->drain_since_ms < 0)
		return;
	if (!worker->ws.refusing && elapsed >= limits->drain_delay_ms)
		close_within_window(worker);
	/* Streams count as open. */
	if (worker->ws.refusing && worker->ws.websocket_count == 0 &&
	    worker->ws.open_count == 0 &&
	    (worker->hooks == NULL || hooks_are_done(worker->hooks)))
		server->stopped = true;
	else if (elapsed >= limits->drain_timeout_ms)
		server_stop(server);
}

/* --- the loop ------------------------------------------------------------- */

/*
 * A send costs microseconds. Before a large fan-out, waiting for more input
 * saves sends, if several members post at the same time. So up to a tenth of
 * the time of the sends is spent on waiting if that recently paid off, and
 * almost none otherwise.
 */
#define BATCH_WAIT_MIN_SENDS 100
#define BATCH_WAIT_MIN_NS 10 /* for each send */
#define BATCH_WAIT_MAX_NS 400
#define BATCH_WAIT_TOTAL_NS 100000

/* Reads input until then. Returns whether that caused more output. */
static bool
read_until(struct worker *worker, int64_t end)
{
	struct endpoint *endpoint = worker->ws.endpoint;
	size_t before = endpoint->ops->pending(endpoint).bytes;

	/* Once: without that, it stays as long as there is any input. */
	do
		conns_poll(&worker->loop, false);
	while (monotonic_ns() < end);
	return endpoint->ops->pending(endpoint).bytes != before;
}

static void
batch_wait(struct server *server)
{
	struct endpoint *endpoint = server->worker.ws.endpoint;
	size_t sends = endpoint->ops->pending(endpoint).sends;
	int64_t wait_ns = (int64_t)sends * server->batch_wait_ns;

	if (sends < BATCH_WAIT_MIN_SENDS)
		return;
	if (wait_ns > BATCH_WAIT_TOTAL_NS)
		wait_ns = BATCH_WAIT_TOTAL_NS;
	if (read_until(&server->worker, monotonic_ns() + wait_ns))
		server->batch_wait_ns = BATCH_WAIT_MAX_NS;
	else if (server->batch_wait_ns > BATCH_WAIT_MIN_NS)
		server->batch_wait_ns -= server->batch_wait_ns / 4;
}

void
server_run(struct server *server)
{
	struct worker *worker = &server->worker;
	struct endpoint *endpoint = worker->ws.endpoint;
	const struct host *host = server->config.host;

	while (!server->stopped) {
		/* Slow readers may go on without any input. */
		bool is_due = endpoint->ops->pending(endpoint).sends > 0 ||
			      bulk_waits(&worker->loop.bulk);

		conns_poll(&worker->loop, !is_due);
		batch_wait(server);
		loop_update_time(&worker->loop);
		worker_end_turn(worker);
		go_on_draining(server);
		if (host->ops->turn_end != NULL)
			host->ops->turn_end(host->arg);
	}
	worker_end_turn(worker);
	log_info("stopped");
}

/* --- life cycle ----------------------------------------------------------- */

static void
libevent_log(int severity, const char *message)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("libevent: %s", message);
}

struct event_base *
server_event_base(struct server *server)
{
	return server->worker.loop.base;
}

void
server_limits_changed(struct server *server)
{
	worker_limits_changed(&server->worker);
}

void
server_set_tls(struct server *server, struct tls_context *tls)
{
	struct tls_context *old = server->tls;

	server->tls = tls != NULL ? tls_context_ref(tls) : NULL;
	tls_context_unref(old);
}

struct server *
server_create(const struct server_config *config)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	event_set_log_callback(libevent_log);
	signal(SIGPIPE, SIG_IGN);
	server->config = *config;
	server_set_tls(server, config->tls);
	server->drain_since_ms = -1;
	server->tick_fd = -1;
	server->batch_wait_ns = BATCH_WAIT_MIN_NS;
	if (!worker_init(&server->worker, config)) {
		log_error("no memory for a server");
		goto destroy;
	}
	if (!server_add_events(server)) {
		log_error("cannot watch signals and timers");
		goto destroy;
	}
	if (!server_open_listeners(server))
		goto destroy;
	return server;
destroy:
	server_destroy(server);
	return NULL;
}

void
server_destroy(struct server *server)
{
	if (server == NULL)
		return;
	server_close_listeners(server);
	worker_end_connections(&server->worker);
	server_remove_events(server);
	worker_fini(&server->worker);
	tls_context_unref(server->tls);
	free(server);
}

/* --- for another process -------------------------------------------------- */

bool
server_is_draining(const struct server *server)
{
	return server->stopped || server->drain_since_ms >= 0;
}

void
server_drain_unmovable(struct server *server)
{
	struct worker *worker = &server->worker;

	server_hold_tls_listeners(server);
	worker_drain_unmovable(worker, worker->loop.limits->drain_window_ms);
}

size_t
server_count_unmovable(const struct server *server)
{
	return worker_count_unmovable(&server->worker);
}

void
server_end_turn(struct server *server)
{
	accept_queue_admit_all(&server->worker.loop.accept_queue);
	worker_end_turn(&server->worker);
}

size_t
server_count_connections(const struct server *server)
{
	return server->worker.loop.conn_count;
}

size_t
server_pack(struct server *server, struct packer *packer, int *sockets)
{
	return worker_pack(&server->worker, packer, sockets);
}

bool
server_unpack(struct server *server, struct unpacker *from, const int *sockets,
    size_t count)
{
	return worker_unpack(&server->worker, from, sockets, count);
}
