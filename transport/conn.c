#include "transport/conn.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "domain/log.h"
#include "transport/opening.h"

static uint32_t
now(const struct conn *conn)
{
	return conn->service->wheel.now;
}

/* --- states ------------------------------------------------------------- */

/* Everything that waits for a moment waits for the earliest of them. */
static void
sooner(uint32_t *due, uint32_t moment)
{
	if (moment != 0 && moment < *due)
		*due = moment;
}

static uint32_t
after(uint32_t since, int64_t ms)
{
	return since == 0 || ms == 0 ? 0 : since + wheel_ticks(ms);
}

/* The ping interval, ±10 %, so that connections do not ping in step. */
static uint32_t
ping_due(const struct conn *conn)
{
	uint32_t ticks = wheel_ticks(conn->service->limits->ping_interval_ms);

	if (ticks == 0 || conn->pinged != 0)
		return 0;
	return conn->heard + ticks - ticks / 10 +
	       service_random(conn->service, ticks / 5 + 1);
}

static uint32_t
open_deadline(const struct conn *conn)
{
	const struct transport_limits *limits = conn->service->limits;
	uint32_t due = UINT32_MAX;

	sooner(&due, ping_due(conn));
	sooner(&due, after(conn->pinged, limits->pong_timeout_ms));
	sooner(&due, after(conn->message_begun, limits->message_time_ms));
	sooner(&due,
	    after(conn->output_soft_since, limits->output_soft_time_ms));
	sooner(&due, after(conn->output_moved, limits->write_stall_ms));
	sooner(&due, conn->leave_at);
	sooner(&due, conn->resume_at);
	return due;
}

/* Have the wheel call conn_check_deadlines() when something is due. */
static void
watch(struct conn *conn)
{
	const struct transport_limits *limits = conn->service->limits;
	uint32_t due = UINT32_MAX;

	switch ((enum conn_state)conn->state) {
	case CONN_HEAD:
		due = after(conn->state_since, limits->handshake_timeout_ms);
		break;
	case CONN_OPEN:
		due = open_deadline(conn);
		break;
	case CONN_CLOSING:
	case CONN_LINGERING:
		due = after(conn->state_since, limits->close_timeout_ms);
		break;
	case CONN_ENDING:
	case CONN_DEAD:
		break;
	}
	if (due == UINT32_MAX)
		wheel_cancel(&conn->timer);
	else
		wheel_schedule(&conn->service->wheel, &conn->timer, due);
}

static void
enter_state(struct conn *conn, enum conn_state state)
{
	conn->state = (uint8_t)state;
	conn->state_since = now(conn);
	watch(conn);
}

static void
die(struct conn *conn)
{
	if (conn->state == CONN_DEAD)
		return;
	assert(conn->session == NULL);
	enter_state(conn, CONN_DEAD);
	conn->next_ending = conn->service->dead;
	conn->service->dead = conn;
}

/* Data that nobody takes must not occupy the kernel either. */
static void
die_hard(struct conn *conn)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(bufferevent_getfd(conn->bev), SOL_SOCKET, SO_LINGER, &none,
	    sizeof(none));
	die(conn);
}

static void
begin_ending(struct conn *conn, unsigned code, const char *reason)
{
	conn->end_code = (uint16_t)code;
	conn->end_reason = reason;
	conn->next_ending = conn->service->ending;
	conn->service->ending = conn;
	conn->service->open_count--;
	enter_state(conn, CONN_ENDING);
}

void
conn_end(struct conn *conn, unsigned code, const char *reason)
{
	if (conn->state == CONN_OPEN)
		begin_ending(conn, code, reason);
	else if (conn->state == CONN_HEAD)
		die(conn);
}

void
conn_abort(struct conn *conn)
{
	if (conn->state == CONN_OPEN)
		begin_ending(conn, 0, NULL);
	else if (conn->state == CONN_ENDING)
		conn->end_code = 0;
	else
		die(conn);
}

/* Nothing waits any longer to be sent behind our close frame. */
static void
all_is_sent(struct conn *conn)
{
	if (conn->peer_closed) {
		die(conn);
		return;
	}
	/*
	 * After its error, a peer's input is not understood any more: take
	 * leave by FIN and throw away what comes, lest a reset overtakes
	 * our last words.
	 */
	if (conn->deaf && conn->state == CONN_CLOSING) {
		shutdown(bufferevent_getfd(conn->bev), SHUT_WR);
		enter_state(conn, CONN_LINGERING);
	}
}

static bool
deserves_bye(const struct conn *conn)
{
	if (conn->peer_closed)
		return false;
	switch (conn->end_code) {
	case WS_CLOSE_GOING_AWAY:
	case WS_CLOSE_POLICY:
	case WS_CLOSE_TOO_BIG:
	case WS_CLOSE_INTERNAL:
		return true;
	default:
		return conn->end_code >= 4000;
	}
}

/* When to come back: spread, so that not all do so at once. */
static int64_t
retry_after_ms(const struct conn *conn)
{
	struct service *service = conn->service;
	uint32_t span = 2000;

	if (conn->end_code == WS_CLOSE_POLICY)
		return 0;
	if (service->draining)
		span = 4500 + (uint32_t)service->limits->drain_window_ms;
	return 500 + service_random(service, span);
}

static void
leave(struct conn *conn)
{
	struct bye bye = { .code = conn->end_code };
	void *session = conn->session;
	const struct endpoint_ops *ops = conn->service->endpoint->ops;

	if (session == NULL)
		return;
	conn->session = NULL;
	if (conn->end_code == 0 || !deserves_bye(conn)) {
		ops->leave(session, NULL);
		return;
	}
	bye.reason = str_from(conn->end_reason);
	bye.retry_after_ms = retry_after_ms(conn);
	ops->leave(session, &bye);
}

void
conn_finish(struct conn *conn)
{
	char payload[WS_CONTROL_MAX];
	struct str reason = { "", 0 };
	size_t len;

	assert(conn->state == CONN_ENDING);
	leave(conn);
	if (conn->end_code == 0) {
		die(conn);
		return;
	}
	if (!conn->peer_closed)
		reason = str_from(conn->end_reason);
	len = ws_close_payload(conn->end_code, reason, payload);
	conn_write_frame(conn, WS_CLOSE, payload, len);
	if (conn->end_code == 0) { /* writing failed */
		die(conn);
		return;
	}
	conn->resume_at = 0;
	bufferevent_enable(conn->bev, EV_READ);
	enter_state(conn, CONN_CLOSING);
	if (outbox_is_empty(&conn->outbox))
		all_is_sent(conn);
}

/* --- output ------------------------------------------------------------- */

/* Something waits now: from here on the clock is ticking. */
static void
note_waiting(struct conn *conn)
{
	size_t soft = conn->service->limits->output_soft;
	bool started = false;

	if (conn->output_moved == 0) {
		conn->output_moved = now(conn);
		conn->output_seen = (uint32_t)
		    evbuffer_get_length(bufferevent_get_output(conn->bev));
		started = true;
	}
	if (soft > 0 && conn->output_soft_since == 0 &&
	    conn_waiting(conn) > soft) {
		conn->output_soft_since = now(conn);
		started = true;
	}
	if (started)
		watch(conn);
}

static void
note_result(struct conn *conn, enum outbox_result result)
{
	switch (result) {
	case OUTBOX_SENT:
		break;
	case OUTBOX_QUEUED:
		note_waiting(conn);
		break;
	case OUTBOX_FULL:
		conn->full = true;
		conn_end(conn, WS_CLOSE_SLOW_CONSUMER, "slow_consumer");
		break;
	case OUTBOX_BROKEN:
		conn_abort(conn);
		break;
	}
}

/* What was said before the end is still sent, but never with a hole. */
static bool
may_send(const struct conn *conn)
{
	return !conn->full &&
	       (conn->state == CONN_OPEN ||
		   (conn->state == CONN_ENDING && conn->end_code != 0));
}

void
conn_send(struct conn *conn, const struct piece *pieces, size_t count)
{
	if (!may_send(conn))
		return;
	note_result(conn,
	    outbox_send(&conn->outbox, conn->bev, conn->fd, pieces, count,
		conn->service->limits->output_hard));
}

void
conn_write(struct conn *conn, const void *data, size_t len)
{
	if (conn->state == CONN_DEAD ||
	    (conn->state == CONN_ENDING && conn->end_code == 0))
		return;
	note_result(conn, outbox_write(&conn->outbox, conn->bev, conn->fd,
			      &conn->service->pool, data, len));
}

void
conn_write_frame(struct conn *conn, uint8_t opcode, const void *data,
    size_t len)
{
	uint8_t frame[WS_FRAME_HEAD_MAX + WS_CONTROL_MAX];
	size_t head = ws_frame_encode(opcode, true, 0, len, frame);

	assert(len <= WS_CONTROL_MAX);
	memcpy(frame + head, data, len);
	conn_write(conn, frame, head + len);
}

size_t
conn_waiting(const struct conn *conn)
{
	return outbox_bytes(&conn->outbox, conn->bev);
}

void
conn_shed_input(struct conn *conn)
{
	conn_end(conn, WS_CLOSE_OVERLOADED, "overloaded");
	conn->deaf = true;
	ws_reader_fini(&conn->reader, &conn->service->reader_limits);
	ws_reader_init(&conn->reader, conn->deflate);
}

/*
 * What the bufferevent was lent ends with a whole frame, so that bye and
 * close may follow it.
 */
void
conn_shed_output(struct conn *conn)
{
	conn->full = true;
	conn_end(conn, WS_CLOSE_SLOW_CONSUMER, "slow_consumer");
	outbox_fini(&conn->outbox);
}

static void
on_written(struct conn *conn)
{
	size_t soft = conn->service->limits->output_soft;

	if (outbox_advance(&conn->outbox, conn->bev)) {
		conn->output_moved = now(conn);
		conn->output_seen = (uint32_t)
		    evbuffer_get_length(bufferevent_get_output(conn->bev));
		if (conn_waiting(conn) <= soft)
			conn->output_soft_since = 0;
		return;
	}
	conn->output_moved = 0;
	conn->output_soft_since = 0;
	if (conn->state == CONN_CLOSING)
		all_is_sent(conn);
}

/* --- what a client sends ------------------------------------------------ */

static bool
on_message(void *arg, enum ws_opcode opcode, char *data, size_t len)
{
	struct conn *conn = arg;

	/* Once it is ending, a connection is read for its close frame only. */
	if (conn->state == CONN_OPEN)
		conn->service->endpoint->ops->message(conn->session, opcode,
		    data, len);
	return true;
}

static bool
may_control(struct conn *conn)
{
	const struct service *service = conn->service;

	if (token_bucket_take(&conn->control, &service->limits->control_frames,
		service->now_ms, 1))
		return true;
	conn_end(conn, WS_CLOSE_POLICY, "control_flood");
	return false;
}

static bool
on_ping(void *arg, const char *data, size_t len)
{
	struct conn *conn = arg;

	if (conn->state == CONN_OPEN && may_control(conn))
		conn_write_frame(conn, WS_PONG, data, len);
	return true;
}

static bool
on_pong(void *arg, const char *data, size_t len)
{
	struct conn *conn = arg;

	(void)data;
	(void)len;
	if (conn->state == CONN_OPEN)
		may_control(conn);
	return true;
}

static bool
on_close(void *arg, unsigned code, struct str reason)
{
	struct conn *conn = arg;

	(void)reason;
	conn->deaf = true;
	conn->peer_closed = true;
	if (conn->state == CONN_CLOSING) {
		if (outbox_is_empty(&conn->outbox))
			die(conn);
	} else
		conn_end(conn, code, "");
	return false;
}

static bool
on_error(void *arg, enum ws_close_code code, const char *why)
{
	struct conn *conn = arg;

	conn->deaf = true;
	if (conn->state == CONN_CLOSING) {
		if (outbox_is_empty(&conn->outbox))
			all_is_sent(conn);
	} else {
		log_debug("connection ended with %d: %s", (int)code, why);
		conn_end(conn, code, why);
	}
	return false;
}

static const struct ws_reader_ops reader_ops = {
	.message = on_message,
	.ping = on_ping,
	.pong = on_pong,
	.close = on_close,
	.error = on_error,
};

/* The bytes/s that a client may send are paid for after they came. */
static void
charge(struct conn *conn, size_t len)
{
	const struct service *service = conn->service;
	int64_t wait = token_bucket_charge(&conn->bytes,
	    &service->limits->bytes, service->now_ms, (uint32_t)len);

	if (wait == 0 || conn->state != CONN_OPEN)
		return;
	bufferevent_disable(conn->bev, EV_READ);
	conn->resume_at = now(conn) + wheel_ticks(wait);
	watch(conn);
}

static void
note_message(struct conn *conn)
{
	if (!ws_reader_is_busy(&conn->reader))
		conn->message_begun = 0;
	else if (conn->message_begun == 0) {
		conn->message_begun = now(conn);
		watch(conn);
	}
}

static bool
listens(const struct conn *conn)
{
	return !conn->deaf &&
	       (conn->state == CONN_OPEN || conn->state == CONN_CLOSING ||
		   conn->state == CONN_ENDING);
}

static void
read_frames(struct conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	struct evbuffer_iovec piece;
	size_t len = evbuffer_get_length(input);

	conn->heard = now(conn);
	conn->pinged = 0;
	while (listens(conn) && evbuffer_peek(input, -1, NULL, &piece, 1) > 0) {
		ws_reader_feed(&conn->reader, &conn->service->reader_limits,
		    &reader_ops, conn, piece.iov_base, piece.iov_len);
		evbuffer_drain(input, piece.iov_len);
	}
	charge(conn, len);
	note_message(conn);
}

static void
on_readable(struct conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);

	if (conn->state == CONN_HEAD && !opening_read(conn))
		return;
	if (listens(conn))
		read_frames(conn);
	else
		evbuffer_drain(input, evbuffer_get_length(input));
}

void
conn_open(struct conn *conn)
{
	const struct service *service = conn->service;

	ws_reader_init(&conn->reader, conn->deflate);
	token_bucket_init(&conn->bytes, &service->limits->bytes,
	    service->now_ms);
	token_bucket_init(&conn->control, &service->limits->control_frames,
	    service->now_ms);
	conn->opened = true;
	conn->service->open_count++;
	conn->service->websocket_count++;
	conn->heard = now(conn);
	enter_state(conn, CONN_OPEN);
}

void
conn_answer(struct conn *conn, const void *response, size_t len)
{
	conn->deaf = true;
	enter_state(conn, CONN_CLOSING);
	conn_write(conn, response, len);
	if (conn->state == CONN_CLOSING && outbox_is_empty(&conn->outbox))
		all_is_sent(conn);
}

/* --- deadlines ---------------------------------------------------------- */

static bool
has_passed(const struct conn *conn, uint32_t moment)
{
	return moment != 0 && moment <= now(conn);
}

static bool
is_stalled(struct conn *conn)
{
	uint32_t left =
	    (uint32_t)evbuffer_get_length(bufferevent_get_output(conn->bev));
	bool moved = left != conn->output_seen;

	conn->output_seen = left;
	if (moved)
		conn->output_moved = now(conn);
	return !moved;
}

static void
ping_if_silent(struct conn *conn)
{
	int64_t interval_ms = conn->service->limits->ping_interval_ms;

	if (interval_ms == 0 || conn->pinged != 0 ||
	    now(conn) - conn->heard < wheel_ticks(interval_ms * 9 / 10))
		return;
	conn->pinged = now(conn);
	conn_write_frame(conn, WS_PING, "", 0);
}

static void
check_open(struct conn *conn)
{
	const struct transport_limits *limits = conn->service->limits;

	if (has_passed(conn, conn->resume_at)) {
		conn->resume_at = 0;
		bufferevent_enable(conn->bev, EV_READ);
	}
	if (has_passed(conn, conn->leave_at))
		conn_end(conn, WS_CLOSE_GOING_AWAY, "going_away");
	else if (has_passed(conn, after(conn->pinged, limits->pong_timeout_ms)))
		conn_end(conn, WS_CLOSE_PING_TIMEOUT, "ping_timeout");
	else if (has_passed(conn,
		     after(conn->message_begun, limits->message_time_ms)))
		conn_end(conn, WS_CLOSE_POLICY, "message_timeout");
	else if (has_passed(conn, after(conn->output_soft_since,
				      limits->output_soft_time_ms)))
		conn_end(conn, WS_CLOSE_SLOW_CONSUMER, "slow_consumer");
	else if (has_passed(conn,
		     after(conn->output_moved, limits->write_stall_ms)) &&
		 is_stalled(conn))
		conn_abort(conn);
	else
		ping_if_silent(conn);
	if (conn->state == CONN_OPEN)
		watch(conn);
}

void
conn_check_deadlines(struct conn *conn)
{
	switch ((enum conn_state)conn->state) {
	case CONN_HEAD:
		opening_time_out(conn);
		break;
	case CONN_OPEN:
		check_open(conn);
		break;
	case CONN_CLOSING:
	case CONN_LINGERING:
		die_hard(conn);
		break;
	case CONN_ENDING:
	case CONN_DEAD:
		break;
	}
}

void
conn_leave_at(struct conn *conn, uint32_t tick)
{
	if (conn->state == CONN_OPEN) {
		conn->leave_at = tick;
		watch(conn);
	} else if (conn->state == CONN_HEAD)
		die(conn);
}

/* --- birth and death ---------------------------------------------------- */

static void
read_cb(struct bufferevent *bev, void *arg)
{
	(void)bev;
	on_readable(arg);
}

static void
write_cb(struct bufferevent *bev, void *arg)
{
	(void)bev;
	on_written(arg);
}

static void
event_cb(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		conn_abort(arg);
}

static void
link_conn(struct conn *conn)
{
	struct service *service = conn->service;

	conn->next = service->conns;
	if (conn->next != NULL)
		conn->next->prev = conn;
	service->conns = conn;
	service->conn_count++;
}

static void
unlink_conn(struct conn *conn)
{
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	if (conn->prev != NULL)
		conn->prev->next = conn->next;
	else
		conn->service->conns = conn->next;
	conn->service->conn_count--;
}

struct conn *
conn_create(struct service *service, int fd, struct peer *peer)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (conn == NULL)
		goto close_fd;
	conn->bev =
	    bufferevent_socket_new(service->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (conn->bev == NULL)
		goto free_conn;
	conn->service = service;
	conn->fd = fd;
	conn->peer = peer;
	bufferevent_setcb(conn->bev, read_cb, write_cb, event_cb, conn);
	if (bufferevent_enable(conn->bev, EV_READ) != 0)
		goto free_bev;
	link_conn(conn);
	enter_state(conn, CONN_HEAD);
	return conn;
free_bev:
	bufferevent_free(conn->bev);
	free(conn);
	return NULL;
free_conn:
	free(conn);
close_fd:
	close(fd);
	return NULL;
}

void
conn_destroy(struct conn *conn)
{
	struct service *service = conn->service;

	wheel_cancel(&conn->timer);
	unlink_conn(conn);
	if (conn->opened) {
		service->websocket_count--;
		ws_reader_fini(&conn->reader, &service->reader_limits);
	}
	outbox_fini(&conn->outbox);
	peer_table_leave(&service->peers, conn->peer);
	bufferevent_free(conn->bev);
	free(conn);
}
