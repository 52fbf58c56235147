/* The output of a connection: sent at once, or queued for the socket. */

#include <errno.h>

#include <event2/event.h>

#include "domain/log.h"
#include "transport/net/conn_internal.h"

#define VECTORS_AT_ONCE 64

/* What the socket takes; -1: it failed. */
static ssize_t
conn_write_vectors(struct conn *conn, struct iovec *vectors, int count)
{
	struct traffic *traffic = &conn->loop->meter.traffic;
	ssize_t sent = conn->io->write(conn, vectors, count);

	traffic->writes++;
	if (sent > 0)
		traffic->sent_bytes += (uint64_t)sent;
	else if (sent < 0 &&
		 (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return 0;
	return sent;
}

static void
conn_drained(struct conn *conn)
{
	event_free(conn->writable);
	conn->writable = NULL;
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
	return conn->io->flush == NULL ? 1 : conn->io->flush(conn);
}

static void
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
		sent = conn_write_vectors(conn, vectors, count);
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

static void
writable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;

	(void)fd;
	(void)what;
	log_set_connection(conn->number);
	conn_on_writable(conn);
	log_set_connection(0);
}

void
conn_await_drained(struct conn *conn)
{
	if (conn->writable != NULL || conn->state == CONN_DEAD)
		return;
	conn->writable = event_new(conn->loop->base, conn->fd,
	    EV_WRITE | EV_PERSIST, writable_cb, conn);
	if (conn->writable == NULL || event_add(conn->writable, NULL) != 0)
		conn_abort(conn);
}

void
conn_set_lags(struct conn *conn, bool lags)
{
	conn->lags = lags;
	if (!lags)
		conn->resumed_at = conn_now(conn);
	if (lags && conn->output_soft_since == 0)
		conn->output_soft_since = conn_now(conn);
	if (!lags && send_queue_is_empty(&conn->queue)) {
		conn->output_soft_since = 0;
		conn_resume(conn, PAUSED_BY_OUTPUT);
	}
	conn_watch(conn);
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
	if (conn->state != CONN_DEAD)
		conn_await_writable(conn);
}

static struct iovec
piece_vector(const struct piece *piece)
{
	return (struct iovec){ piece->chunk->data + piece->offset, piece->len };
}

/*
 * Sends as much as the socket takes. *taken becomes the number of whole
 * pieces; returns what of the next one it took, -1: the socket failed.
 */
static ssize_t
conn_send_pieces(struct conn *conn, const struct piece *pieces, size_t count,
    size_t *taken)
{
	*taken = 0;
	while (*taken < count) {
		struct iovec vectors[VECTORS_AT_ONCE];
		size_t end = count - *taken < VECTORS_AT_ONCE
				 ? count
				 : *taken + VECTORS_AT_ONCE;
		int at_once = 0;
		ssize_t sent;

		for (size_t i = *taken; i < end; i++)
			vectors[at_once++] = piece_vector(&pieces[i]);
		sent = conn_write_vectors(conn, vectors, at_once);
		if (sent < 0)
			return -1;
		while (*taken < end && (size_t)sent >= pieces[*taken].len)
			sent -= pieces[(*taken)++].len;
		if (*taken < end)
			return sent;
	}
	return 0;
}

/* The same; most often there is one piece, and the socket takes it. */
static ssize_t
conn_send_directly(struct conn *conn, const struct piece *pieces, size_t count,
    size_t *taken)
{
	struct iovec vector;
	ssize_t sent;

	if (count != 1)
		return conn_send_pieces(conn, pieces, count, taken);
	vector = piece_vector(pieces);
	sent = conn_write_vectors(conn, &vector, 1);
	*taken = sent == (ssize_t)pieces->len;
	return *taken == 1 ? 0 : sent;
}

void
conn_send(struct conn *conn, const struct piece *pieces, size_t count)
{
	size_t taken = 0, hard;
	ssize_t rest = 0;

	if (conn->output_closed)
		return;
	hard = conn->loop->limits->output_hard;
	conn->has_sent = true;
	if (send_queue_is_empty(&conn->queue)) {
		rest = conn_send_directly(conn, pieces, count, &taken);
		if (taken == count)
			return;
	} else if (hard > 0 &&
		   conn_waiting(conn) + pieces_bytes(pieces, count) > hard) {
		conn->protocol->on_output_full(conn);
		return;
	}
	if (rest < 0 || !send_queue_append(&conn->queue, pieces + taken,
			    count - taken, (size_t)rest))
		conn_abort(conn);
	else
		conn_await_writable(conn);
}

void
conn_write(struct conn *conn, const void *data, size_t len)
{
	struct iovec vector = { (void *)(uintptr_t)data, len };
	ssize_t sent = 0;

	if (conn->state == CONN_DEAD || len == 0)
		return;
	conn->has_sent = true;
	if (send_queue_is_empty(&conn->queue))
		sent = conn_write_vectors(conn, &vector, 1);
	if (sent == (ssize_t)len)
		return;
	if (sent < 0 || !send_queue_append_copy(&conn->queue, &conn->loop->pool,
			    data, len, (size_t)sent))
		conn_abort(conn);
	else
		conn_await_writable(conn);
}
