#include "transport/server.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "domain/log.h"
#include "transport/api/api.h"
#include "transport/hooks/hooks.h"
#include "transport/monitor.h"
#include "transport/net/conn.h"
#include "transport/net/listener.h"
#include "transport/routes.h"
#include "transport/tls/tls_context.h"
#include "transport/tls/tls_io.h"
#include "transport/worker.h"
#include "transport/ws/admission.h"
#include "transport/ws/endpoint.h"
#include "wire/dialect.h"

#define SIGNALS 4
#define TICKS_A_SECOND (1000 / WHEEL_TICK_MS)

struct server_listener {
	struct listener listener;
	struct server *server;
	struct address configured;
	bool tls;
};

struct server {
	struct worker worker;
	struct server_config config;
	struct tls_context *tls; /* a reference; NULL: none */
	struct server_listener *listeners;
	size_t listener_count;
	int tick_fd; /* -1: none */
	struct event *tick;
	struct event *signals[SIGNALS];
	struct event *store_event;
	struct event *files_event;
	struct event *admission_event;
	bool stopped;
	int64_t drain_since_ms; /* -1: not draining */
	int64_t batch_wait_ns;  /* for each send: how long to wait for input */
};

/* --- draining ------------------------------------------------------------- */

static void
begin_draining(struct server *server)
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

/* --- events of the loop --------------------------------------------------- */

static void
stop_cb(evutil_socket_t signal_number, short what, void *arg)
{
	struct server *server = arg;

	(void)signal_number;
	(void)what;
	loop_update_time(&server->worker.loop);
	if (server->drain_since_ms < 0)
		begin_draining(server);
	else
		server_stop(server);
}

static void
reload_cb(evutil_socket_t signal_number, short what, void *arg)
{
	struct server *server = arg;
	const struct host *host = server->config.host;

	(void)signal_number;
	(void)what;
	if (host->ops->reload != NULL)
		host->ops->reload(host->arg);
}

static void
upgrade_cb(evutil_socket_t signal_number, short what, void *arg)
{
	struct server *server = arg;
	const struct host *host = server->config.host;

	(void)signal_number;
	(void)what;
	loop_update_time(&server->worker.loop);
	if (host->ops->upgrade != NULL)
		host->ops->upgrade(host->arg);
}

static void
store_event_cb(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	const struct host *host = server->config.host;

	(void)fd;
	(void)what;
	loop_update_time(&server->worker.loop);
	if (host->ops->on_store_event(host->arg))
		return;
	event_del(server->store_event);
	server_stop(server);
}

static void
files_event_cb(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	const struct host *host = server->config.host;

	(void)fd;
	(void)what;
	loop_update_time(&server->worker.loop);
	host->ops->on_files_event(host->arg);
}

static void
admission_cb(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	struct admission *admission = server->config.admission;

	(void)fd;
	(void)what;
	loop_update_time(&server->worker.loop);
	admission->ops->on_ready(admission);
}

static void
second_tick(struct server *server)
{
	struct admission *admission = server->config.admission;
	const struct loop *loop = &server->worker.loop;

	log_tick();
	monitor_tick(&server->worker);
	ws_users_expire(&loop->websockets->users, loop->limits, loop->now_ms);
	if (admission != NULL && admission->ops->tick != NULL)
		admission->ops->tick(admission);
}

static void
tick_cb(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	struct worker *worker = &server->worker;
	const struct host *host = server->config.host;
	uint32_t before = worker->loop.wheel.now;
	uint32_t tick;
	uint64_t expirations;

	(void)what;
	if (read(fd, &expirations, sizeof(expirations)) < 0)
		return;
	loop_update_time(&worker->loop);
	meter_tick(&worker->loop.meter, monotonic_ns(),
	    WHEEL_TICK_MS * 1000000);
	tick = 1 + (uint32_t)(worker->loop.now_ms / WHEEL_TICK_MS);
	conns_tick(&worker->loop, tick);
	for (size_t i = 0; i < server->listener_count; i++)
		listener_tick(&server->listeners[i].listener);
	worker->ws.endpoint->ops->tick(worker->ws.endpoint);
	if (worker->api != NULL)
		api_tick(worker->api, worker->loop.now_ms);
	if (host->ops->tick != NULL)
		host->ops->tick(worker->ws.websocket_count, host->arg);
	if (before / TICKS_A_SECOND != tick / TICKS_A_SECOND)
		second_tick(server);
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

static bool
watch_store(struct server *server)
{
	const struct host *host = server->config.host;

	if (host->ops->on_store_event == NULL)
		return true;
	server->store_event = event_new(server->worker.loop.base,
	    host->store_fd, EV_READ | EV_PERSIST, store_event_cb, server);
	return server->store_event != NULL &&
	       event_add(server->store_event, NULL) == 0;
}

static bool
watch_files(struct server *server)
{
	const struct host *host = server->config.host;

	if (host->ops->on_files_event == NULL)
		return true;
	server->files_event = event_new(server->worker.loop.base,
	    host->files_fd, EV_READ | EV_PERSIST, files_event_cb, server);
	return server->files_event != NULL &&
	       event_add(server->files_event, NULL) == 0;
}

static bool
watch_admission(struct server *server)
{
	const struct admission *admission = server->config.admission;

	if (admission == NULL || admission->ops->on_ready == NULL)
		return true;
	server->admission_event = event_new(server->worker.loop.base,
	    admission->ready_fd, EV_READ | EV_PERSIST, admission_cb, server);
	return server->admission_event != NULL &&
	       event_add(server->admission_event, NULL) == 0;
}

/*
 * A descriptor: with a timer, libevent would read the clock twice in each turn,
 * and the kernel would set a timer for each wait.
 */
static bool
watch_tick(struct server *server)
{
	static const struct itimerspec timer = {
		.it_value.tv_nsec = WHEEL_TICK_MS * 1000000,
		.it_interval.tv_nsec = WHEEL_TICK_MS * 1000000,
	};

	server->tick_fd =
	    timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (server->tick_fd < 0 ||
	    timerfd_settime(server->tick_fd, 0, &timer, NULL) != 0)
		return false;
	server->tick = event_new(server->worker.loop.base, server->tick_fd,
	    EV_READ | EV_PERSIST, tick_cb, server);
	return server->tick != NULL && event_add(server->tick, NULL) == 0;
}

static bool
add_events(struct server *server)
{
	static const struct {
		int number;
		event_callback_fn callback;
	} signals[SIGNALS] = {
		{ SIGTERM, stop_cb },
		{ SIGINT, stop_cb },
		{ SIGHUP, reload_cb },
		{ SIGUSR2, upgrade_cb },
	};
	struct event_base *base = server->worker.loop.base;

	for (int i = 0; i < SIGNALS; i++) {
		/* When the event ends, so that nothing kills the exit. */
		signal(signals[i].number, SIG_IGN);
		server->signals[i] = evsignal_new(base, signals[i].number,
		    signals[i].callback, server);
		if (server->signals[i] == NULL ||
		    event_add(server->signals[i], NULL) != 0)
			return false;
	}
	return watch_tick(server) && watch_store(server) &&
	       watch_files(server) && watch_admission(server);
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

static bool
server_accept(void *arg, const struct accepted *accepted)
{
	struct server_listener *at = arg;
	struct server *server = at->server;
	struct worker *worker = &server->worker;
	struct http_client peer = { accepted->from, at->tls };
	struct conn *conn = http_conn_create(&worker->http, &worker->loop,
	    accepted->fd, accepted->peer, at->listener.dialect);

	if (conn == NULL)
		return false;
	http_conn_set_peer(conn, &peer);
	if (at->tls && !tls_accept(conn, server->tls))
		conn_abort(conn);
	return true;
}

static const struct listener_ops listener_ops = {
	.accept = server_accept,
	.is_probe = routes_is_probe,
};

static void
log_listening(const struct server_listener *at)
{
	const struct dialect *dialect = at->listener.dialect;
	char text[ADDRESS_TEXT_SIZE];

	address_format(&at->listener.address, text);
	if (dialect == NULL)
		log_info("listening on %s", text);
	else
		log_info("listening on %s (%s%s%s)", text, dialect->name,
		    at->tls ? ", TLS" : "",
		    at->listener.expects_proxy ? ", PROXY" : "");
}

static bool
server_listener_open(struct server_listener *at,
    const struct server_listen *listen)
{
	struct loop *loop = &at->server->worker.loop;

	at->configured = listen->address;
	if (listen->passed_fd != 0) {
		if (!listener_adopt(&at->listener, loop, listen->passed_fd,
			listen->dialect, &listener_ops, at))
			return false;
		at->listener.is_passed = !listen->has_file;
		return true;
	}
	return listener_open(&at->listener, loop, &listen->address,
	    listen->dialect, &listener_ops, at);
}

static bool
open_listeners(struct server *server)
{
	const struct server_config *config = &server->config;

	server->listeners =
	    calloc(config->listen_count, sizeof(*server->listeners));
	if (server->listeners == NULL)
		return false;
	for (size_t i = 0; i < config->listen_count; i++) {
		const struct server_listen *listen = &config->listen[i];
		struct server_listener *at = &server->listeners[i];

		assert(!listen->tls || server->tls != NULL);
		at->server = server;
		at->tls = listen->tls;
		if (!server_listener_open(at, listen))
			return false;
		at->listener.expects_proxy = listen->proxy;
		log_listening(at);
		server->listener_count++;
	}
	return true;
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
	if (!add_events(server)) {
		log_error("cannot watch signals and timers");
		goto destroy;
	}
	if (!open_listeners(server))
		goto destroy;
	return server;
destroy:
	server_destroy(server);
	return NULL;
}

void
server_each_address(const struct server *server, server_visit_address *visit,
    void *arg)
{
	for (size_t i = 0; i < server->listener_count; i++) {
		const struct server_listener *at = &server->listeners[i];
		struct server_listen bound = {
			.address = at->listener.address,
			.dialect = at->listener.dialect,
			.tls = at->tls,
			.proxy = at->listener.expects_proxy,
		};

		visit(&bound, arg);
	}
}

void
server_destroy(struct server *server)
{
	if (server == NULL)
		return;
	for (size_t i = 0; i < server->listener_count; i++)
		listener_close(&server->listeners[i].listener);
	free(server->listeners);
	worker_end_connections(&server->worker);
	for (int i = 0; i < SIGNALS; i++)
		if (server->signals[i] != NULL)
			event_free(server->signals[i]);
	if (server->tick != NULL)
		event_free(server->tick);
	if (server->tick_fd >= 0)
		close(server->tick_fd);
	if (server->store_event != NULL)
		event_free(server->store_event);
	if (server->files_event != NULL)
		event_free(server->files_event);
	if (server->admission_event != NULL)
		event_free(server->admission_event);
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

	for (size_t i = 0; i < server->listener_count; i++)
		if (server->listeners[i].tls)
			listener_hold(&server->listeners[i].listener);
	worker_drain_unmovable(worker, worker->loop.limits->drain_window_ms);
}

void
server_accept_again(struct server *server)
{
	for (size_t i = 0; i < server->listener_count; i++)
		if (server->listeners[i].tls)
			listener_release(&server->listeners[i].listener);
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

void
server_each_listener(const struct server *server, server_visit_listener *visit,
    void *arg)
{
	for (size_t i = 0; i < server->listener_count; i++) {
		const struct server_listener *at = &server->listeners[i];
		struct server_listen listen = {
			.address = at->configured,
			.dialect = at->listener.dialect,
			.tls = at->tls,
			.proxy = at->listener.expects_proxy,
			.has_file = !at->listener.is_passed,
		};

		visit(&listen, at->listener.fd, arg);
	}
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
