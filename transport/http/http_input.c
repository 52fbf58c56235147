/* The requests of an HTTP connection: heads and bodies. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log.h"
#include "transport/http/http_conn_internal.h"
#include "transport/net/input_buffer.h"

/* --- the body of a request ---------------------------------------------- */

bool
http_exchange_admits_body(struct http_exchange *exchange,
    enum http_body_use use)
{
	struct http_conn *http = (struct http_conn *)exchange;
	const struct http_request *request = exchange->request;
	size_t most = exchange->conn->loop->limits->body_bytes;

	if (use == HTTP_IGNORES_BODY ||
	    (!request->is_chunked && request->body_length == 0))
		return true;
	if (use == HTTP_STREAMS_BODY) {
		http->body.most = UINT64_MAX;
		http_bulk_begin_body(http);
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

void
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

/* --- the head ----------------------------------------------------------- */

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

/* The lines of the request, or of the WebSocket that it begins, have it. */
static void
http_read_trace(struct http_conn *http, const struct http_request *request)
{
	uint32_t number = http->exchange.conn->number;
	bool had_one = http->traceparent != NULL;
	char traceparent[TRACEPARENT_SIZE];

	free(http->traceparent);
	http->traceparent = NULL;
	if (traceparent_read(request, traceparent)) {
		/* Without memory it is not in the response. */
		http->traceparent = strdup(traceparent);
		log_set_trace(number, traceparent_trace(traceparent));
	} else if (had_one) {
		log_set_trace(number, STR(""));
	}
}

static void
http_handle(struct conn *conn, struct http_request *request)
{
	struct http_conn *http = http_of(conn);
	struct http_exchange *exchange = &http->exchange;
	bool has_body = request->is_chunked || request->body_length > 0;
	char text[HTTP_TEXT_SIZE];

	http->keeps_alive = request->keeps_alive && http->keeps_alive;
	http->is_old = request->minor_version == 0;
	http->expects_continue = request->expects_continue;
	http_init_body(http, request);
	if (has_body)
		http_enter(http, HTTP_STATE_BODY);
	exchange->request = request;
	text[0] = '\0';
	exchange->text = text;
	exchange->response = (struct http_response){
		.head_only = str_equal(request->method, STR("HEAD")),
	};
	http_name_client(http, request);
	http_read_trace(http, request);
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

size_t
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
