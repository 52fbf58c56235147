#include "transport/ws/ws_conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/net/budget.h"
#include "transport/net/token_bucket.h"
#include "transport/ws/admission.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn_internal.h"

/* --- the end -------------------------------------------------------------- */

static void
ws_count_close(struct conn *conn, unsigned code, const char *reason)
{
	struct trace_entry entry = {
		.kind = TRACE_CLOSED,
		.connection = conn->number,
		.code = code,
		.why = str_from(reason),
	};

	meter_count_close(&conn->loop->meter, conn->number, code, reason);
	if (trace_is_on(&conn->loop->trace))
		trace_put(&conn->loop->trace, &entry);
}

void
ws_conn_end(struct conn *conn, unsigned code, const char *reason)
{
	struct ws_conn *ws = ws_of(conn);

	if (!ws_conn_is_open(conn))
		return;
	ws->end_code = (uint16_t)code;
	ws->end_reason = reason;
	ws->state = WS_STATE_ENDING;
	conn->has_ended = true;
	ws_service_of(conn)->open_count--;
	ws_count_close(conn, code, ws->peer_closed ? "client" : reason);
	conn_defer(conn);
	conn_watch(conn);
}

void
ws_conn_end_unsent(struct conn *conn)
{
	conn->output_closed = true;
	ws_conn_end(conn, WS_CLOSE_INTERNAL, "out_of_memory");
}

static bool
ws_deserves_bye(const struct ws_conn *ws)
{
	if (ws->peer_closed)
		return false;
	switch (ws->end_code) {
	case WS_CLOSE_GOING_AWAY:
	case WS_CLOSE_POLICY:
	case WS_CLOSE_TOO_BIG:
	case WS_CLOSE_INTERNAL:
		return true;
	default:
		return ws->end_code >= 4000;
	}
}

/* When to reconnect: spread, so that not all clients do so at once. */
static int64_t
ws_retry_after_ms(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);
	int64_t left = ws_service_of(conn)->drained_ms - conn->loop->now_ms;
	int64_t span = 2000;

	if (ws->end_code == WS_CLOSE_POLICY)
		return 0;
	if (ws_service_of(conn)->draining || left > 0)
		span = left > 0 ? 4500 + left : 4500;
	return 500 + loop_random(conn->loop, (uint32_t)span);
}

static void
ws_end_session(struct conn *conn, bool is_reachable)
{
	struct ws_conn *ws = ws_of(conn);
	struct bye bye = { .code = ws->end_code };
	void *session = ws->session;

	if (session == NULL)
		return;
	ws->session = NULL;
	if (!is_reachable || !ws_deserves_bye(ws)) {
		ws_service_of(conn)->endpoint->ops->leave(session, NULL);
		return;
	}
	bye.reason = str_from(ws->end_reason);
	bye.retry_after_ms = ws_retry_after_ms(conn);
	ws_service_of(conn)->endpoint->ops->leave(session, &bye);
}

void
ws_close_if_done(struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);

	if (ws->peer_closed)
		conn_close(conn);
	else if (ws->input_failed)
		conn_linger(conn);
}

/* The session leaves, its goodbye and our close frame are sent. */
static void
ws_on_turn_end(struct conn *conn)
{
	struct ws_conn *ws = ws_of(conn);
	char payload[WS_CONTROL_MAX];
	struct str reason = STR("");
	size_t len;

	if (ws->state != WS_STATE_ENDING) {
		conn_resume(conn, PAUSED_BY_TURN);
		return;
	}
	/* Frames are not valid before the response to the handshake. */
	if (!conn->has_sent) {
		conn_abort(conn);
		return;
	}
	/* A slow client learns of its end soon, and gets the rest later. */
	if (ws->end_code == WS_CLOSE_SLOW_CONSUMER)
		send_queue_shed(&conn->queue);
	ws_end_session(conn, true);
	if (!ws->peer_closed)
		reason = str_from(ws->end_reason);
	len = ws_close_payload(ws->end_code, reason, payload);
	ws_conn_write_frame(conn, WS_CLOSE, payload, len);
	conn->output_closed = true;
	ws->state = WS_STATE_CLOSING;
	ws->since = conn_now(conn);
	conn_resume(conn, ~0u);
	conn_watch(conn);
	ws_close_if_done(conn);
}

static void
ws_on_close(struct conn *conn, void *state)
{
	struct ws_conn *ws = state;

	if (ws->state == WS_STATE_OPEN) {
		ws_service_of(conn)->open_count--;
		ws_count_close(conn, 0, "aborted");
	}
	ws_service_of(conn)->websocket_count--;
	ws_users_remove(&ws_service_of(conn)->users, conn);
	ws_end_session(conn, false);
	ws_drop_unfinished(conn);
	free(ws);
}

/* --- frames out ----------------------------------------------------------- */

void
ws_conn_write_frame(struct conn *conn, uint8_t opcode, const void *data,
    size_t len)
{
	uint8_t frame[WS_FRAME_HEAD_MAX + WS_CONTROL_MAX];
	size_t head = ws_frame_encode(opcode, true, 0, len, frame);

	assert(len <= WS_CONTROL_MAX);
	memcpy(frame + head, data, len);
	conn_write(conn, frame, head + len);
}

static void
ws_on_drained(struct conn *conn)
{
	struct ws_conn *ws = ws_of(conn);

	if (!conn->lags)
		conn_resume(conn, PAUSED_BY_OUTPUT);
	if (ws->state == WS_STATE_OPEN)
		ws_service_of(conn)->endpoint->ops->drained(ws->session);
}

static void
ws_on_output_full(struct conn *conn)
{
	conn->output_closed = true;
	ws_conn_end(conn, WS_CLOSE_SLOW_CONSUMER, "slow_consumer");
}

/* --- overload, going down ------------------------------------------------- */

static void
ws_shed_input(struct conn *conn)
{
	struct ws_conn *ws = ws_of(conn);

	ws_conn_end(conn, WS_CLOSE_OVERLOADED, "overloaded");
	ws->input_failed = true;
	ws_drop_unfinished(conn);
	if (ws->state == WS_STATE_CLOSING)
		ws_close_if_done(conn);
}

static void
ws_on_overload(struct conn *conn, enum conn_overload what)
{
	if (what == OVERLOAD_INPUT)
		ws_shed_input(conn);
	else if (ws_conn_is_open(conn))
		ws_on_output_full(conn);
	else
		conn_reset(conn);
}

static void
ws_on_leave(struct conn *conn, uint32_t tick)
{
	if (!ws_conn_is_open(conn))
		return;
	if (tick == 0) {
		ws_conn_end(conn, WS_CLOSE_GOING_AWAY, "going_away");
		return;
	}
	ws_of(conn)->leave_at = tick;
	conn_watch(conn);
}

const struct protocol_ops ws_protocol = {
	.on_bytes = ws_on_bytes,
	.on_eof = ws_on_eof,
	.on_rest = ws_on_rest,
	.on_drained = ws_on_drained,
	.on_output_full = ws_on_output_full,
	.on_turn_end = ws_on_turn_end,
	.next_deadline = ws_next_deadline,
	.on_deadline = ws_on_deadline,
	.input_held = ws_input_held,
	.on_overload = ws_on_overload,
	.on_leave = ws_on_leave,
	.is_movable = ws_is_movable,
	.pack = ws_pack,
	.on_close = ws_on_close,
};

bool
ws_conn_is_websocket(const struct conn *conn)
{
	return conn->protocol == &ws_protocol;
}

/* --- life cycle ----------------------------------------------------------- */

/* The moment of the wheel for a Unix time; 0: never, or beyond it. */
static uint32_t
ws_moment_of(const struct loop *loop, int64_t at_ms)
{
	int64_t left_ms = at_ms - clock_wall_ms(loop->clock);

	if (at_ms == 0 || left_ms / WHEEL_TICK_MS > INT32_MAX)
		return 0;
	return loop->wheel.now + (left_ms > 0 ? wheel_ticks(left_ms) : 0);
}

/* False: no memory. */
static bool
ws_note_user(struct conn *conn, const struct principal *principal)
{
	struct ws_conn *ws = ws_of(conn);
	struct principal_mark mark;
	struct budget_pool *budget;

	if (principal->member_id.data == NULL)
		return true;
	mark = principal_mark_of(principal);
	budget = ws_users_put(&ws_service_of(conn)->users, conn, &mark,
	    conn->loop->limits, conn->loop->now_ms);
	if (budget == NULL)
		return false;
	ws->user = budget;
	ws->has_user = true;
	return true;
}

static void
ws_set_principal(const struct conn *conn, struct ws_conn *ws,
    const struct principal *principal)
{
	const struct loop *loop = conn->loop;

	ws->awaits_auth = ws->sent_expiry = principal->must_authenticate;
	ws->expires_at = principal->must_authenticate
			     ? wheel_after(conn_now(conn),
				   loop->limits->handshake_timeout_ms)
			     : ws_moment_of(loop, principal->expires_at_ms);
}

bool
ws_conn_renew(struct conn *conn, const struct principal *principal)
{
	struct ws_conn *ws = ws_of(conn);

	if (!ws_conn_is_open(conn))
		return true;
	ws_set_principal(conn, ws, principal);
	/* Else a client with short tokens would renew them without end. */
	if (conn_has_passed(conn, ws_notice_due(conn)))
		ws->sent_expiry = true;
	conn_watch(conn);
	return ws_note_user(conn, principal);
}

/* Checking a signature costs about as much as encoding this many bytes. */
#define VERIFY_BYTES (64 * 1024)

const char *
ws_conn_verify(struct conn *conn, struct str token, struct principal *out)
{
	struct admission *admission = ws_service_of(conn)->admission;

	if (admission == NULL || admission->ops->verify == NULL)
		return "Tokens are not in use";
	ws_conn_charge_bytes(conn, VERIFY_BYTES);
	return admission->ops->verify(admission, token, out);
}

void
ws_conn_open(struct conn *conn, const struct http_request *request,
    const struct upgrade *upgrade, struct str response)
{
	struct ws_service *service = ws_service_of(conn);
	const struct loop *loop = conn->loop;
	const struct protocol_ops *before = conn->protocol;
	void *state = conn->protocol_state;
	struct ws_conn *ws = calloc(1, sizeof(*ws));

	if (ws == NULL) {
		conn_abort(conn);
		return;
	}
	ws->since = conn_now(conn);
	assert(wheel_ticks(upgrade->idle_ms) <= UINT16_MAX);
	ws->idle_ticks = (uint16_t)wheel_ticks(upgrade->idle_ms);
	ws_set_principal(conn, ws, upgrade->principal);
	ws->deflate = upgrade->deflate.on;
	budget_init(&ws->own, loop->limits, loop->now_ms);
	token_bucket_init(&ws->control, &loop->limits->control_frames,
	    loop->now_ms);
	service->open_count++;
	service->websocket_count++;
	conn->loop->meter.opened++;
	conn->has_sent = false;
	conn_set_protocol(conn, &ws_protocol, ws);
	ws->session = service->endpoint->ops->open(service->endpoint, conn,
	    request, upgrade, response);
	if (ws->session == NULL || !ws_note_user(conn, upgrade->principal))
		conn_abort(conn);
	/* The request was good until here. */
	before->on_close(conn, state);
}
