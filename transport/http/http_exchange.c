/* The answers of HTTP exchanges, whole or streamed, and pieces of bodies. */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "domain/log.h"
#include "transport/http/http_conn_internal.h"
#include "transport/net/input_buffer.h"

/* Bytes for one call of fill(), and calls in one turn. */
#define STREAM_PIECE (16 * 1024)
#define STREAM_PIECES_A_TURN 4

void
http_refuse(struct http_response *response, int status, const char *why)
{
	response->status = status;
	response->content_type = "text/plain; charset=utf-8";
	response->body = str_from(why);
	response->close = true;
	switch (status) {
	case 400:
		response->headers = "Sec-WebSocket-Version: 13\r\n";
		break;
	case 426: /* RFC 9110 §15.5.22, §7.8 */
		response->headers = "Sec-WebSocket-Version: 13\r\n"
				    "Upgrade: websocket\r\n"
				    "Connection: Upgrade\r\n";
		break;
	case 401: /* RFC 9110 §11.6.1 */
		response->headers = "WWW-Authenticate: Bearer\r\n";
		break;
	case 405:
		response->headers = "Allow: GET\r\n";
		break;
	case 429:
	case 503:
		response->headers = "Retry-After: 5\r\n";
		break;
	default:
		break;
	}
}

/* --- pieces, see net/bulk.h ----------------------------------------------- */

void
http_bulk_begin_body(struct http_conn *http)
{
	assert(!http->body_is_bulk);
	http->body_is_bulk = true;
	conn_set_bulk(http->exchange.conn, true);
}

/* Nothing is to be read or sent piece by piece any more. */
static void
http_bulk_end(struct http_conn *http)
{
	bulk_remove(&http->bulk);
	if (http->body_is_bulk)
		conn_set_bulk(http->exchange.conn, false);
	http->body_is_bulk = false;
}

void
http_bulk_add(struct http_conn *http)
{
	bulk_add(&http->exchange.conn->loop->bulk, &http->bulk);
}

/* --- whole answers -------------------------------------------------------- */

/* Frees what the exchange holds. */
void
http_end_exchange(struct http_conn *http)
{
	struct http_exchange *exchange = &http->exchange;
	const struct http_exchange_ops *ops = exchange->ops;

	exchange->ops = NULL;
	if (ops != NULL && ops->on_close != NULL)
		ops->on_close(exchange);
	exchange->arg = NULL;
	exchange->wait_ms = 0;
	http->is_deferred = false;
	input_buffer_free(&http->head, &exchange->conn->loop->input_bytes);
}

/* The response is sent: await the next request, or close. */
static void
http_finish(struct http_conn *http)
{
	struct conn *conn = http->exchange.conn;

	http_end_exchange(http);
	http_bulk_end(http);
	http->exchange.response = (struct http_response){ 0 };
	http->paused_at = 0;
	if (!http->keeps_alive) {
		conn_linger(conn);
		return;
	}
	http->scanner = (struct http_scanner){ 0 };
	http->has_served = true;
	http->responded = http->streams = http->fill_waits = false;
	http_enter(http, HTTP_STATE_HEAD);
	/* The next request waits until this response is read. */
	if (conn_waiting(conn) > 0)
		conn_pause(conn, PAUSED_BY_OUTPUT);
	conn_resume(conn, PAUSED_BY_ANSWER | PAUSED_BY_BODY);
}

/* The head of the response, and whether the connection outlives it. */
static void
http_write_head(struct http_conn *http)
{
	struct http_response *response = &http->exchange.response;
	char head[HTTP_TEXT_SIZE];
	size_t len;

	assert(response->status != 0 && !http->responded);
	meter_count_response(&http->exchange.conn->loop->meter,
	    response->status);
	/* The rest of the body could be taken for a request. */
	if (http->state == HTTP_STATE_BODY)
		http->keeps_alive = false;
	if (response->close)
		http->keeps_alive = false;
	response->close = !http->keeps_alive;
	response->traceparent = http->traceparent;
	http->responded = true;
	len = http_response_head(response, head, sizeof(head));
	assert(len > 0);
	conn_write(http->exchange.conn, head, len);
}

void
http_exchange_respond(struct http_exchange *exchange)
{
	struct http_conn *http = (struct http_conn *)exchange;
	struct str body = http_response_body(&exchange->response);

	http_write_head(http);
	conn_write(exchange->conn, body.data, body.len);
	http_finish(http);
}

/* The limit that was exceeded; NULL: none was. */
static const char *
http_limit_of(int status)
{
	switch (status) {
	case 408:
		return "limits.handshake_timeout";
	case 413:
		return "limits.body_bytes";
	case 414:
	case 431:
		return "limits.request_bytes";
	default:
		return NULL;
	}
}

/* A request that cannot go on. */
void
http_fail(struct http_conn *http, int status, const char *why)
{
	const char *limit = http_limit_of(status);

	if (limit != NULL)
		meter_count_refusal(&http->exchange.conn->loop->meter, limit);
	if (http->responded) {
		conn_abort(http->exchange.conn);
		return;
	}
	http->exchange.response = (struct http_response){ 0 };
	http_refuse(&http->exchange.response, status, why);
	http_exchange_respond(&http->exchange);
}

/* --- streamed answers --------------------------------------------------- */

/* Writes one piece; returns whether to go on. */
static bool
http_stream_piece(struct http_conn *http)
{
	struct http_exchange *exchange = &http->exchange;
	enum http_framing framing = exchange->response.framing;
	char buffer[8 + STREAM_PIECE + 2] = "", *data = buffer + 8;
	size_t most = STREAM_PIECE;
	ssize_t len;

	if (framing == HTTP_LENGTH && http->stream_left < most)
		most = (size_t)http->stream_left;
	len = most == 0 ? 0 : exchange->ops->fill(exchange, data, most);
	assert(len <= (ssize_t)most);
	if (len == HTTP_FILL_LATER) {
		http->fill_waits = true;
		return false;
	}
	if (len < 0 || (len == 0 && framing == HTTP_LENGTH && most > 0)) {
		conn_abort(exchange->conn);
		return false;
	}
	if (framing == HTTP_CHUNKED) {
		char size[8];
		int digits =
		    snprintf(size, sizeof(size), "%zx\r\n", (size_t)len);

		memcpy(data + len, "\r\n", 2);
		memcpy(data - digits, size, (size_t)digits);
		conn_write(exchange->conn, data - digits,
		    (size_t)(digits + len + 2));
	} else
		conn_write(exchange->conn, data, (size_t)len);
	if (framing == HTTP_LENGTH)
		http->stream_left -= (size_t)len;
	if (len > 0)
		return true;
	http->streams = false;
	http_finish(http);
	return false;
}

/* The time in which files were behind is not the client's. */
static bool
http_bulk_may_read(struct http_conn *http)
{
	struct conn *conn = http->exchange.conn;

	if (host_files_are_behind(conn->loop->host)) {
		if (http->paused_at == 0)
			http->paused_at = conn_now(conn);
		bulk_add_later(&conn->loop->bulk, &http->bulk);
	} else if (http->paused_at != 0 &&
		   (conn->pauses & PAUSED_BY_BODY) == 0) {
		http->since += conn_now(conn) - http->paused_at;
		http->paused_at = 0;
	} else
		return true;
	conn_watch(conn);
	return http->paused_at == 0;
}

static void
http_bulk_read(struct http_conn *http)
{
	struct conn *conn = http->exchange.conn;

	if (!http_bulk_may_read(http))
		return;
	if (!conn_read_bulk(conn) || !http->body_is_bulk)
		return;
	conn_pause(conn, PAUSED_BY_TURN);
	http_bulk_add(http);
}

static void
http_bulk_send(struct http_conn *http)
{
	struct conn *conn = http->exchange.conn;

	/* on_drained() goes on. */
	if (conn_waiting(conn) > 0)
		return;
	if (http_stream_piece(http) && conn->state == CONN_OPEN &&
	    conn_waiting(conn) == 0)
		http_bulk_add(http);
}

static void
http_bulk_run(struct bulk_task *task)
{
	struct http_conn *http = LIST_OWNER(task, struct http_conn, bulk);
	struct conn *conn = http->exchange.conn;

	if (conn->state != CONN_OPEN)
		return;
	log_set_connection(conn->number);
	if (http->streams)
		http_bulk_send(http);
	else
		http_bulk_read(http);
	log_set_connection(0);
}

void
http_bulk_init(struct http_conn *http)
{
	bulk_task_init(&http->bulk, http_bulk_run);
}

/* fill() is not called while the client does not read. */
void
http_pump(struct http_conn *http)
{
	struct conn *conn = http->exchange.conn;

	if (http->exchange.response.framing == HTTP_LENGTH) {
		http_bulk_add(http);
		return;
	}
	for (int i = 0; i < STREAM_PIECES_A_TURN; i++) {
		if (conn_waiting(conn) > 0)
			return; /* on_drained() goes on */
		if (!http_stream_piece(http) || conn->state != CONN_OPEN)
			return;
	}
	conn_await_drained(conn);
}

void
http_exchange_stream(struct http_exchange *exchange)
{
	struct http_conn *http = (struct http_conn *)exchange;
	struct http_response *response = &exchange->response;

	assert(exchange->ops != NULL && exchange->ops->fill != NULL);
	if (response->framing != HTTP_LENGTH)
		response->framing =
		    http->is_old ? HTTP_UNTIL_CLOSE : HTTP_CHUNKED;
	if (response->framing == HTTP_UNTIL_CLOSE)
		http->keeps_alive = false;
	http_write_head(http);
	if (response->head_only || http_never_has_body(response->status)) {
		http_finish(http);
		return;
	}
	http->stream_left = response->length;
	http->streams = true;
	if (http->state == HTTP_STATE_BODY) {
		http_enter(http, HTTP_STATE_DISCARD);
		http_bulk_end(http);
		conn_resume(exchange->conn, PAUSED_BY_BODY);
	}
	conn_watch(exchange->conn);
	http_pump(http);
}

void
http_exchange_continue(struct http_exchange *exchange)
{
	struct http_conn *http = (struct http_conn *)exchange;

	if (!http->fill_waits)
		return;
	http->fill_waits = false;
	http_pump(http);
}

void
http_exchange_defer(struct http_exchange *exchange)
{
	struct http_conn *http = (struct http_conn *)exchange;

	assert(exchange->ops != NULL && exchange->ops->on_turn_end != NULL);
	http->is_deferred = true;
	conn_defer(exchange->conn);
}

/* --- the client --------------------------------------------------------- */

bool
http_exchange_is_secure(const struct http_exchange *exchange)
{
	return exchange->client.is_secure;
}

uint64_t
http_exchange_peer_key(const struct http_exchange *exchange)
{
	return peer_key(exchange->conn->peer);
}

void
http_exchange_count_refusal(struct http_exchange *exchange, const char *limit)
{
	meter_count_refusal(&exchange->conn->loop->meter, limit);
}

void
http_exchange_count_auth_failure(struct http_exchange *exchange,
    const char *reason)
{
	meter_count_auth_failure(&exchange->conn->loop->meter, reason);
}
