/* What the loop of a server waits for besides connections. */
#include <signal.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "domain/log.h"
#include "transport/api/api.h"
#include "transport/monitor.h"
#include "transport/net/conn.h"
#include "transport/server_internal.h"
#include "transport/ws/admission.h"
#include "transport/ws/endpoint.h"

#define TICKS_A_SECOND (1000 / WHEEL_TICK_MS)

/* --- events of the loop --------------------------------------------------- */

static void
stop_cb(evutil_socket_t signal_number, short what, void *arg)
{
	struct server *server = arg;

	(void)signal_number;
	(void)what;
	loop_update_time(&server->worker.loop);
	if (server->drain_since_ms < 0)
		server_begin_draining(server);
	else
		server_stop(server);
}

/* libevent calls this once for each signal that came since the last turn. */
static void
reload_signal_cb(evutil_socket_t signal_number, short what, void *arg)
{
	const struct server *server = arg;

	(void)signal_number;
	(void)what;
	event_active(server->reload, EV_READ, 0);
}

/* Once in a turn, so that a flood of signals does not stop the loop. */
static void
reload_cb(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;
	const struct host *host = server->config.host;

	(void)fd;
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

/* --- watching ------------------------------------------------------------- */

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

bool
server_add_events(struct server *server)
{
	static const struct {
		int number;
		event_callback_fn callback;
	} signals[SIGNALS] = {
		{ SIGTERM, stop_cb },
		{ SIGINT, stop_cb },
		{ SIGHUP, reload_signal_cb },
		{ SIGUSR2, upgrade_cb },
	};
	struct event_base *base = server->worker.loop.base;

	server->reload = event_new(base, -1, 0, reload_cb, server);
	if (server->reload == NULL)
		return false;
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

void
server_remove_events(struct server *server)
{
	for (int i = 0; i < SIGNALS; i++)
		if (server->signals[i] != NULL)
			event_free(server->signals[i]);
	if (server->reload != NULL)
		event_free(server->reload);
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
}
