/* The output of a connection: sent at once, or queued for the socket. */

#include <errno.h>

#include "domain/log.h"
#include "transport/net/conn_internal.h"

#define VECTORS_AT_ONCE 64

/* Counts what the socket took; -1: it failed. */
static inline ssize_t
traffic_add_sent(struct traffic *traffic, ssize_t sent)
{
	traffic->writes++;
	if (sent > 0)
		traffic->sent_bytes += (uint64_t)sent;
	else if (sent < 0 &&
		 (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return 0;
	return sent;
}

/* Both: what the socket takes; -1: it failed. */
static ssize_t
conn_write_vectors(struct conn *conn, struct iovec *vectors, int count,
    struct traffic *traffic)
{
	return traffic_add_sent(traffic,
	    conn->io->ops->write(conn, vectors, count));
}

static inline ssize_t
conn_send_bytes(struct conn *conn, const void *data, size_t len,
    struct traffic *traffic)
{
	return traffic_add_sent(traffic, conn->io->ops->send(conn, data, len));
}

static void
conn_drained(struct conn *conn)
{
	if (!conn_wait_for(conn, conn->is_reading, false)) {
		conn_abort(conn);
		return;
	}
	conn->output_moved = 0;
	if (!conn->lags)
		conn->output_soft_since = 0;
	if (conn->state == CONN_FLUSHING)
		conn_flushed(conn);
	else if (conn->state == CONN_OPEN)
		conn->protocol->on_drained(conn);
}

/* Flushes the io table of the connection; see conn_io_ops.flush. */
static int
conn_flush_io(struct conn *conn)
{
	return conn->io->ops->flush == NULL ? 1 : conn->io->ops->flush(conn);
}

void
conn_on_writable(struct conn *conn)
{
	struct iovec vectors[VECTORS_AT_ONCE];
	int count = send_queue_peek(&conn->queue, vectors, VECTORS_AT_ONCE);
	int flushed;
	ssize_t sent = 0;

	if (conn->state == CONN_DEAD)
		return;
	flushed = conn_flush_io(conn);
	if (flushed == 1 && count > 0)
		sent = conn_write_vectors(conn, vectors, count,
		    &conn->loop->meter.traffic);
	if (flushed < 0 || sent < 0) {
		conn_abort(conn);
		return;
	}
	send_queue_consume(&conn->queue, (size_t)sent);
	if (send_queue_is_empty(&conn->queue) && conn_flush_io(conn) == 1) {
		conn_drained(conn);
		return;
	}
	if (sent > 0)
		conn->output_moved = conn_now(conn);
	if (!conn->lags &&
	    conn_waiting(conn) <= conn->loop->limits->output_soft)
		conn->output_soft_since = 0;
}

void
conn_await_drained(struct conn *conn)
{
	if (conn->state != CONN_DEAD &&
	    !conn_wait_for(conn, conn->is_reading, true))
		conn_abort(conn);
}

void
conn_set_lags(struct conn *conn, bool lags)
{
	conn->lags = lags;
	if (lags && conn->output_soft_since == 0) {
		conn->output_soft_since = conn_now(conn);
		conn_watch_earlier(conn,
		    wheel_after(conn_now(conn),
			conn->loop->limits->output_soft_time_ms));
	}
	if (lags)
		return;
	/* Its deadlines are later now: the timer may be too early. */
	conn->resumed_at = conn_now(conn);
	if (send_queue_is_empty(&conn->queue)) {
		conn->output_soft_since = 0;
		conn_resume(conn, PAUSED_BY_OUTPUT);
	}
}

/* The queue is not empty any more: starts its deadlines. */
static void
conn_await_writable(struct conn *conn)
{
	size_t soft = conn->loop->limits->output_soft;
	bool started = false;

	conn_await_drained(conn);
	if (conn->state == CONN_DEAD)
		return;
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

void
conn_want_write(struct conn *conn)
{
	if (conn->is_sending)
		conn->wants_write = true;
	else if (conn->state != CONN_DEAD)
		conn_await_writable(conn);
}

static struct iovec
piece_vector(const struct piece *piece)
{
	return (struct iovec){ piece->chunk->data + piece->offset, piece->len };
}

/* Most often there is one piece; and most often the socket takes it. */
static bool
conn_send_piece(struct conn *conn, const struct piece *piece,
    struct traffic *traffic, struct sent *sent)
{
	ssize_t bytes = conn_send_bytes(conn,
	    piece->chunk->data + piece->offset, piece->len, traffic);

	if (bytes == (ssize_t)piece->len)
		return true;
	*sent = (struct sent){
		.bytes = bytes < 0 ? 0 : (size_t)bytes,
		.failed = bytes < 0,
	};
	return false;
}

/* Sends as much as the socket takes. */
static bool
conn_send_pieces(struct conn *conn, const struct piece *pieces, size_t count,
    struct traffic *traffic, struct sent *sent)
{
	*sent = (struct sent){ .pieces = 0 };
	while (sent->pieces < count) {
		struct iovec vectors[VECTORS_AT_ONCE];
		size_t end = count - sent->pieces < VECTORS_AT_ONCE
				 ? count
				 : sent->pieces + VECTORS_AT_ONCE;
		int at_once = 0;
		ssize_t bytes;

		for (size_t i = sent->pieces; i < end; i++)
			vectors[at_once++] = piece_vector(&pieces[i]);
		bytes = conn_write_vectors(conn, vectors, at_once, traffic);
		if (bytes < 0) {
			sent->failed = true;
			return false;
		}
		sent->bytes = (size_t)bytes;
		while (sent->pieces < end &&
		       sent->bytes >= pieces[sent->pieces].len)
			sent->bytes -= pieces[sent->pieces++].len;
		if (sent->pieces < end)
			return false;
	}
	return true;
}

bool
conn_send_begin(struct conn *conn, const struct piece *pieces, size_t count,
    struct traffic *traffic, struct sent *sent)
{
	bool is_sent;

	if (conn->output_closed)
		return true;
	conn->has_sent = true;
	if (!send_queue_is_empty(&conn->queue)) {
		*sent = (struct sent){ .pieces = 0 };
		return false;
	}
	conn->is_sending = true;
	is_sent = count == 1
		      ? conn_send_piece(conn, pieces, traffic, sent)
		      : conn_send_pieces(conn, pieces, count, traffic, sent);
	conn->is_sending = false;
	if (!conn->wants_write)
		return is_sent;
	if (is_sent)
		*sent = (struct sent){ .pieces = count };
	return false;
}

void
conn_send_end(struct conn *conn, const struct piece *pieces, size_t count,
    const struct sent *sent)
{
	size_t hard = conn->loop->limits->output_hard;

	if (conn->wants_write) {
		conn->wants_write = false;
		conn_want_write(conn);
	}
	if (sent->pieces == count)
		return;
	if (hard > 0 && !send_queue_is_empty(&conn->queue) &&
	    conn_waiting(conn) + pieces_bytes(pieces, count) > hard) {
		conn->protocol->on_output_full(conn);
		return;
	}
	if (sent->failed ||
	    !send_queue_append(&conn->queue, pieces + sent->pieces,
		count - sent->pieces, sent->bytes))
		conn_abort(conn);
	else
		conn_await_writable(conn);
}

void
conn_send(struct conn *conn, const struct piece *pieces, size_t count)
{
	struct sent sent;

	if (!conn_send_begin(conn, pieces, count, &conn->loop->meter.traffic,
		&sent))
		conn_send_end(conn, pieces, count, &sent);
}

void
conn_write(struct conn *conn, const void *data, size_t len)
{
	ssize_t sent = 0;

	if (conn->state == CONN_DEAD || len == 0)
		return;
	conn->has_sent = true;
	if (send_queue_is_empty(&conn->queue))
		sent = conn_send_bytes(conn, data, len,
		    &conn->loop->meter.traffic);
	if (sent == (ssize_t)len)
		return;
	if (sent < 0 || !send_queue_append_copy(&conn->queue, &conn->loop->pool,
			    data, len, (size_t)sent))
		conn_abort(conn);
	else
		conn_await_writable(conn);
}
