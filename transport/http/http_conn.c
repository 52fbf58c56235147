#include "transport/http/http_conn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport/http/http_body.h"
#include "transport/net/input_buffer.h"

/* Bytes for one call of fill(), and calls in one turn. */
#define STREAM_PIECE (16 * 1024)
#define STREAM_PIECES_A_TURN 4

/* A body's deadline moves by a second for each of these bytes. */
#define BODY_BYTES_A_SECOND 1024

enum http_state {
	HTTP_STATE_HEAD,    /* a request's head is awaited, or comes */
	HTTP_STATE_BODY,    /* its body */
	HTTP_STATE_ANSWER,  /* the request is whole; its answer is awaited, or
			     * is sent piece by piece */
	HTTP_STATE_DISCARD, /* the same, but the body still comes in vain */
};

struct http_conn {
	struct http_exchange exchange; /* first: its address is this one */
	struct http_service *service;
	struct http_client peer;
	struct http_scanner scanner;
	struct http_body body;
	struct input_buffer *head; /* what came of it before; or kept for
				    * http_exchange_request() */
	const char *head_data;     /* during handle() */
	size_t head_len;
	uint64_t stream_left; /* of a streamed response with a length */
	uint32_t since;       /* a tick: this state began */
	uint32_t paused_at;   /* a tick: the body's reader began to pause */
	uint8_t state;        /* enum http_state */
	bool keeps_alive : 1; /* another request may follow */
	bool has_served : 1;  /* one at least */
	bool is_old : 1;      /* HTTP/1.0 */
	bool expects_continue : 1;
	bool responded : 1; /* the head of the response is sent */
	bool streams : 1;   /* its body comes from fill() */
	bool fill_waits : 1;
	bool is_deferred : 1; /* on_turn_end() of the exchange is due */
};

static struct http_conn *
http_of(const struct conn *conn)
{
	return conn->protocol_state;
}

static void
http_enter(struct http_conn *http, enum http_state state)
{
	http->state = (uint8_t)state;
	http->since = conn_now(http->exchange.conn);
	conn_watch(http->exchange.conn);
}

/* --- answers -------------------------------------------------------------- */

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

/* Frees what the exchange holds. */
static void
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
static void
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

/* --- streamed answers ----------------------------------------------------- */

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

/* fill() is not called while the client does not read. */
static void
http_pump(struct http_conn *http)
{
	struct conn *conn = http->exchange.conn;

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

/* --- the client ----------------------------------------------------------- */

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

/* --- the body of a request ------------------------------------------------ */

bool
http_exchange_admits_body(struct http_exchange *exchange,
    enum http_body_use use)
{
	struct http_conn *http = (struct http_conn *)exchange;
	const struct http_request *request = exchange->request;
	size_t most = exchange->conn->loop->limits->body_bytes;

	if (!request->is_chunked && request->body_length == 0)
		return true;
	if (use == HTTP_STREAMS_BODY) {
		http->body.most = UINT64_MAX;
		return true;
	}
	if (use == HTTP_TAKES_BODY &&
	    (most == 0 || request->body_length <= most))
		return true;
	http_refuse(&exchange->response, 413, "Content Too Large\n");
	return false;
}

void
http_exchange_begin(struct http_exchange *exchange,
    const struct http_exchange_ops *ops, void *arg)
{
	struct http_conn *http = (struct http_conn *)exchange;

	assert(exchange->ops == NULL && http->head == NULL);
	exchange->ops = ops;
	exchange->arg = arg;
	if (!input_buffer_append(&http->head, http->head_data, http->head_len,
		0, &exchange->conn->loop->input_bytes))
		conn_abort(exchange->conn);
}

void
http_exchange_request(struct http_exchange *exchange, struct http_request *out)
{
	struct http_conn *http = (struct http_conn *)exchange;
	/* Limits may be lower now than when it was read. */
	struct http_limits limits = { SIZE_MAX, HTTP_HEADERS_MAX };
	int status;

	assert(exchange->ops != NULL && http->head != NULL);
	status = http_parse(http->head->data, http->head->len, &limits, out);
	assert(status == 0);
	(void)status;
}

static void
http_request_is_whole(struct http_conn *http)
{
	struct http_exchange *exchange = &http->exchange;

	http_enter(http, HTTP_STATE_ANSWER);
	conn_pause(exchange->conn, PAUSED_BY_ANSWER);
	if (exchange->ops->on_request_end != NULL)
		exchange->ops->on_request_end(exchange);
}

/* Returns how many bytes were consumed: up to the body's end, its answer, or a
 * pause. */
static size_t
http_read_body(struct conn *conn, const char *data, size_t len)
{
	struct http_conn *http = http_of(conn);
	struct http_exchange *exchange = &http->exchange;
	size_t at = 0;

	for (;;) {
		struct str piece;
		size_t used;

		switch (http_body_feed(&http->body, data + at, len - at, &used,
		    &piece)) {
		case HTTP_BODY_MORE:
			return len;
		case HTTP_BODY_PIECE:
			at += used;
			if (exchange->ops->on_body != NULL)
				exchange->ops->on_body(exchange, piece);
			if (conn->state != CONN_OPEN ||
			    http->state != HTTP_STATE_BODY ||
			    conn_is_paused(conn))
				return at;
			break;
		case HTTP_BODY_END:
			at += used;
			http_request_is_whole(http);
			return at;
		case HTTP_BODY_BAD:
			http_fail(http, 400, "Bad Request\n");
			return len;
		case HTTP_BODY_TOO_LARGE:
			http_fail(http, 413, "Content Too Large\n");
			return len;
		}
	}
}

void
http_exchange_pause_body(struct http_exchange *exchange)
{
	struct http_conn *http = (struct http_conn *)exchange;

	if (http->paused_at == 0)
		http->paused_at = conn_now(exchange->conn);
	conn_pause(exchange->conn, PAUSED_BY_BODY);
}

void
http_exchange_resume_body(struct http_exchange *exchange)
{
	struct http_conn *http = (struct http_conn *)exchange;

	/* The time of a pause does not count. */
	if (http->paused_at != 0)
		http->since += conn_now(exchange->conn) - http->paused_at;
	http->paused_at = 0;
	conn_resume(exchange->conn, PAUSED_BY_BODY);
	conn_watch(exchange->conn);
	/* No byte may be left that would make it go on. */
	if (http->state == HTTP_STATE_BODY && http_body_is_whole(&http->body))
		conn_defer(exchange->conn);
}

/* --- the head ------------------------------------------------------------- */

static void
http_init_body(struct http_conn *http, const struct http_request *request)
{
	size_t most = http->exchange.conn->loop->limits->body_bytes;

	if (request->is_chunked)
		http_body_init_chunked(&http->body,
		    most == 0 ? UINT64_MAX : most);
	else
		http_body_init_length(&http->body, request->body_length);
}

/* After handle(), unless the exchange is over. */
static void
http_go_on(struct http_conn *http, bool has_body)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct http_exchange *exchange = &http->exchange;

	if (exchange->response.status != 0 && !http->responded)
		http_exchange_respond(exchange);
	else if (!has_body)
		http_request_is_whole(http);
	else if (http->expects_continue && !http->responded)
		conn_write(exchange->conn, go_on, sizeof(go_on) - 1);
}

/*
 * Limits of addresses hold for the client that a trusted proxy names: another
 * one with each request, maybe.
 */
static void
http_name_client(struct http_conn *http, const struct http_request *request)
{
	const struct trusted_proxies *proxies = http->service->proxies;
	struct http_exchange *exchange = &http->exchange;
	bool was_forwarded = exchange->is_forwarded;

	exchange->client = http->peer;
	exchange->is_forwarded =
	    proxies != NULL && trusted_proxies_contain(proxies, &http->peer);
	if (exchange->is_forwarded)
		forwarded_read(request, proxies, &http->peer,
		    &exchange->client);
	if (exchange->is_forwarded || was_forwarded)
		conn_set_host(exchange->conn, &exchange->client.address);
}

static void
http_handle(struct conn *conn, struct http_request *request)
{
	struct http_conn *http = http_of(conn);
	struct http_exchange *exchange = &http->exchange;
	bool has_body = request->is_chunked || request->body_length > 0;
	char text[HTTP_TEXT_SIZE] = "";

	http->keeps_alive = request->keeps_alive && http->keeps_alive;
	http->is_old = request->minor_version == 0;
	http->expects_continue = request->expects_continue;
	http_init_body(http, request);
	if (has_body)
		http_enter(http, HTTP_STATE_BODY);
	exchange->request = request;
	exchange->text = text;
	exchange->response = (struct http_response){
		.head_only = str_equal(request->method, STR("HEAD")),
	};
	http_name_client(http, request);
	if (conn->state != CONN_OPEN)
		return;
	http->service->handle(exchange);
	/* It may be another protocol's connection now. */
	if (conn->state != CONN_OPEN || http_of(conn) != http)
		return;
	exchange->request = NULL;
	exchange->text = NULL;
	if (exchange->ops != NULL || exchange->response.status != 0)
		http_go_on(http, has_body);
}

/* Returns how many bytes belonged to the request; 0: it is not whole. */
static size_t
http_read_head(struct conn *conn, const char *data, size_t len)
{
	struct http_conn *http = http_of(conn);
	const struct http_limits *limits = &http->service->limits;
	struct http_request request;
	size_t head_len;
	int status = 400;

	switch (http_scan(&http->scanner, limits, data, len, &head_len,
	    &status)) {
	case HTTP_SCAN_MORE:
		return 0;
	case HTTP_SCAN_BAD:
		http_fail(http, status, "Bad Request\n");
		return len;
	case HTTP_SCAN_DONE:
		break;
	}
	http->head_data = data;
	http->head_len = head_len;
	status = http_parse(data, head_len, limits, &request);
	if (status == 0)
		http_handle(conn, &request);
	else
		http_fail(http, status, "Bad Request\n");
	return head_len;
}

/* The next piece of a head that did not come in one. */
static size_t
http_read_head_piece(struct conn *conn, const char *data, size_t len)
{
	struct http_conn *http = http_of(conn);
	struct input_buffer *head = http->head;
	size_t before = head->len, used;

	if (!input_buffer_append(&http->head, data, len, UINT64_MAX,
		&conn->loop->input_bytes)) {
		conn_abort(conn);
		return len;
	}
	/* The protocol may be another one afterwards. */
	head = http->head;
	http->head = NULL;
	used = http_read_head(conn, head->data, head->len);
	if (used == 0)
		http->head = head;
	else
		input_buffer_free(&head, &conn->loop->input_bytes);
	return used == 0 ? len : used - before;
}

static size_t
http_read_request(struct conn *conn, const char *data, size_t len)
{
	struct http_conn *http = http_of(conn);
	size_t used;

	if (http->head != NULL)
		return http_read_head_piece(conn, data, len);
	used = http_read_head(conn, data, len);
	if (used > 0)
		return used;
	if (!input_buffer_append(&http->head, data, len, UINT64_MAX,
		&conn->loop->input_bytes))
		conn_abort(conn);
	return len;
}

static size_t
http_on_bytes(struct conn *conn, char *data, size_t len)
{
	struct http_conn *http = http_of(conn);
	size_t used = 0;

	switch ((enum http_state)http->state) {
	case HTTP_STATE_HEAD:
		used = http_read_request(conn, data, len);
		break;
	case HTTP_STATE_BODY:
		used = http_read_body(conn, data, len);
		break;
	case HTTP_STATE_ANSWER:
	case HTTP_STATE_DISCARD:
		conn_discard(conn, len);
		return len;
	}
	/* One request in a turn: the next one waits for the next turn. */
	if (used < len && conn->state == CONN_OPEN && http_of(conn) == http &&
	    http->state == HTTP_STATE_HEAD && !conn_is_paused(conn)) {
		conn_pause(conn, PAUSED_BY_ANSWER);
		conn_defer(conn);
	}
	return used;
}

/* --- being a protocol ----------------------------------------------------- */

static void
http_on_turn_end(struct conn *conn)
{
	struct http_conn *http = http_of(conn);

	if (http->is_deferred) {
		http->is_deferred = false;
		http->exchange.ops->on_turn_end(&http->exchange);
		return;
	}
	if (http->state == HTTP_STATE_HEAD)
		conn_resume(conn, PAUSED_BY_ANSWER);
	else if (http->state == HTTP_STATE_BODY && !conn_is_paused(conn) &&
		 http_body_is_whole(&http->body))
		http_request_is_whole(http);
}

static void
http_on_drained(struct conn *conn)
{
	struct http_conn *http = http_of(conn);

	if (http->streams && !http->fill_waits)
		http_pump(http);
	else
		conn_resume(conn, PAUSED_BY_OUTPUT);
}

static void
http_on_eof(struct conn *conn)
{
	switch ((enum http_state)http_of(conn)->state) {
	case HTTP_STATE_HEAD:
		conn_close(conn);
		break;
	case HTTP_STATE_BODY:
		conn_abort(conn);
		break;
	case HTTP_STATE_ANSWER:
	case HTTP_STATE_DISCARD:
		break;
	}
}

static uint32_t
http_next_deadline(const struct conn *conn)
{
	const struct http_conn *http = http_of(conn);
	const struct transport_limits *limits = conn->loop->limits;

	switch ((enum http_state)http->state) {
	case HTTP_STATE_HEAD:
		return wheel_after(http->since, limits->handshake_timeout_ms);
	case HTTP_STATE_BODY:
		if (http->paused_at != 0 || limits->body_timeout_ms == 0)
			return 0;
		return wheel_after(http->since,
		    limits->body_timeout_ms +
			(int64_t)(http->body.received / BODY_BYTES_A_SECOND) *
			    1000);
	case HTTP_STATE_ANSWER:
		return http->responded ? 0
				       : wheel_after(http->since,
					     limits->handshake_timeout_ms +
						 http->exchange.wait_ms);
	case HTTP_STATE_DISCARD:
		break;
	}
	return 0;
}

static void
http_on_deadline(struct conn *conn)
{
	struct http_conn *http = http_of(conn);

	if (!conn_has_passed(conn, http_next_deadline(conn)))
		return;
	if (http->state == HTTP_STATE_ANSWER)
		http_fail(http, 503, "No answer in time\n");
	else if (http->state == HTTP_STATE_HEAD && http->has_served &&
		 http->head == NULL)
		conn_close(conn);
	else
		http_fail(http, 408, "Request Timeout\n");
}

static size_t
http_input_held(const struct conn *conn, uint32_t *since)
{
	*since = http_of(conn)->since;
	return input_buffer_size(http_of(conn)->head);
}

static void
http_on_output_full(struct conn *conn)
{
	conn_abort(conn);
}

static void
http_on_overload(struct conn *conn, enum conn_overload what)
{
	if (what == OVERLOAD_INPUT)
		http_fail(http_of(conn), 503, "Out of memory\n");
	else
		conn_reset(conn);
}

/* A request that has begun is answered. */
static void
http_on_leave(struct conn *conn, uint32_t tick)
{
	struct http_conn *http = http_of(conn);

	(void)tick;
	http->keeps_alive = false;
	if (http->state == HTTP_STATE_HEAD && http->has_served &&
	    http->head == NULL)
		conn_close(conn);
}

static void
http_on_close(struct conn *conn, void *state)
{
	struct http_conn *http = state;

	(void)conn;
	http_end_exchange(http);
	free(http);
}

static const struct protocol_ops http_protocol = {
	.on_bytes = http_on_bytes,
	.on_eof = http_on_eof,
	.on_drained = http_on_drained,
	.on_output_full = http_on_output_full,
	.on_turn_end = http_on_turn_end,
	.next_deadline = http_next_deadline,
	.on_deadline = http_on_deadline,
	.input_held = http_input_held,
	.on_overload = http_on_overload,
	.on_leave = http_on_leave,
	.on_close = http_on_close,
};

struct conn *
http_conn_create(struct http_service *service, struct loop *loop, int fd,
    struct peer *peer, const struct dialect *listener)
{
	struct http_conn *http = calloc(1, sizeof(*http));
	struct conn *conn;

	if (http == NULL) {
		close(fd);
		return NULL;
	}
	http->service = service;
	http->exchange.listener = listener;
	http->keeps_alive = true;
	http->since = loop->wheel.now;
	conn = conn_create(loop, fd, peer, &http_protocol, http);
	if (conn == NULL)
		free(http);
	else
		http->exchange.conn = conn;
	return conn;
}

void
http_conn_set_peer(struct conn *conn, const struct http_client *peer)
{
	struct http_conn *http = http_of(conn);

	assert(conn->protocol == &http_protocol);
	http->peer = *peer;
}
