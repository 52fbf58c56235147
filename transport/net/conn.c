#include "transport/net/conn.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "domain/log.h"
#include "transport/net/budget.h"
#include "transport/net/conn_internal.h"
#include "transport/net/input_buffer.h"

static_assert(sizeof(struct conn) <= 136, "one per connection");

/* --- plain sockets -------------------------------------------------------- */

static ssize_t
plain_read(struct conn *conn, void *data, size_t len)
{
	return recv(conn->fd, data, len, 0);
}

static ssize_t
plain_send(struct conn *conn, const void *data, size_t len)
{
	return send(conn->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t
plain_write(struct conn *conn, struct iovec *vectors, int count)
{
	struct msghdr message = {
		.msg_iov = vectors,
		.msg_iovlen = (size_t)count,
	};

	if (count == 1)
		return plain_send(conn, vectors->iov_base, vectors->iov_len);
	return sendmsg(conn->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
plain_shutdown(struct conn *conn)
{
	shutdown(conn->fd, SHUT_WR);
}

static const struct conn_io_ops plain_ops = {
	.read = plain_read,
	.send = plain_send,
	.write = plain_write,
	.shutdown = plain_shutdown,
};

const struct conn_io conn_plain_io = { &plain_ops };

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

void
conn_watch_earlier(struct conn *conn, uint32_t due)
{
	if (due != 0 &&
	    (!wheel_is_scheduled(&conn->timer) || due < conn->timer.due))
		wheel_schedule(&conn->loop->wheel, &conn->timer, due);
}

static void
conn_check_deadlines(struct conn *conn)
{
	const struct transport_limits *limits = conn->loop->limits;

	if (conn->state != CONN_OPEN) {
		/* The kernel still delivers its buffer; but the alert of TLS
		 * for which it has no room is lost. */
		if (conn->state == CONN_LINGERING)
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
	/* The deadline may have moved, and the timer not. */
	if (conn_has_passed(conn, conn_next_deadline(conn)))
		conn_check_deadlines(conn);
	else
		conn_watch(conn);
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
	conn_wait_for(conn, false, false);
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
void
conn_flushed(struct conn *conn)
{
	if (!conn->lingers || conn->input_closed) {
		conn_abort(conn);
		return;
	}
	conn->io->ops->shutdown(conn);
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
	if (!conn->is_writing)
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

/* --- life cycle ----------------------------------------------------------- */

struct conn *
conn_create(struct loop *loop, int fd, struct peer *peer,
    const struct protocol_ops *protocol, void *state)
{
	struct conn *conn =
	    calloc(1, sizeof(*conn) + event_get_struct_event_size());

	if (conn == NULL)
		goto close_fd;
	conn->io = &conn_plain_io;
	conn->loop = loop;
	conn->fd = fd;
	if (!conn_wait_for(conn, true, false))
		goto free_conn;
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

struct budget_pool *
conn_peer_budget(const struct conn *conn)
{
	const struct loop *loop = conn->loop;
	uint32_t times = loop->limits->budgets_per_ip;
	struct budget_pool *pool;

	if (times == 0)
		return NULL;
	pool = peer_budget(conn->peer);
	if (pool->times != times)
		budget_pool_init(pool, loop->limits, times, loop->now_ms);
	return pool;
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
	log_set_trace(conn->number, STR(""));
	input_buffer_free(&conn->unread, &loop->input_bytes);
	send_queue_fini(&conn->queue);
	peer_table_leave(&loop->peers, conn->peer);
	if (conn->io->ops->destroy != NULL)
		conn->io->ops->destroy(conn);
	close(conn->fd);
	free(conn);
}

/* --- all connections of a loop -------------------------------------------- */

void
conns_tick(struct loop *loop, uint32_t now)
{
	bulk_tick(&loop->bulk);
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
