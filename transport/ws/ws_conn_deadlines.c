/* When a WebSocket is pinged, and when it ends because of the time. */

#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn_internal.h"

/* In ticks: the store may let answers wait for ever. */
#define LEAVE_PATIENCE 10

/* How long before its principal expires a client is notified. */
#define EXPIRY_NOTICE_MS 30000

/* About so many pings are sent at once, of so many ticks at most. */
#define PINGS_AT_ONCE 128
#define PING_TICKS_AT_ONCE 8

static uint32_t
ws_later(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/*
 * Pings are sent every so many ticks: pongs that arrive together are read in
 * one turn of the loop, which takes less time than a turn for each.
 */
static uint32_t
ws_ping_step(const struct loop *loop, uint32_t interval)
{
	uint32_t step = PING_TICKS_AT_ONCE;

	while (step > 1 &&
	       (step > interval / 20 ||
		   loop->conn_count * step > PINGS_AT_ONCE * interval))
		step /= 2;
	return step;
}

/*
 * The ping interval, ±10 %, so that connections do not ping in step. How much
 * depends on the connection only: asked again, the answer is the same.
 */
static uint32_t
ws_ping_due(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);
	uint32_t interval = wheel_ticks(conn->loop->limits->ping_interval_ms);
	uint32_t spread = (conn->number * 2654435769u) >> 16;
	uint32_t step, due;

	if (interval == 0 || ws->pinged != 0)
		return 0;
	step = ws_ping_step(conn->loop, interval);
	due = ws->since + interval - interval / 10 + step - 1 +
	      spread % (interval / 5 + 2 - step);
	return due - due % step;
}

/* While input is not read, the pong may be there already. */
static uint32_t
ws_pong_due(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);

	if (ws->pinged == 0 || conn_is_paused(conn) || conn->lags)
		return 0;
	return wheel_after(ws_later(ws->pinged, conn->resumed_at),
	    conn->loop->limits->pong_timeout_ms);
}

static uint32_t
ws_idle_due(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);

	if (ws->idle_ticks == 0 || conn_is_paused(conn) || conn->lags)
		return 0;
	return ws_later(ws->since, conn->resumed_at) + ws->idle_ticks;
}

uint32_t
ws_notice_due(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);
	uint32_t notice = wheel_ticks(EXPIRY_NOTICE_MS);

	if (ws->expires_at == 0 || ws->sent_expiry)
		return 0;
	return ws->expires_at > notice ? ws->expires_at - notice : 1;
}

static uint32_t
ws_message_due(const struct conn *conn)
{
	const struct unfinished *unfinished = ws_of(conn)->unfinished;

	return wheel_after(unfinished == NULL ? 0 : unfinished->begun,
	    conn->loop->limits->message_time_ms);
}

uint32_t
ws_next_deadline(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);
	uint32_t due;

	switch ((enum ws_state)ws->state) {
	case WS_STATE_OPEN:
		due = wheel_earlier(ws_ping_due(conn), ws_pong_due(conn));
		due = wheel_earlier(due, ws_idle_due(conn));
		due = wheel_earlier(due, ws_message_due(conn));
		due = wheel_earlier(due, ws->leave_at);
		due = wheel_earlier(due, ws->expires_at);
		due = wheel_earlier(due, ws_notice_due(conn));
		return wheel_earlier(due, ws->resume_at);
	case WS_STATE_ENDING:
		break;
	case WS_STATE_CLOSING:
		return wheel_after(ws->since,
		    conn->loop->limits->close_timeout_ms);
	}
	return 0;
}

static void
ws_ping(struct conn *conn)
{
	ws_of(conn)->pinged = conn_now(conn);
	ws_conn_write_frame(conn, WS_PING, "", 0);
}

/*
 * What was read is answered first: while answers wait for the store, nothing
 * more is read, and it is checked again with the next tick.
 */
static void
ws_leave_if_answered(struct conn *conn)
{
	struct ws_conn *ws = ws_of(conn);

	if (!host_has_pending(conn->loop->host) ||
	    conn_now(conn) >= ws->leave_at + LEAVE_PATIENCE) {
		ws_conn_end(conn, WS_CLOSE_GOING_AWAY, "going_away");
		return;
	}
	ws->resume_at = 0;
	conn_pause(conn, PAUSED_BY_DRAIN);
}

static void
ws_send_expiry(struct conn *conn)
{
	struct ws_conn *ws = ws_of(conn);
	int64_t left_ms =
	    (int64_t)(ws->expires_at - conn_now(conn)) * WHEEL_TICK_MS;

	ws->sent_expiry = true;
	ws_service_of(conn)->endpoint->ops->expiring(ws->session,
	    clock_wall_ms(conn->loop->clock) + left_ms);
}

static void
ws_expire(struct conn *conn)
{
	if (ws_of(conn)->awaits_auth)
		ws_conn_end(conn, WS_CLOSE_AUTH_REQUIRED, "auth_required");
	else
		ws_conn_end(conn, WS_CLOSE_TOKEN_EXPIRED, "token_expired");
}

void
ws_on_deadline(struct conn *conn)
{
	struct ws_conn *ws = ws_of(conn);

	if (ws->state == WS_STATE_CLOSING) {
		/* What the kernel has, our close frame maybe, it delivers. */
		if (send_queue_is_empty(&conn->queue))
			conn_abort(conn);
		else
			conn_reset(conn);
		return;
	}
	if (ws->state != WS_STATE_OPEN)
		return;
	if (conn_has_passed(conn, ws->resume_at)) {
		ws_resume(conn);
		/* See ws_conn_begin_work(). */
		if (conn->lags && send_queue_is_empty(&conn->queue))
			ws_service_of(conn)
			    ->endpoint->ops->drained(ws->session);
	}
	if (conn_has_passed(conn, ws->leave_at))
		ws_leave_if_answered(conn);
	else if (conn_has_passed(conn, ws->expires_at))
		ws_expire(conn);
	else if (conn_has_passed(conn, ws_pong_due(conn)))
		ws_conn_end(conn, WS_CLOSE_PING_TIMEOUT, "ping_timeout");
	else if (conn_has_passed(conn, ws_idle_due(conn)))
		ws_conn_end(conn, WS_CLOSE_GOING_AWAY, "idle");
	else if (conn_has_passed(conn, ws_message_due(conn)))
		ws_conn_end(conn, WS_CLOSE_POLICY, "message_timeout");
	else if (conn_has_passed(conn, ws_ping_due(conn)))
		ws_ping(conn);
	if (ws->state == WS_STATE_OPEN &&
	    conn_has_passed(conn, ws_notice_due(conn)))
		ws_send_expiry(conn);
}
