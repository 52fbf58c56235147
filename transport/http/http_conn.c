#include "transport/http/http_conn.h"

#include <stdlib.h>
#include <unistd.h>

#include "transport/net/input_buffer.h"

struct http_conn {
	struct http_service *service;
	const struct dialect *listener;
	struct http_scanner scanner;
	struct input_buffer *head; /* what came of it before */
	uint32_t since;            /* the head is awaited; a tick */
};

static struct http_conn *
http_of(const struct conn *conn)
{
	return conn->protocol_state;
}

/* --- answers -------------------------------------------------------------- */

void
http_refuse(struct http_response *response, int status, const char *why)
{
	response->status = status;
	response->content_type = "text/plain; charset=utf-8";
	response->body = str_from(why);
	switch (status) {
	case 400:
		response->headers = "Sec-WebSocket-Version: 13\r\n";
		break;
	case 426: /* RFC 9110 §15.5.22, §7.8 */
		response->headers = "Sec-WebSocket-Version: 13\r\n"
				    "Upgrade: websocket\r\n"
				    "Connection: Upgrade\r\n";
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

static void
http_answer(struct conn *conn, struct http_response *response)
{
	struct str body = http_response_body(response);
	char head[2048];
	size_t len;

	response->close = true;
	len = http_response_head(response, head, sizeof(head));
	conn_write(conn, head, len);
	conn_write(conn, body.data, body.len);
	conn_linger(conn);
}

static void
http_answer_refusal(struct conn *conn, int status, const char *why)
{
	struct http_response response = { 0 };

	http_refuse(&response, status, why);
	http_answer(conn, &response);
}

/* --- the head ------------------------------------------------------------- */

static void
http_handle(struct conn *conn, const struct http_request *request)
{
	struct http_conn *http = http_of(conn);
	struct http_response response = { 0 };
	char body[HTTP_BODY_SIZE];

	if (http->service->handle(http->service, conn, http->listener, request,
		&response, body))
		http_answer(conn, &response);
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
		http_answer_refusal(conn, status, "Bad Request\n");
		return len;
	case HTTP_SCAN_DONE:
		break;
	}
	status = http_parse(data, head_len, limits, &request);
	if (status == 0)
		http_handle(conn, &request);
	else
		http_answer_refusal(conn, status, "Bad Request\n");
	return head_len;
}

/* The next piece of a head that did not come in one. */
static size_t
http_read_piece(struct conn *conn, const char *data, size_t len)
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
http_on_bytes(struct conn *conn, char *data, size_t len)
{
	struct http_conn *http = http_of(conn);
	size_t used;

	if (http->head != NULL)
		return http_read_piece(conn, data, len);
	used = http_read_head(conn, data, len);
	if (used > 0)
		return used;
	if (!input_buffer_append(&http->head, data, len, UINT64_MAX,
		&conn->loop->input_bytes))
		conn_abort(conn);
	return len;
}

/* --- being a protocol ----------------------------------------------------- */

static void
http_nothing(struct conn *conn)
{
	(void)conn;
}

static uint32_t
http_next_deadline(const struct conn *conn)
{
	return wheel_after(http_of(conn)->since,
	    conn->loop->limits->handshake_timeout_ms);
}

static void
http_on_deadline(struct conn *conn)
{
	http_answer_refusal(conn, 408, "Request Timeout\n");
}

static size_t
http_input_held(const struct conn *conn, uint32_t *since)
{
	*since = http_of(conn)->since;
	return input_buffer_size(http_of(conn)->head);
}

static void
http_on_overload(struct conn *conn, enum conn_overload what)
{
	(void)what;
	http_answer_refusal(conn, 503, "Out of memory\n");
}

/* A request that has begun is answered. */
static void
http_on_leave(struct conn *conn, uint32_t tick)
{
	(void)conn;
	(void)tick;
}

static void
http_on_close(struct conn *conn)
{
	struct http_conn *http = http_of(conn);

	input_buffer_free(&http->head, &conn->loop->input_bytes);
	free(http);
}

static const struct protocol_ops http_protocol = {
	.on_bytes = http_on_bytes,
	.on_eof = conn_abort,
	.on_drained = http_nothing,
	.on_output_full = conn_abort,
	.on_turn_end = http_nothing,
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
	http->listener = listener;
	http->since = loop->wheel.now;
	conn = conn_create(loop, fd, peer, &http_protocol, http);
	if (conn == NULL)
		free(http);
	return conn;
}
