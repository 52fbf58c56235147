#include "transport/net/conn.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "domain/base/count_of.h"
#include "domain/log.h"
#include "transport/net/input_buffer.h"

/* Bytes that a closing connection reads and discards at most. */
#define DISCARD_MOST (1024 * 1024)

/* --- plain sockets -------------------------------------------------------- */

static ssize_t
plain_read(struct conn *conn, void *data, size_t len)
{
	return recv(conn->fd, data, len, 0);
}

static ssize_t
plain_write(struct conn *conn, struct iovec *vectors, int count)
{
	struct msghdr message = {
		.msg_iov = vectors,
		.msg_iovlen = (size_t)count,
	};

	if (count == 1)
		return send(conn->fd, vectors->iov_base, vectors->iov_len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	return sendmsg(conn->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
plain_shutdown(struct conn *conn)
{
	shutdown(conn->fd, SHUT_WR);
}

const struct conn_io_ops conn_plain_io = {
	.read = plain_read,
	.write = plain_write,
	.shutdown = plain_shutdown,
};

/* --- events --------------------------------------------------------------- */

static struct event *
conn_readable(struct conn *conn)
{
	return (struct event *)(void *)conn->readable;
}

/* --- deadlines ------------------------------------------------------------ */

static uint32_t
conn_next_deadline(const struct conn *conn)
{
	const struct transport_limits *limits = conn->loop->limits;

	switch ((enum conn_state)conn->state) {
	case CONN_OPEN:
		return wheel_earlier(conn->protocol->next_deadline(conn),
		    wheel_earlier(wheel_after(conn->output_soft_since,
				      limits->output_soft_time_ms),
			wheel_after(conn->output_moved,
			    limits->write_stall_ms)));
	case CONN_FLUSHING:
	case CONN_LINGERING:
		return wheel_after(conn->closing_since,
		    limits->close_timeout_ms);
	case CONN_DEAD:
		break;
	}
	return 0;
}

void
conn_watch(struct conn *conn)
{
	uint32_t due = conn_next_deadline(conn);

	if (due == 0)
		wheel_cancel(&conn->timer);
	else
		wheel_schedule(&conn->loop->wheel, &conn->timer, due);
}

static void
conn_check_deadlines(struct conn *conn)
{
	const struct transport_limits *limits = conn->loop->limits;

	if (conn->state != CONN_OPEN) {
		/* The kernel still delivers its buffer. */
		if (conn->writable == NULL)
			conn_abort(conn);
		else
			conn_reset(conn);
		return;
	}
	if (conn_has_passed(conn,
		wheel_after(conn->output_moved, limits->write_stall_ms)) ||
	    conn_has_passed(conn, wheel_after(conn->output_soft_since,
				      limits->output_soft_time_ms))) {
		conn->output_moved = 0;
		conn->output_soft_since = 0;
		conn->protocol->on_output_full(conn);
	} else
		conn->protocol->on_deadline(conn);
	conn_watch(conn);
}

static void
conn_fire(struct wheel_node *node, void *arg)
{
	struct conn *conn = (struct conn *)node;

	(void)arg;
	log_set_connection(conn->number);
	conn_check_deadlines(conn);
	log_set_connection(0);
}

/* --- the end -------------------------------------------------------------- */

void
conn_defer(struct conn *conn)
{
	if (conn->is_deferred)
		return;
	conn->is_deferred = true;
	conn->next_deferred = conn->loop->deferred;
	conn->loop->deferred = conn;
}

void
conn_abort(struct conn *conn)
{
	if (conn->state == CONN_DEAD)
		return;
	conn->state = CONN_DEAD;
	conn->output_closed = true;
	event_del(conn_readable(conn));
	if (conn->writable != NULL)
		event_del(conn->writable);
	wheel_cancel(&conn->timer);
	conn_defer(conn);
}

void
conn_reset(struct conn *conn)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	conn_abort(conn);
}

/* The last byte is sent. */
static void
conn_flushed(struct conn *conn)
{
	if (!conn->lingers || conn->input_closed) {
		conn_abort(conn);
		return;
	}
	conn->io->shutdown(conn);
	conn->state = CONN_LINGERING;
	conn->closing_since = conn_now(conn);
	conn_watch(conn);
}

static void
conn_begin_closing(struct conn *conn, bool lingers)
{
	if (conn->state != CONN_OPEN)
		return;
	conn->state = CONN_FLUSHING;
	conn->lingers = lingers;
	conn->output_closed = true;
	conn->closing_since = conn_now(conn);
	input_buffer_free(&conn->unread, &conn->loop->input_bytes);
	conn_resume(conn, ~(unsigned)PAUSED_FOR_GOOD);
	if (conn->writable == NULL)
		conn_flushed(conn);
	else
		conn_watch(conn);
}

void
conn_close(struct conn *conn)
{
	conn_begin_closing(conn, false);
}

void
conn_linger(struct conn *conn)
{
	conn_begin_closing(conn, true);
}

void
conn_leave(struct conn *conn, uint32_t tick)
{
	if (conn->state == CONN_OPEN)
		conn->protocol->on_leave(conn, tick);
}

void
conn_shed_input(struct conn *conn)
{
	input_buffer_free(&conn->unread, &conn->loop->input_bytes);
	if (conn->state == CONN_OPEN)
		conn->protocol->on_overload(conn, OVERLOAD_INPUT);
}

void
conn_shed_output(struct conn *conn)
{
	send_queue_shed(&conn->queue);
	if (conn->state == CONN_OPEN)
		conn->protocol->on_overload(conn, OVERLOAD_OUTPUT);
	else
		conn_reset(conn);
}

/* --- input ---------------------------------------------------------------- */

/* Pauses that have a cause outside of this turn, or of the request. */
static const struct {
	unsigned reason;
	struct str word;
} traced_pauses[] = {
	{ PAUSED_BY_BUDGET, STR("budget") },
	{ PAUSED_BY_OUTPUT, STR("limits.output_soft") },
	{ PAUSED_BY_STORE, STR("store") },
	{ PAUSED_FOR_GOOD, STR("discarded") },
};

static void
conn_trace_pauses(struct conn *conn, enum trace_kind kind, unsigned reasons)
{
	struct trace_entry entry = { .kind = kind, .connection = conn->number };

	for (size_t i = 0; i < COUNT_OF(traced_pauses); i++) {
		if ((traced_pauses[i].reason & reasons) == 0)
			continue;
		entry.why = traced_pauses[i].word;
		trace_put(&conn->loop->trace, &entry);
	}
}

void
conn_pause(struct conn *conn, unsigned reasons)
{
	if (trace_is_on(&conn->loop->trace))
		conn_trace_pauses(conn, TRACE_PAUSED, reasons & ~conn->pauses);
	if (conn->pauses == 0)
		event_del(conn_readable(conn));
	conn->pauses |= (uint16_t)reasons;
}

void
conn_resume(struct conn *conn, unsigned reasons)
{
	bool was_paused = conn->pauses != 0;

	if (trace_is_on(&conn->loop->trace))
		conn_trace_pauses(conn, TRACE_RESUMED, reasons & conn->pauses);
	conn->pauses &= (uint16_t)~reasons;
	if (!was_paused || conn->pauses != 0)
		return;
	conn->resumed_at = conn_now(conn);
	if (conn->input_closed || conn->state == CONN_DEAD)
		return;
	if (event_add(conn_readable(conn), NULL) != 0)
		conn_abort(conn);
	else if (conn->unread != NULL || conn->has_rest)
		event_active(conn_readable(conn), EV_READ, 0);
}

void
conn_discard(struct conn *conn, size_t len)
{
	conn->discarded += (uint32_t)len;
	if (conn->discarded > DISCARD_MOST)
		conn_pause(conn, PAUSED_FOR_GOOD);
}

size_t
conn_input_cost(const struct conn *conn)
{
	uint32_t since = conn_now(conn);
	size_t held;

	if (conn->state != CONN_OPEN)
		return 0;
	held = input_buffer_size(conn->unread) +
	       conn->protocol->input_held(conn, &since);
	return held * (conn_now(conn) - since + 1);
}

/* Returns how many bytes were consumed: all, except before a pause. */
static size_t
conn_consume(struct conn *conn, char *data, size_t len)
{
	size_t used = 0;

	while (used < len && conn->state == CONN_OPEN && conn->pauses == 0) {
		const struct protocol_ops *protocol = conn->protocol;
		size_t step = protocol->on_bytes(conn, data + used, len - used);

		assert(step <= len - used);
		used += step;
		/* Else it would be called for ever. */
		assert(step > 0 || conn->pauses != 0 ||
		       conn->state != CONN_OPEN || conn->protocol != protocol);
	}
	if (conn->state == CONN_OPEN)
		return used;
	conn_discard(conn, len - used);
	return len;
}

static void
conn_consume_unread(struct conn *conn)
{
	struct input_buffer *unread = conn->unread;

	/* A connection that begins to close frees what is unread. */
	conn->unread = NULL;
	unread->used += conn_consume(conn, unread->data + unread->used,
	    unread->len - unread->used);
	if (unread->used < unread->len)
		conn->unread = unread;
	else
		input_buffer_free(&unread, &conn->loop->input_bytes);
}

static void
conn_consume_read(struct conn *conn, char *data, size_t len)
{
	size_t used = conn_consume(conn, data, len);

	if (used < len && !input_buffer_append(&conn->unread, data + used,
			      len - used, 0, &conn->loop->input_bytes))
		conn_abort(conn);
}

static void
conn_on_eof(struct conn *conn)
{
	event_del(conn_readable(conn));
	conn->input_closed = true;
	switch ((enum conn_state)conn->state) {
	case CONN_OPEN:
		conn->protocol->on_eof(conn);
		break;
	case CONN_LINGERING:
		conn_abort(conn);
		break;
	case CONN_FLUSHING:
	case CONN_DEAD:
		break;
	}
}

/*
 * All connections read into the same memory, one after the other. A
 * bufferevent for each would take a kilobyte, and one system call more for
 * each read.
 */
static ssize_t
conn_read(struct conn *conn)
{
	struct traffic *traffic = &conn->loop->meter.traffic;
	ssize_t len = conn->io->read(conn, conn->loop->input, LOOP_INPUT_SIZE);

	if (len > 0) {
		traffic->reads++;
		traffic->received_bytes += (uint64_t)len;
	}
	return len;
}

static void
conn_on_readable(struct conn *conn)
{
	ssize_t len;

	if (conn->state == CONN_DEAD || conn->pauses != 0)
		return;
	if (conn->lags) {
		conn_pause(conn, PAUSED_BY_OUTPUT);
		return;
	}
	if (conn->has_rest) {
		conn->protocol->on_rest(conn);
		if (conn->state == CONN_DEAD || conn->pauses != 0)
			return;
	}
	if (conn->unread != NULL) {
		conn_consume_unread(conn);
		return;
	}
	len = conn_read(conn);
	if (len > 0)
		conn_consume_read(conn, conn->loop->input, (size_t)len);
	else if (len == 0)
		conn_on_eof(conn);
	else if (errno != EAGAIN && errno != EINTR)
		conn_abort(conn);
}

static void
readable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;

	(void)fd;
	(void)what;
	log_set_connection(conn->number);
	conn_on_readable(conn);
	log_set_connection(0);
}

/* --- output --------------------------------------------------------------- */

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

/*
 * Sends as much as the socket takes. *taken becomes the number of whole
 * pieces; returns what of the next one it took, -1: the socket failed.
 */
static ssize_t
conn_send_directly(struct conn *conn, const struct piece *pieces, size_t count,
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

		for (size_t i = *taken; i < end; i++) {
			vectors[at_once].iov_base =
			    pieces[i].chunk->data + pieces[i].offset;
			vectors[at_once++].iov_len = pieces[i].len;
		}
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

/* --- life cycle ----------------------------------------------------------- */

struct conn *
conn_create(struct loop *loop, int fd, struct peer *peer,
    const struct protocol_ops *protocol, void *state)
{
	struct conn *conn =
	    calloc(1, sizeof(*conn) + event_get_struct_event_size());

	if (conn == NULL)
		goto close_fd;
	if (event_assign(conn_readable(conn), loop->base, fd,
		EV_READ | EV_PERSIST, readable_cb, conn) != 0 ||
	    event_add(conn_readable(conn), NULL) != 0)
		goto free_conn;
	conn->io = &conn_plain_io;
	conn->loop = loop;
	conn->fd = fd;
	conn->peer = peer;
	if (++loop->last_number == 0)
		loop->last_number = 1;
	conn->number = loop->last_number;
	conn->next = loop->conns;
	if (conn->next != NULL)
		conn->next->prev = conn;
	loop->conns = conn;
	loop->conn_count++;
	conn_set_protocol(conn, protocol, state);
	return conn;
free_conn:
	free(conn);
close_fd:
	close(fd);
	return NULL;
}

void
conn_set_host(struct conn *conn, const struct host_address *host)
{
	struct peer *peer;

	if (!peer_table_enter(&conn->loop->peers, host, &peer)) {
		conn_abort(conn);
		return;
	}
	peer_table_leave(&conn->loop->peers, conn->peer);
	conn->peer = peer;
}

void
conn_set_protocol(struct conn *conn, const struct protocol_ops *protocol,
    void *state)
{
	conn->protocol = protocol;
	conn->protocol_state = state;
	conn_watch(conn);
}

static void
conn_destroy(struct conn *conn)
{
	struct loop *loop = conn->loop;

	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	if (conn->prev != NULL)
		conn->prev->next = conn->next;
	else
		loop->conns = conn->next;
	loop->conn_count--;
	wheel_cancel(&conn->timer);
	input_buffer_free(&conn->unread, &loop->input_bytes);
	send_queue_fini(&conn->queue);
	peer_table_leave(&loop->peers, conn->peer);
	event_del(conn_readable(conn));
	if (conn->writable != NULL)
		event_free(conn->writable);
	if (conn->io->destroy != NULL)
		conn->io->destroy(conn);
	close(conn->fd);
	free(conn);
}

/* --- all connections of a loop -------------------------------------------- */

void
conns_tick(struct loop *loop, uint32_t now)
{
	wheel_advance(&loop->wheel, now, conn_fire, NULL);
}

void
conns_run_deferred(struct loop *loop)
{
	struct conn *list = loop->deferred;

	loop->deferred = NULL;
	while (list != NULL) {
		struct conn *conn = list;

		list = conn->next_deferred;
		log_set_connection(conn->number);
		if (conn->state != CONN_DEAD) {
			conn->is_deferred = false;
			conn->protocol->on_turn_end(conn);
			continue;
		}
		/* Stays deferred: nothing may be called any more. */
		conn->protocol->on_close(conn, conn->protocol_state);
		conn->next_deferred = loop->dead;
		loop->dead = conn;
	}
	log_set_connection(0);
}

void
conns_free_dead(struct loop *loop)
{
	while (loop->dead != NULL) {
		struct conn *conn = loop->dead;

		loop->dead = conn->next_deferred;
		conn_destroy(conn);
	}
}

void
conns_abort_all(struct loop *loop)
{
	loop->is_ending = true;
	for (struct conn *conn = loop->conns; conn; conn = conn->next)
		conn_abort(conn);
}
