#include <netinet/in.h>
#include <sys/socket.h>

#include "transport/http/http_conn.h"
#include "transport/net/conn_internal.h"
#include "wire/dialect.h"

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
	return conn->since + ticks - ticks / 10 +
	       worker_random(conn->service, ticks / 5 + 1);
}

/* While we do not read, the answer may be there already. */
static uint32_t
pong_due(const struct conn *conn)
{
	if (conn->resume_at != 0)
		return 0;
	return after(conn->pinged, conn->service->limits->pong_timeout_ms);
}

/* The dialect's own patience, for those who send nothing at all. */
static uint32_t
idle_due(const struct conn *conn)
{
	const struct dialect *dialect = conn_dialect(conn);

	if (dialect == NULL || conn->resume_at != 0)
		return 0;
	return after(conn->since, dialect->idle_ms);
}

static uint32_t
open_deadline(const struct conn *conn)
{
	const struct transport_limits *limits = conn->service->limits;
	uint32_t due = UINT32_MAX;

	sooner(&due, ping_due(conn));
	sooner(&due, pong_due(conn));
	sooner(&due, idle_due(conn));
	sooner(&due, after(conn->message_begun, limits->message_time_ms));
	sooner(&due,
	    after(conn->output_soft_since, limits->output_soft_time_ms));
	sooner(&due, after(conn->output_moved, limits->write_stall_ms));
	sooner(&due, conn->leave_at);
	sooner(&due, conn->resume_at);
	return due;
}

/* Have the wheel call conn_check_deadlines() when something is due. */
void
conn_watch(struct conn *conn)
{
	const struct transport_limits *limits = conn->service->limits;
	uint32_t due = UINT32_MAX;

	switch ((enum conn_state)conn->state) {
	case CONN_HEAD:
		due = after(conn->since, limits->handshake_timeout_ms);
		break;
	case CONN_OPEN:
		due = open_deadline(conn);
		break;
	case CONN_CLOSING:
	case CONN_LINGERING:
		due = after(conn->since, limits->close_timeout_ms);
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

/* --- deadlines ------------------------------------------------------------ */

/* In ticks: others may make things wait without end. */
#define LEAVE_PATIENCE 10

static bool
has_passed(const struct conn *conn, uint32_t moment)
{
	return moment != 0 && moment <= conn_now(conn);
}

static bool
is_stalled(struct conn *conn)
{
	if (!send_queue_has_moved(&conn->outbox, conn->carrier))
		return true;
	conn->output_moved = conn_now(conn);
	return false;
}

/* A part of a large piece may be gone that nobody told us of. */
static bool
has_caught_up(struct conn *conn)
{
	if (conn_waiting(conn) > conn->service->limits->output_soft)
		return false;
	conn->output_soft_since = 0;
	return true;
}

static void
ping_if_silent(struct conn *conn)
{
	int64_t interval_ms = conn->service->limits->ping_interval_ms;

	if (interval_ms == 0 || conn->pinged != 0 ||
	    conn_now(conn) - conn->since < wheel_ticks(interval_ms * 9 / 10))
		return;
	conn->pinged = conn_now(conn);
	conn_write_frame(conn, WS_PING, "", 0);
}

static void
resume(struct conn *conn)
{
	conn->resume_at = 0;
	if (conn->pinged != 0)
		conn->pinged = conn_now(conn);
	conn_hear(conn);
}

/*
 * What was read is answered first: while something waits, nothing more is
 * read, and it is looked again with the next tick.
 */
static void
leave(struct conn *conn)
{
	const struct worker *service = conn->service;

	if (service->waits == NULL || !service->waits(service->arg) ||
	    conn_now(conn) >= conn->leave_at + LEAVE_PATIENCE) {
		conn_end(conn, WS_CLOSE_GOING_AWAY, "going_away");
		return;
	}
	conn->resume_at = 0;
	conn_pause(conn);
}

static void
check_open(struct conn *conn)
{
	const struct transport_limits *limits = conn->service->limits;

	if (has_passed(conn, conn->resume_at))
		resume(conn);
	if (has_passed(conn, conn->leave_at))
		leave(conn);
	else if (has_passed(conn, pong_due(conn)))
		conn_end(conn, WS_CLOSE_PING_TIMEOUT, "ping_timeout");
	else if (has_passed(conn, idle_due(conn)))
		conn_end(conn, WS_CLOSE_GOING_AWAY, "idle");
	else if (has_passed(conn,
		     after(conn->message_begun, limits->message_time_ms)))
		conn_end(conn, WS_CLOSE_POLICY, "message_timeout");
	else if (has_passed(conn, after(conn->output_soft_since,
				      limits->output_soft_time_ms)) &&
		 !has_caught_up(conn))
		conn_end(conn, WS_CLOSE_SLOW_CONSUMER, "slow_consumer");
	else if (has_passed(conn,
		     after(conn->output_moved, limits->write_stall_ms)) &&
		 is_stalled(conn))
		conn_abort(conn);
	else
		ping_if_silent(conn);
	if (conn->state == CONN_OPEN)
		conn_watch(conn);
}

void
conn_check_deadlines(struct conn *conn)
{
	switch ((enum conn_state)conn->state) {
	case CONN_HEAD:
		http_conn_time_out(conn);
		break;
	case CONN_OPEN:
		check_open(conn);
		break;
	case CONN_CLOSING:
	case CONN_LINGERING:
		/* What the kernel has, our last words maybe, it delivers. */
		if (send_queue_is_empty(&conn->outbox))
			conn_die(conn);
		else
			conn_die_hard(conn);
		break;
	case CONN_ENDING:
	case CONN_DEAD:
		break;
	}
}

void
conn_limits_changed(struct conn *conn)
{
	conn_watch(conn);
}

void
conn_leave_at(struct conn *conn, uint32_t tick)
{
	if (conn->state == CONN_OPEN) {
		conn->leave_at = tick;
		conn_watch(conn);
	} else if (conn->state == CONN_HEAD)
		conn_die(conn);
}
