/* The frames of a WebSocket's client. */

#include <stdlib.h>

#include "domain/log.h"
#include "transport/net/token_bucket.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn_internal.h"

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
	ws_charge_message(conn, len);
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

void
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

size_t
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

/* Goes on with a message whose rest was left for this turn. */
void
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
void
ws_on_eof(struct conn *conn)
{
	if (ws_of(conn)->state == WS_STATE_ENDING)
		ws_of(conn)->peer_closed = true;
	else
		conn_abort(conn);
}

size_t
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
