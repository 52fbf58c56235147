#include <errno.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "domain/log.h"
#include "transport/http/http_conn.h"
#include "transport/net/conn_internal.h"

static bool
on_message(void *arg, enum ws_opcode opcode, char *data, size_t len)
{
	struct conn *conn = arg;

	conn->message_begun = 0; /* what follows it has time of its own */
	/* Once it is ending, a connection is read for its close frame only. */
	if (conn->state != CONN_OPEN)
		return true;
	conn->service->meter.commands++;
	conn->service->endpoint->ops->message(conn->session, opcode, data, len);
	return true;
}

static bool
may_control(struct conn *conn)
{
	const struct worker *service = conn->service;

	if (token_bucket_take(&conn->control, &service->limits->control_frames,
		service->now_ms, 1))
		return true;
	conn_end(conn, WS_CLOSE_POLICY, "control_flood");
	return false;
}

/*
 * A client may not send before it has the response to its handshake. If one
 * does, a pong must not overtake the response.
 */
static bool
is_answered(struct conn *conn)
{
	struct endpoint *endpoint = conn->service->endpoint;

	if (!conn->answered)
		endpoint->ops->flush(endpoint);
	return conn->answered;
}

static bool
on_ping(void *arg, const char *data, size_t len)
{
	struct conn *conn = arg;

	if (conn->state == CONN_OPEN && may_control(conn) && is_answered(conn))
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
		if (send_queue_is_empty(&conn->outbox))
			conn_die(conn);
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
		if (send_queue_is_empty(&conn->outbox))
			conn_all_is_sent(conn);
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

/* How long who sends is not listened to while others cannot keep up. */
#define PRESSED_PAUSE_MS 100

/* The bytes/s that a client may send are paid for after they came. */
static void
charge(struct conn *conn, size_t len)
{
	const struct worker *service = conn->service;
	int64_t wait = token_bucket_charge(&conn->bytes,
	    &service->limits->bytes, service->now_ms, (uint32_t)len);

	if (wait == 0 && service->pressed != NULL &&
	    service->pressed(service->arg))
		wait = PRESSED_PAUSE_MS;
	if (wait == 0 || conn->state != CONN_OPEN)
		return;
	conn_pause(conn);
	conn->resume_at = conn_now(conn) + wheel_ticks(wait);
	conn_watch(conn);
}

static void
note_message(struct conn *conn)
{
	if (!ws_reader_is_busy(&conn->reader))
		conn->message_begun = 0;
	else if (conn->message_begun == 0) {
		conn->message_begun = conn_now(conn);
		conn_watch(conn);
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
note_sign_of_life(struct conn *conn)
{
	conn->since = conn_now(conn);
	if (conn->pinged == 0)
		return;
	conn->pinged = 0;
	conn_watch(conn); /* no longer for the pong, but for the next ping */
}

static void
read_frames(struct conn *conn, char *data, size_t len)
{
	meter_read(&conn->service->meter);
	if (conn->state == CONN_OPEN)
		note_sign_of_life(conn);
	ws_reader_feed(&conn->reader, &conn->service->reader_limits,
	    &reader_ops, conn, (uint8_t *)data, len);
	conn->service->endpoint->ops->after_read(conn->service->endpoint);
	charge(conn, len);
	note_message(conn);
}

static void
on_bytes(struct conn *conn, char *data, size_t len)
{
	size_t used = 0;

	if (conn->state == CONN_HEAD)
		used = http_conn_read(conn, data, len);
	if (used < len && listens(conn))
		read_frames(conn, data + used, len - used);
}

/* Behind its close frame, a peer may have nothing more to say, yet listen. */
static void
on_eof(struct conn *conn)
{
	conn_pause(conn);
	if (conn->state == CONN_ENDING)
		conn->peer_closed = true;
	else
		conn_abort(conn);
}

/*
 * All connections read into the same memory, one after the other. A
 * bufferevent of its own would cost each of them a kilobyte, and one system
 * call more for each read.
 */
void
conn_on_readable(struct conn *conn)
{
	struct worker *service = conn->service;
	ssize_t len = recv(conn->fd, service->input, WORKER_INPUT_SIZE, 0);

	if (len > 0)
		on_bytes(conn, service->input, (size_t)len);
	else if (len == 0)
		on_eof(conn);
	else if (errno != EAGAIN && errno != EINTR)
		conn_abort(conn);
}

void
conn_hear(struct conn *conn)
{
	if (event_add(conn->readable, NULL) != 0)
		conn_abort(conn);
}

void
conn_pause(struct conn *conn)
{
	event_del(conn->readable);
}
