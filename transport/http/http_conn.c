#include "transport/http/http_conn.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "domain/base/pack.h"
#include "transport/http/http_conn_internal.h"
#include "transport/net/input_buffer.h"
#include "wire/dialect.h"

/* A body's deadline moves by a second for each of these bytes. */
#define BODY_BYTES_A_SECOND 1024

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
	else if (http->state == HTTP_STATE_BODY && http->paused_at == 0 &&
		 http_body_is_whole(&http->body))
		http_request_is_whole(http);
}

static void
http_on_bulk(struct conn *conn)
{
	http_bulk_add(http_of(conn));
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
	bulk_remove(&http->bulk);
	http_end_exchange(http);
	free(http->traceparent);
	free(http);
}

/* --- for another process -------------------------------------------------- */

static bool
http_is_movable(const struct conn *conn)
{
	const struct http_conn *http = http_of(conn);

	return http->state == HTTP_STATE_HEAD && http->keeps_alive;
}

/* The head is read again. */
static void
http_pack(const struct conn *conn, struct packer *packer)
{
	const struct http_conn *http = http_of(conn);
	const struct input_buffer *head = http->head;
	const struct dialect *listener = http->exchange.listener;

	pack_text(packer,
	    listener == NULL ? STR_ABSENT : str_from(listener->name));
	pack_value(packer, &http->peer, sizeof(http->peer));
	pack_number(packer, http->since);
	pack_number(packer, http->has_served);
	pack_text(packer,
	    head == NULL ? STR("") : str_slice(head->data, head->len));
}

static const struct protocol_ops http_protocol = {
	.on_bytes = http_on_bytes,
	.on_eof = http_on_eof,
	.on_bulk = http_on_bulk,
	.on_drained = http_on_drained,
	.on_output_full = http_on_output_full,
	.on_turn_end = http_on_turn_end,
	.next_deadline = http_next_deadline,
	.on_deadline = http_on_deadline,
	.input_held = http_input_held,
	.on_overload = http_on_overload,
	.on_leave = http_on_leave,
	.is_movable = http_is_movable,
	.pack = http_pack,
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
	http_bulk_init(http);
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

/* The part of a head that has arrived is put before the unread input. */
static bool
http_unpack(struct conn *conn, struct unpacker *from)
{
	struct http_conn *http = http_of(conn);
	size_t *held = &conn->loop->input_bytes;
	struct str listener = unpack_text(from), head;
	struct input_buffer *rest = conn->unread;
	bool is_read;

	http->exchange.listener =
	    listener.data == NULL ? NULL : dialect_find(listener);
	from->failed |=
	    listener.data != NULL && http->exchange.listener == NULL;
	unpack_value(from, &http->peer, sizeof(http->peer));
	http->since = (uint32_t)unpack_number(from);
	http->has_served = unpack_number(from) != 0;
	head = unpack_text(from);
	if (from->failed || head.len == 0)
		return !from->failed;
	conn->unread = NULL;
	is_read =
	    input_buffer_append(&conn->unread, head.data, head.len, 0, held) &&
	    (rest == NULL || input_buffer_append(&conn->unread, rest->data,
				 rest->len, 0, held));
	input_buffer_free(&rest, held);
	return is_read;
}

struct conn *
http_conn_adopt(struct http_service *service, struct loop *loop, int fd,
    struct unpacker *from)
{
	struct conn *conn = http_conn_create(service, loop, fd, NULL, NULL);

	if (conn == NULL)
		return NULL;
	if (conn_unpack(conn, from) && http_unpack(conn, from)) {
		conn_go_on(conn);
		return conn;
	}
	conn_abort(conn);
	return NULL;
}
