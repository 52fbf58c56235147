#include "transport/net/conn.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "transport/net/conn_internal.h"
#include "transport/net/input_buffer.h"
#include "wire/dialect.h"

/* --- states --------------------------------------------------------------- */

static void
enter(struct conn *conn, enum conn_state state)
{
	conn->state = (uint8_t)state;
	conn->since = conn_now(conn);
	conn_watch(conn);
}

void
conn_die(struct conn *conn)
{
	if (conn->state == CONN_DEAD)
		return;
	assert(conn->session == NULL);
	enter(conn, CONN_DEAD);
	conn->next_ending = conn->service->dead;
	conn->service->dead = conn;
}

/* Data that nobody takes must not occupy the kernel either. */
void
conn_die_hard(struct conn *conn)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	conn_die(conn);
}

static void
begin_ending(struct conn *conn, unsigned code, const char *reason)
{
	conn->end_code = (uint16_t)code;
	conn->end_reason = reason;
	conn->next_ending = conn->service->ending;
	conn->service->ending = conn;
	conn->service->open_count--;
	meter_count_close(&conn->service->meter, code,
	    conn->peer_closed ? "client" : reason);
	enter(conn, CONN_ENDING);
}

void
conn_end(struct conn *conn, unsigned code, const char *reason)
{
	if (conn->state == CONN_OPEN)
		begin_ending(conn, code, reason);
	else if (conn->state == CONN_HEAD)
		conn_die(conn);
}

void
conn_abort(struct conn *conn)
{
	if (conn->state == CONN_OPEN)
		begin_ending(conn, 0, "aborted");
	else if (conn->state == CONN_ENDING)
		conn->end_code = 0;
	else
		conn_die(conn);
}

/* Nothing waits any longer to be sent behind our close frame. */
void
conn_all_is_sent(struct conn *conn)
{
	if (conn->peer_closed) {
		conn_die(conn);
		return;
	}
	/*
	 * After its error, a peer's input is not understood any more: take
	 * leave by FIN and throw away what comes, lest a reset overtakes
	 * our last words.
	 */
	if (conn->deaf && conn->state == CONN_CLOSING) {
		shutdown(conn->fd, SHUT_WR);
		enter(conn, CONN_LINGERING);
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
	struct worker *service = conn->service;
	int64_t left = service->drained_ms - service->now_ms;
	int64_t span = 2000;

	if (conn->end_code == WS_CLOSE_POLICY)
		return 0;
	if (service->draining)
		span = left > 0 ? 4500 + left : 4500;
	return 500 + worker_random(service, (uint32_t)span);
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
	/* Frames mean nothing to a client whose handshake has no answer. */
	if (!conn->answered)
		conn->end_code = 0;
	/* Who is too slow is told so soon, and comes back for the rest. */
	if (conn->end_code == WS_CLOSE_SLOW_CONSUMER)
		send_queue_shed(&conn->outbox);
	leave(conn);
	if (conn->end_code == 0) {
		conn_die(conn);
		return;
	}
	if (!conn->peer_closed)
		reason = str_from(conn->end_reason);
	len = ws_close_payload(conn->end_code, reason, payload);
	conn_write_frame(conn, WS_CLOSE, payload, len);
	if (conn->end_code == 0) { /* writing failed */
		conn_die(conn);
		return;
	}
	conn->resume_at = 0;
	conn_hear(conn);
	enter(conn, CONN_CLOSING);
	if (send_queue_is_empty(&conn->outbox))
		conn_all_is_sent(conn);
}

const struct dialect *
conn_dialect(const struct conn *conn)
{
	return conn->dialect == 0 ? NULL : dialects()[conn->dialect - 1];
}

void
conn_set_dialect(struct conn *conn, const struct dialect *dialect)
{
	conn->dialect =
	    dialect == NULL ? 0 : (uint8_t)(dialect_index(dialect) + 1);
}

/* --- the opening is done -------------------------------------------------- */

void
conn_open(struct conn *conn)
{
	const struct worker *service = conn->service;

	ws_reader_init(&conn->reader, conn->deflate);
	token_bucket_init(&conn->bytes, &service->limits->bytes,
	    service->now_ms);
	token_bucket_init(&conn->control, &service->limits->control_frames,
	    service->now_ms);
	conn->opened = true;
	conn->service->open_count++;
	conn->service->meter.opened++;
	conn->service->websocket_count++;
	enter(conn, CONN_OPEN);
}

void
conn_answer(struct conn *conn, struct str head, struct str body)
{
	conn->deaf = true;
	enter(conn, CONN_CLOSING);
	conn_write(conn, head.data, head.len);
	if (conn->state == CONN_CLOSING && !str_is_empty(body))
		conn_write(conn, body.data, body.len);
	if (conn->state == CONN_CLOSING && send_queue_is_empty(&conn->outbox))
		conn_all_is_sent(conn);
}

/* --- birth and death ------------------------------------------------------ */

static void
readable_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	conn_on_readable(arg);
}

static void
link_conn(struct conn *conn)
{
	struct worker *service = conn->service;

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
conn_create(struct worker *service, int fd, struct peer *peer,
    const struct dialect *dialect)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (conn == NULL)
		goto close_fd;
	conn->readable = event_new(service->base, fd, EV_READ | EV_PERSIST,
	    readable_cb, conn);
	if (conn->readable == NULL)
		goto free_conn;
	if (event_add(conn->readable, NULL) != 0)
		goto free_event;
	conn->service = service;
	conn->fd = fd;
	conn->peer = peer;
	conn_set_dialect(conn, dialect);
	link_conn(conn);
	enter(conn, CONN_HEAD);
	return conn;
free_event:
	event_free(conn->readable);
free_conn:
	free(conn);
close_fd:
	close(fd);
	return NULL;
}

void
conn_destroy(struct conn *conn)
{
	struct worker *service = conn->service;

	wheel_cancel(&conn->timer);
	unlink_conn(conn);
	if (conn->opened) {
		service->websocket_count--;
		ws_reader_fini(&conn->reader, &service->reader_limits);
	} else
		input_buffer_free(&conn->head, NULL);
	send_queue_fini(&conn->outbox);
	peer_table_leave(&service->peers, conn->peer);
	conn_drop_carrier(conn);
	event_free(conn->readable);
	close(conn->fd);
	free(conn);
}
