#include "transport/ws/ws_conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log.h"
#include "transport/net/budget.h"
#include "transport/net/token_bucket.h"
#include "transport/ws/admission.h"
#include "transport/ws/endpoint.h"

enum ws_state {
	WS_STATE_OPEN,
	WS_STATE_ENDING, /* ends with this turn; read for a close frame only */
	WS_STATE_CLOSING /* our close frame is sent, the peer's awaited */
};

/* A message or a frame that has begun to arrive. */
struct unfinished {
	struct ws_reader reader;
	uint32_t begun; /* a tick of the wheel */
};

struct ws_conn {
	void *session; /* of the endpoint; NULL before and after */
	struct unfinished *unfinished; /* NULL: none */
	union {
		struct budget own;        /* of an anonymous client */
		struct budget_pool *user; /* has_user: of all its connections */
	};
	struct turn_share share;
	struct token_bucket control;
	union {
		/* While it is open: moments, ticks of the wheel; 0: none. */
		struct {
			uint32_t leave_at;   /* draining: the moment to go */
			uint32_t resume_at;  /* reading is paused for so long */
			uint32_t pinged;     /* waits for a sign of life */
			uint32_t expires_at; /* its principal does */
		};
		/* From ws_conn_end() on. */
		struct {
			const char *end_reason;
			uint16_t end_code;
		};
	};
	uint32_t since;        /* the last byte, or its state, began: a tick */
	uint16_t idle_ticks;   /* silence that the dialect bears; 0: any */
	uint8_t state;         /* enum ws_state */
	bool peer_closed : 1;  /* it will send no close frame (any more) */
	bool input_failed : 1; /* its input is not understood any more */
	bool deflate : 1;      /* permessage-deflate was negotiated */
	bool awaits_auth : 1;  /* expires_at: its client must authenticate */
	bool sent_expiry : 1;  /* the endpoint was, or need not be */
	bool has_user : 1;
};

static_assert(sizeof(struct ws_conn) <= 88, "one per connection");

static struct ws_conn *
ws_of(const struct conn *conn)
{
	return conn->protocol_state;
}

static struct ws_service *
ws_service_of(const struct conn *conn)
{
	return conn->loop->websockets;
}

struct endpoint *
ws_conn_endpoint(const struct conn *conn)
{
	return ws_service_of(conn)->endpoint;
}

/* --- deadlines ------------------------------------------------------------ */

/* In ticks: the store may let answers wait for ever. */
#define LEAVE_PATIENCE 10

/* How long before its principal expires a client is told. */
#define EXPIRY_NOTICE_MS 30000

static uint32_t
ws_later(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* The ping interval, ±10 %, so that connections do not ping in step. */
static uint32_t
ws_ping_due(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);
	uint32_t ticks = wheel_ticks(conn->loop->limits->ping_interval_ms);

	if (ticks == 0 || ws->pinged != 0)
		return 0;
	return ws->since + ticks - ticks / 10 +
	       loop_random(conn->loop, ticks / 5 + 1);
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

/* When the client is told that its principal expires; 0: it need not be. */
static uint32_t
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

static uint32_t
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
ws_ping_if_silent(struct conn *conn)
{
	int64_t interval_ms = conn->loop->limits->ping_interval_ms;
	struct ws_conn *ws = ws_of(conn);

	if (interval_ms == 0 || ws->pinged != 0 ||
	    conn_now(conn) - ws->since < wheel_ticks(interval_ms * 9 / 10))
		return;
	ws->pinged = conn_now(conn);
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

static void
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
		ws->resume_at = 0;
		conn_resume(conn, PAUSED_BY_BUDGET | PAUSED_BY_STORE);
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
	else
		ws_ping_if_silent(conn);
	if (ws->state == WS_STATE_OPEN &&
	    conn_has_passed(conn, ws_notice_due(conn)))
		ws_send_expiry(conn);
}

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
	if (ws_service_of(conn)->draining)
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

/* Once the peer has closed too, or is not understood any more. */
static void
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
ws_drop_unfinished(struct conn *conn)
{
	struct ws_conn *ws = ws_of(conn);

	if (ws->unfinished == NULL)
		return;
	ws_reader_fini(&ws->unfinished->reader,
	    &ws_service_of(conn)->reader_limits);
	free(ws->unfinished);
	ws->unfinished = NULL;
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

/* --- charging ------------------------------------------------------------- */

/* How long senders are not read while the store cannot keep up. */
#define PRESSURE_PAUSE_MS 100

static void
ws_pause_for(struct conn *conn, enum conn_pause reason, int64_t ms)
{
	struct ws_conn *ws = ws_of(conn);
	uint32_t at = conn_now(conn) + wheel_ticks(ms);

	conn_pause(conn, reason);
	if (ws->resume_at == 0 || (int32_t)(at - ws->resume_at) > 0)
		ws->resume_at = at;
	conn_watch(conn);
}

static void
ws_pause_under_pressure(struct conn *conn)
{
	if (ws_conn_is_open(conn) && !conn_is_paused(conn) &&
	    host_under_pressure(conn->loop->host))
		ws_pause_for(conn, PAUSED_BY_STORE, PRESSURE_PAUSE_MS);
}

static bool
ws_is_within_budget(const struct ws_conn *ws)
{
	return ws->has_user ? budget_pool_is_ample(ws->user)
			    : budget_is_ample(&ws->own);
}

static bool
ws_has_patience(const struct conn *conn)
{
	const struct ws_conn *ws = ws_of(conn);

	return budget_has_patience(ws->has_user ? &ws->user->budget : &ws->own,
	    conn->loop->limits, conn->loop->now_ms);
}

/* What the anonymous clients of its address share. NULL: nothing. */
static struct budget_pool *
ws_address_budget(const struct conn *conn)
{
	const struct loop *loop = conn->loop;
	uint32_t times = loop->limits->budgets_per_ip;
	struct budget_pool *pool = peer_budget(conn->peer);

	if (pool == NULL || times == 0 || ws_of(conn)->has_user)
		return NULL;
	if (pool->times != times)
		budget_pool_init(pool, loop->limits, times, loop->now_ms);
	return pool;
}

static void
ws_update_budgets(struct conn *conn)
{
	const struct loop *loop = conn->loop;
	struct ws_conn *ws = ws_of(conn);
	struct budget_pool *address = ws_address_budget(conn);

	if (ws->has_user)
		budget_pool_update(ws->user, loop->limits, loop->now_ms);
	else
		budget_update(&ws->own, loop->limits, loop->now_ms);
	if (address != NULL)
		budget_pool_update(address, loop->limits, loop->now_ms);
}

/* Without patience, the endpoint refuses what comes until then. */
static void
ws_pause_beyond_own_budget(struct conn *conn)
{
	const struct loop *loop = conn->loop;
	struct ws_conn *ws = ws_of(conn);
	int64_t wait_ms;

	if (ws_is_within_budget(ws))
		return;
	wait_ms = ws->has_user
		      ? budget_pool_exceed(ws->user, loop->limits, loop->now_ms)
		      : budget_exceed(&ws->own, loop->limits, loop->now_ms);
	if (wait_ms > 0 && ws_conn_is_open(conn) && ws_has_patience(conn))
		ws_pause_for(conn, PAUSED_BY_BUDGET, wait_ms);
}

/*
 * Each connection of the address waits until the debt is paid that there is
 * after its own message. So one that sends little is served at once, however
 * many others flood.
 */
static void
ws_pause_beyond_address_budget(struct conn *conn)
{
	const struct loop *loop = conn->loop;
	struct budget_pool *pool = ws_address_budget(conn);
	int64_t wait_ms;

	if (pool == NULL || budget_pool_is_ample(pool))
		return;
	wait_ms = budget_pool_wait_ms(pool, loop->limits, loop->now_ms, NULL);
	if (wait_ms > 0 && ws_conn_is_open(conn))
		ws_pause_for(conn, PAUSED_BY_BUDGET, wait_ms);
}

static void
ws_pause_beyond_budget(struct conn *conn)
{
	ws_pause_beyond_own_budget(conn);
	ws_pause_beyond_address_budget(conn);
}

/* The rest of what was read is served in the next turn. */
static void
ws_pause_for_turn(struct conn *conn)
{
	conn_pause(conn, PAUSED_BY_TURN);
	conn_defer(conn);
}

static void
ws_pause_beyond_slice(struct conn *conn)
{
	struct turn *turn = &conn->loop->turn;
	struct turn_share *share = &ws_of(conn)->share;

	if (turn_is_to_measure(turn))
		turn_measure(turn, share, conn_now(conn), monotonic_ns());
	if (!turn_goes_on(turn, share) && ws_conn_is_open(conn))
		ws_pause_for_turn(conn);
}

/* False: the connection has to wait for the next turn. */
static bool
ws_begin_turn(struct conn *conn)
{
	struct loop *loop = conn->loop;

	if (loop->meter.turn_read_ns == 0) {
		meter_read(&loop->meter);
		turn_begin(&loop->turn, loop->meter.turn_read_ns);
	}
	if (!ws_conn_is_open(conn) ||
	    turn_serves(&loop->turn, &ws_of(conn)->share, conn_now(conn)))
		return true;
	ws_pause_for_turn(conn);
	return false;
}

void
ws_conn_charge_bytes(struct conn *conn, size_t bytes)
{
	const struct transport_limits *limits = conn->loop->limits;
	struct ws_conn *ws = ws_of(conn);
	struct budget_pool *address = ws_address_budget(conn);

	conn->loop->turn.work += bytes;
	if (ws->has_user)
		budget_pool_charge_bytes(ws->user, limits, bytes);
	else
		budget_charge_bytes(&ws->own, limits, bytes);
	if (address != NULL)
		budget_pool_charge_bytes(address, limits, bytes);
}

void
ws_conn_charge_copies(struct conn *conn, uint64_t bytes, size_t sends)
{
	const struct transport_limits *limits = conn->loop->limits;
	struct ws_conn *ws = ws_of(conn);
	struct budget_pool *address = ws_address_budget(conn);

	if (sends > 0 || bytes >= TURN_SEND_BYTES)
		turn_add_sends(&conn->loop->turn, &ws->share, conn_now(conn),
		    (uint32_t)sends, bytes);
	if (ws->has_user)
		budget_pool_charge_copies(ws->user, limits, bytes);
	else
		budget_charge_copies(&ws->own, limits, bytes);
	if (address != NULL)
		budget_pool_charge_copies(address, limits, bytes);
}

void
ws_conn_charge_command(struct conn *conn, bool joins)
{
	const struct transport_limits *limits = conn->loop->limits;
	struct ws_conn *ws = ws_of(conn);
	struct budget_pool *address = ws_address_budget(conn);
	struct budget_pool *joined = ws->has_user ? ws->user : address;

	if (ws->has_user)
		budget_pool_charge_message(ws->user, limits);
	else
		budget_charge_message(&ws->own, limits);
	if (address != NULL)
		budget_pool_charge_message(address, limits);
	if (joins && joined != NULL)
		budget_pool_charge_join(joined, limits);
}

void
ws_conn_delay(struct conn *conn, int64_t ms)
{
	if (ws_conn_is_open(conn))
		ws_pause_for(conn, PAUSED_BY_BUDGET, ms);
}

int64_t
ws_conn_refuse_ms(struct conn *conn, const char **limit)
{
	const struct loop *loop = conn->loop;
	struct ws_conn *ws = ws_of(conn);
	int64_t wait_ms;

	if (ws_is_within_budget(ws))
		return 0;
	wait_ms = ws->has_user ? budget_pool_wait_ms(ws->user, loop->limits,
				     loop->now_ms, limit)
			       : budget_wait_ms(&ws->own, loop->limits,
				     loop->now_ms, limit);
	return wait_ms == 0 || ws_has_patience(conn) ? 0 : wait_ms;
}

/* --- frames in ------------------------------------------------------------ */

/* The reader stops where reading is paused. */
static bool
ws_goes_on(const struct conn *conn)
{
	return conn->state == CONN_OPEN && !conn_is_paused(conn);
}

bool
ws_conn_go_on(struct conn *conn)
{
	ws_pause_beyond_budget(conn);
	ws_pause_beyond_slice(conn);
	return ws_goes_on(conn);
}

static bool
on_message(void *arg, enum ws_opcode opcode, char *data, size_t len)
{
	struct conn *conn = arg;
	struct ws_conn *ws = ws_of(conn);

	/* What follows it has time of its own. */
	if (ws->unfinished != NULL)
		ws->unfinished->begun = conn_now(conn);
	if (!ws_conn_is_open(conn))
		return ws_goes_on(conn);
	conn->loop->meter.traffic.message_bytes += len;
	ws_update_budgets(conn);
	ws_conn_charge_bytes(conn, len);
	ws_service_of(conn)->endpoint->ops->message(ws->session, opcode, data,
	    len);
	return ws_conn_go_on(conn);
}

static bool
ws_may_control(struct conn *conn)
{
	if (token_bucket_take(&ws_of(conn)->control,
		&conn->loop->limits->control_frames, conn->loop->now_ms, 1))
		return true;
	ws_conn_end(conn, WS_CLOSE_POLICY, "control_flood");
	return false;
}

/*
 * A client may not send before it has the response to its handshake. If one
 * does, a pong must not overtake the response.
 */
static bool
ws_is_answered(struct conn *conn)
{
	struct endpoint *endpoint = ws_conn_endpoint(conn);

	if (!conn->has_sent)
		endpoint->ops->flush(endpoint);
	return conn->has_sent;
}

/* Pongs that may wait for a client that does not read them. */
#define PONGS_WAITING (64 * 1024)

static void
ws_pong(struct conn *conn, const char *data, size_t len)
{
	size_t most = conn->loop->limits->output_hard / 2;

	ws_conn_write_frame(conn, WS_PONG, data, len);
	if (most == 0 || most > PONGS_WAITING)
		most = PONGS_WAITING;
	if (conn_waiting(conn) > most)
		conn_pause(conn, PAUSED_BY_OUTPUT);
}

static bool
on_ping(void *arg, const char *data, size_t len)
{
	struct conn *conn = arg;

	if (ws_conn_is_open(conn) && ws_may_control(conn) &&
	    ws_is_answered(conn))
		ws_pong(conn, data, len);
	return ws_goes_on(conn);
}

static bool
on_pong(void *arg, const char *data, size_t len)
{
	struct conn *conn = arg;

	(void)data;
	(void)len;
	if (ws_conn_is_open(conn))
		ws_may_control(conn);
	return ws_goes_on(conn);
}

static void
on_close(void *arg, unsigned code, struct str reason)
{
	struct conn *conn = arg;
	struct ws_conn *ws = ws_of(conn);

	(void)reason;
	ws->peer_closed = true;
	if (ws->state == WS_STATE_CLOSING)
		ws_close_if_done(conn);
	else
		ws_conn_end(conn, code, "");
}

static void
on_error(void *arg, enum ws_close_code code, const char *why)
{
	struct conn *conn = arg;
	struct ws_conn *ws = ws_of(conn);

	ws->input_failed = true;
	if (ws->state == WS_STATE_CLOSING) {
		ws_close_if_done(conn);
	} else {
		log_debug("connection ended with %d: %s", (int)code, why);
		ws_conn_end(conn, code, why);
	}
}

static const struct ws_reader_ops reader_ops = {
	.message = on_message,
	.ping = on_ping,
	.pong = on_pong,
	.close = on_close,
	.error = on_error,
};

/* The reader of a message that is not whole yet outlives the call. */
static void
ws_keep_unfinished(struct conn *conn, struct ws_reader *reader)
{
	struct ws_conn *ws = ws_of(conn);

	ws->unfinished = malloc(sizeof(*ws->unfinished));
	if (ws->unfinished == NULL) {
		ws_reader_fini(reader, &ws_service_of(conn)->reader_limits);
		on_error(conn, WS_CLOSE_INTERNAL, "no memory to read");
		return;
	}
	ws->unfinished->reader = *reader;
	ws->unfinished->begun = conn_now(conn);
	conn_watch(conn);
}

static size_t
ws_read(struct conn *conn, char *data, size_t len)
{
	struct ws_conn *ws = ws_of(conn);
	struct ws_reader fresh, *reader = &fresh;
	size_t used;

	if (ws->unfinished != NULL)
		reader = &ws->unfinished->reader;
	else
		ws_reader_init(&fresh, ws->deflate);
	used = ws_reader_feed(reader, &ws_service_of(conn)->reader_limits,
	    &reader_ops, conn, (uint8_t *)data, len);
	if (!ws_reader_is_busy(reader))
		ws_drop_unfinished(conn);
	else if (reader == &fresh)
		ws_keep_unfinished(conn, reader);
	return used;
}

static void
ws_note_sign_of_life(struct conn *conn)
{
	struct ws_conn *ws = ws_of(conn);

	ws->since = conn_now(conn);
	if (ws->pinged == 0)
		return;
	ws->pinged = 0;
	conn_watch(conn); /* no longer for the pong, but for the next ping */
}

static size_t
ws_on_bytes(struct conn *conn, char *data, size_t len)
{
	struct ws_conn *ws = ws_of(conn);
	struct endpoint *endpoint = ws_service_of(conn)->endpoint;
	size_t used;

	if (ws->input_failed || ws->peer_closed)
		return len;
	if (!ws_begin_turn(conn))
		return 0;
	if (ws->state == WS_STATE_OPEN)
		ws_note_sign_of_life(conn);
	else if (ws->state == WS_STATE_CLOSING)
		conn_discard(conn, len);
	used = ws_read(conn, data, len);
	endpoint->ops->after_read(endpoint);
	ws_pause_under_pressure(conn);
	return used;
}

/* What is left of a message. */
static void
ws_on_rest(struct conn *conn)
{
	struct ws_conn *ws = ws_of(conn);
	struct endpoint *endpoint = ws_service_of(conn)->endpoint;

	if (!ws_conn_is_open(conn)) {
		conn->has_rest = false;
		return;
	}
	if (!ws_begin_turn(conn))
		return;
	ws_update_budgets(conn);
	endpoint->ops->go_on(ws->session);
	endpoint->ops->after_read(endpoint);
	ws_pause_under_pressure(conn);
}

/* After its close frame, a peer may send nothing more, yet receive. */
static void
ws_on_eof(struct conn *conn)
{
	if (ws_of(conn)->state == WS_STATE_ENDING)
		ws_of(conn)->peer_closed = true;
	else
		conn_abort(conn);
}

static size_t
ws_input_held(const struct conn *conn, uint32_t *since)
{
	const struct ws_conn *ws = ws_of(conn);
	const struct unfinished *unfinished = ws->unfinished;
	const struct endpoint_ops *ops = ws_service_of(conn)->endpoint->ops;
	size_t held = 0;

	if (ops->held != NULL && ws->session != NULL)
		held = ops->held(ws->session);
	if (unfinished == NULL) {
		*since = ws->since;
		return held;
	}
	*since = unfinished->begun;
	return held + ws_reader_buffered(&unfinished->reader);
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

static const struct protocol_ops ws_protocol = {
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
	.on_close = ws_on_close,
};

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
