#include <assert.h>
#include <string.h>

#include <event2/bufferevent.h>

#include "transport/net/conn_internal.h"

/* --- what waits ----------------------------------------------------------- */

static void
note_written(struct conn *conn)
{
	size_t soft = conn->service->limits->output_soft;

	if (send_queue_advance(&conn->outbox, conn->carrier)) {
		conn->output_moved = conn_now(conn);
		if (conn_waiting(conn) <= soft)
			conn->output_soft_since = 0;
		return;
	}
	conn->output_moved = 0;
	conn->output_soft_since = 0;
	if (!conn->spent) {
		conn->spent = true;
		conn->next_spent = conn->service->spent;
		conn->service->spent = conn;
	}
	if (conn->state == CONN_CLOSING)
		conn_all_is_sent(conn);
}

static void
written_cb(struct bufferevent *carrier, void *arg)
{
	(void)carrier;
	note_written(arg);
}

static void
failed_cb(struct bufferevent *carrier, short what, void *arg)
{
	(void)carrier;
	(void)what;
	conn_abort(arg);
}

/* A bufferevent sends what waits; most connections never need one. */
static bool
carry(struct conn *conn)
{
	if (conn->carrier == NULL) {
		conn->carrier =
		    bufferevent_socket_new(conn->service->base, conn->fd, 0);
		if (conn->carrier == NULL)
			return false;
		bufferevent_setcb(conn->carrier, NULL, written_cb, failed_cb,
		    conn);
	}
	return send_queue_carry(&conn->outbox, conn->carrier);
}

void
conn_drop_carrier(struct conn *conn)
{
	if (conn->carrier == NULL)
		return;
	bufferevent_free(conn->carrier);
	conn->carrier = NULL;
}

/* From here on the clock is ticking. */
static void
note_waiting(struct conn *conn)
{
	size_t soft = conn->service->limits->output_soft;
	bool started = false;

	if (conn->output_moved == 0) {
		conn->output_moved = conn_now(conn);
		started = true;
	}
	if (soft > 0 && conn->output_soft_since == 0 &&
	    conn_waiting(conn) > soft) {
		conn->output_soft_since = conn_now(conn);
		started = true;
	}
	if (started)
		conn_watch(conn);
}

static void
note_result(struct conn *conn, enum send_queue_result result)
{
	switch (result) {
	case SEND_QUEUE_SENT:
		break;
	case SEND_QUEUE_QUEUED:
		if (carry(conn))
			note_waiting(conn);
		else
			conn_abort(conn);
		break;
	case SEND_QUEUE_FULL:
		conn->full = true;
		conn_end(conn, WS_CLOSE_SLOW_CONSUMER, "slow_consumer");
		break;
	case SEND_QUEUE_BROKEN:
		conn_abort(conn);
		break;
	}
}

/* --- sending -------------------------------------------------------------- */

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
	conn->answered = true;
	note_result(conn,
	    send_queue_send(&conn->outbox, conn->carrier, conn->fd, pieces,
		count, conn->service->limits->output_hard));
}

void
conn_write(struct conn *conn, const void *data, size_t len)
{
	if (conn->state == CONN_DEAD ||
	    (conn->state == CONN_ENDING && conn->end_code == 0))
		return;
	conn->answered = true;
	note_result(conn, send_queue_write(&conn->outbox, conn->fd,
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

void
conn_end_unheard(struct conn *conn)
{
	conn->full = true;
	conn_end(conn, WS_CLOSE_INTERNAL, "out_of_memory");
}

size_t
conn_waiting(const struct conn *conn)
{
	return send_queue_bytes(&conn->outbox, conn->carrier);
}

/* --- overload ------------------------------------------------------------- */

void
conn_shed_input(struct conn *conn)
{
	conn_end(conn, WS_CLOSE_OVERLOADED, "overloaded");
	conn->deaf = true;
	ws_reader_fini(&conn->reader, &conn->service->reader_limits);
	ws_reader_init(&conn->reader, conn->deflate);
	if (conn->state == CONN_CLOSING && send_queue_is_empty(&conn->outbox))
		conn_all_is_sent(conn);
}

/*
 * What the carrier was lent ends with a whole frame, so that bye and
 * close may follow it.
 */
void
conn_shed_output(struct conn *conn)
{
	conn->full = true;
	send_queue_shed(&conn->outbox);
	if (conn->state == CONN_OPEN)
		conn_end(conn, WS_CLOSE_SLOW_CONSUMER, "slow_consumer");
	else
		conn_die_hard(conn);
}
