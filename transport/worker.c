#include "transport/worker.h"

#include <stdlib.h>

#include <event2/event.h>

#include "transport/net/conn.h"
#include "transport/server.h"

/* What a connection takes besides what is counted elsewhere. */
#define CONN_BYTES 768

void
worker_update_time(struct worker *service)
{
	service->now_ms =
	    clock_monotonic_ms(service->clock) - service->started_ms;
}

uint32_t
worker_random(struct worker *service, uint32_t bound)
{
	/* xorshift64: plain, quick, and good enough to spread. */
	uint64_t x = service->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	service->random = x;
	return (uint32_t)((x >> 32) % bound);
}

size_t
worker_memory(const struct worker *service)
{
	size_t held = service->held != NULL ? service->held(service->arg) : 0;

	return held + service->conn_count * CONN_BYTES + service->input_bytes +
	       service->pool.bytes;
}

/* --- overload ------------------------------------------------------------- */

/* One search goes over all connections: not many of them in one turn. */
#define SHED_AT_ONCE 16

/* Who is being closed may still send a lot, or leave a lot unread. */
static size_t
input_of(const struct conn *conn)
{
	return conn->opened ? ws_reader_buffered(&conn->reader) : 0;
}

static size_t
output_of(const struct conn *conn)
{
	bool ends_anyway =
	    conn->state == CONN_ENDING || conn->state == CONN_DEAD;

	return ends_anyway ? 0 : conn_waiting(conn);
}

static struct conn *
largest(const struct worker *service, size_t (*size_of)(const struct conn *))
{
	struct conn *found = NULL;
	size_t most = 0;

	for (struct conn *conn = service->conns; conn; conn = conn->next) {
		size_t size = size_of(conn);

		if (size > most) {
			most = size;
			found = conn;
		}
	}
	return found;
}

static void
shed_input(struct worker *service)
{
	size_t total = service->limits->input_total;

	for (int i = 0;
	     i < SHED_AT_ONCE && total > 0 && service->input_bytes > total;
	     i++) {
		struct conn *conn = largest(service, input_of);

		if (conn == NULL)
			break;
		conn_shed_input(conn);
	}
}

static bool
output_is_too_much(const struct worker *service, size_t percent)
{
	const struct transport_limits *limits = service->limits;

	if (limits->output_total > 0 &&
	    service->pool.bytes > limits->output_total / 100 * percent)
		return true;
	return limits->memory > 0 && service->pool.bytes > 0 &&
	       worker_memory(service) > limits->memory / 100 * (percent - 5);
}

static void
shed_output(struct worker *service)
{
	if (!output_is_too_much(service, 100))
		return;
	for (int i = 0; i < SHED_AT_ONCE && output_is_too_much(service, 90);
	     i++) {
		struct conn *conn = largest(service, output_of);

		if (conn == NULL)
			break;
		conn_shed_output(conn);
	}
}

/* --- the end of a turn ---------------------------------------------------- */

static void
finish_ending(struct worker *service)
{
	struct conn *list = service->ending;

	service->ending = NULL;
	while (list != NULL) {
		struct conn *conn = list;

		list = conn->next_ending;
		conn_finish(conn);
	}
}

static void
free_dead(struct worker *service)
{
	while (service->dead != NULL) {
		struct conn *conn = service->dead;

		service->dead = conn->next_ending;
		conn_destroy(conn);
	}
}

/* libevent may still speak of a carrier in whose callback all was sent. */
static void
drop_carriers(struct worker *service)
{
	while (service->spent != NULL) {
		struct conn *conn = service->spent;

		service->spent = conn->next_spent;
		conn->spent = false;
		if (send_queue_is_empty(&conn->outbox))
			conn_drop_carrier(conn);
	}
}

void
worker_end_turn(struct worker *service)
{
	struct endpoint *endpoint = service->endpoint;

	shed_input(service);
	endpoint->ops->flush(endpoint);
	shed_output(service);
	/* Who leaves makes others hear of it, and some of them fail. */
	while (service->ending != NULL) {
		finish_ending(service);
		endpoint->ops->flush(endpoint);
	}
	drop_carriers(service);
	free_dead(service);
	if (service->meter.turn_read_ns != 0)
		meter_end_turn(&service->meter, monotonic_ns());
}

/* --- birth and death ------------------------------------------------------ */

void
worker_limits_changed(struct worker *service)
{
	const struct transport_limits *limits = service->limits;

	service->reader_limits.message_bytes = limits->frame_bytes;
	service->reader_limits.fragments = limits->fragments;
	service->http_limits.request_bytes = limits->request_bytes;
	service->http_limits.request_headers = limits->request_headers;
	if (service->reader_limits.inflater != NULL)
		ws_inflater_set_bounds(service->reader_limits.inflater,
		    limits->deflate_ratio, limits->inflate_floor);
	else if (limits->deflate)
		service->reader_limits.inflater =
		    ws_inflater_create(limits->deflate_ratio,
			limits->inflate_floor);
	for (struct conn *conn = service->conns; conn; conn = conn->next)
		conn_limits_changed(conn);
}

bool
worker_init(struct worker *service, const struct server_config *config)
{
	memset(service, 0, sizeof(*service));
	service->base = event_base_new();
	service->input = malloc(WORKER_INPUT_SIZE);
	service->clock = config->clock;
	service->endpoint = config->endpoint;
	service->has_routes = config->has_routes;
	service->assets = config->assets;
	service->limits = config->limits;
	service->held = config->held;
	service->profile = config->profile;
	service->trouble = config->trouble;
	service->pressed = config->pressed;
	service->waits = config->waits;
	service->figures = config->figures;
	service->tell_report = config->report;
	service->arg = config->arg;
	service->random = config->seed | 1;
	service->started_ms = clock_monotonic_ms(config->clock);
	service->reader_limits.buffered = &service->input_bytes;
	worker_limits_changed(service);
	wheel_init(&service->wheel);
	service->wheel.now = 1; /* 0 is no moment */
	peer_table_init(&service->peers);
	service->endpoint->ops->bind(service->endpoint, &service->pool);
	return accept_queue_init(&service->accept_queue, service->base,
		   &service->limits->accepts, &service->now_ms,
		   service->random) &&
	       service->base != NULL && service->input != NULL &&
	       (!config->limits->deflate ||
		   service->reader_limits.inflater != NULL);
}

void
worker_end_connections(struct worker *service)
{
	for (struct conn *conn = service->conns; conn; conn = conn->next)
		conn_abort(conn);
	worker_end_turn(service);
}

void
worker_fini(struct worker *service)
{
	accept_queue_fini(&service->accept_queue);
	/* Frees what bufferevents left to the loop, chunks they were lent. */
	if (service->base != NULL)
		event_base_free(service->base);
	ws_inflater_destroy(service->reader_limits.inflater);
	peer_table_fini(&service->peers);
	chunk_pool_fini(&service->pool);
	wire_text_fini(&service->face);
	free(service->input);
}
