#include "tests/support/transport/recorder.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/failing_malloc.h"

struct recorded {
	struct recorder *recorder;
	struct conn *conn;
};

static void
recorder_on_bind(struct endpoint *endpoint, struct chunk_pool *pool)
{
	((struct recorder *)endpoint)->pool = pool;
}

static bool
recorder_serves(struct endpoint *endpoint, const struct dialect *listener,
    struct str path)
{
	(void)listener;
	return ((struct recorder *)endpoint)->serves_any_path ||
	       str_equal(path, STR("/ws"));
}

static void
recorder_choose(struct endpoint *endpoint, const struct http_request *request,
    struct upgrade *upgrade)
{
	(void)request;
	upgrade->may_authenticate =
	    ((struct recorder *)endpoint)->may_authenticate;
	if (upgrade->listener != NULL)
		upgrade->idle_ms = upgrade->listener->idle_ms;
	upgrade->deflate_policy.least_window_bits = 15;
}

static void *
recorder_on_open(struct endpoint *endpoint, struct conn *conn,
    const struct http_request *request, const struct upgrade *upgrade,
    struct str response)
{
	struct recorder *recorder = (struct recorder *)endpoint;
	struct recorded *session;

	(void)request;
	(void)upgrade;
	if (recorder->refuses)
		return NULL;
	malloc_spare(true);
	session = malloc(sizeof(*session));
	ck_assert_ptr_nonnull(session);
	malloc_spare(false);
	session->recorder = recorder;
	session->conn = conn;
	recorder->opened++;
	if (!recorder->gathers) {
		conn_write(conn, response.data, response.len);
		return session;
	}
	ck_assert_uint_le(response.len, sizeof(recorder->response));
	memcpy(recorder->response, response.data, response.len);
	recorder->response_len = response.len;
	recorder->gathered = conn;
	return session;
}

static void
recorder_on_message(void *arg, enum ws_opcode opcode, char *data, size_t len)
{
	struct recorded *session = arg;
	struct recorder *recorder = session->recorder;
	size_t kept =
	    len < sizeof(recorder->text) ? len : sizeof(recorder->text) - 1;

	(void)opcode;
	if (len > 0 && recorder->messages < sizeof(recorder->order) - 1)
		recorder->order[recorder->messages] = data[0];
	recorder->messages++;
	session->conn->loop->meter.commands++;
	if (recorder->sends > 0)
		ws_conn_charge_copies(session->conn, 0, recorder->sends);
	recorder->len = len;
	memcpy(recorder->text, data, kept);
	recorder->text[kept] = '\0';
	if (recorder->echoes)
		recorder_post(recorder, session->conn, data[0], len);
	if (recorder->end_code != 0)
		ws_conn_end(session->conn, recorder->end_code, "as_told");
}

static bool
client_has_input(const struct client *client)
{
	char byte;

	return recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static void
recorder_on_leave(void *arg, const struct bye *bye)
{
	struct recorded *session = arg;
	struct recorder *recorder = session->recorder;

	recorder->left++;
	if (recorder->watched != NULL)
		recorder->received_before_leaving =
		    client_has_input(recorder->watched);
	recorder->bye = (struct bye){ 0 };
	if (bye != NULL) {
		recorder->bye = *bye;
		ck_assert_uint_lt(bye->reason.len,
		    sizeof(recorder->bye_reason));
		memcpy(recorder->bye_reason, bye->reason.data, bye->reason.len);
		recorder->bye_reason[bye->reason.len] = '\0';
		ws_conn_write_frame(session->conn, WS_TEXT, "bye", 3);
	}
	free(session);
}

static void
recorder_on_flush(struct endpoint *endpoint)
{
	struct recorder *recorder = (struct recorder *)endpoint;
	struct conn *conn = recorder->gathered;

	recorder->gathered = NULL;
	if (conn != NULL)
		conn_write(conn, recorder->response, recorder->response_len);
}

static struct pending
recorder_pending(struct endpoint *endpoint)
{
	(void)endpoint;
	return (struct pending){ 0, 0 };
}

static void
recorder_on_drained(void *session)
{
	((struct recorded *)session)->recorder->drained++;
}

static void
recorder_on_expiring(void *arg, int64_t at_ms)
{
	struct recorded *session = arg;

	session->recorder->expiring++;
	session->recorder->expiring_ms = at_ms;
}

static void
recorder_do_nothing(struct endpoint *endpoint)
{
	(void)endpoint;
}

static const struct endpoint_ops recorder_ops = {
	.bind = recorder_on_bind,
	.serves = recorder_serves,
	.choose = recorder_choose,
	.open = recorder_on_open,
	.message = recorder_on_message,
	.leave = recorder_on_leave,
	.drained = recorder_on_drained,
	.expiring = recorder_on_expiring,
	.after_read = recorder_do_nothing,
	.flush = recorder_on_flush,
	.pending = recorder_pending,
	.tick = recorder_do_nothing,
};

void
recorder_init(struct recorder *recorder)
{
	memset(recorder, 0, sizeof(*recorder));
	recorder->base.ops = &recorder_ops;
	rig_init(&recorder->rig, &recorder->base);
}

void
recorder_fini(struct recorder *recorder)
{
	rig_fini(&recorder->rig);
	ck_assert_uint_eq(recorder->opened, recorder->left);
}

void
recorder_meet(struct recorder *recorder, struct client *client, int sndbuf)
{
	client_connect(client, &recorder->rig, sndbuf);
	client_open(client, &recorder->rig, "/ws");
}

void
recorder_post(struct recorder *recorder, struct conn *conn, char letter,
    size_t len)
{
	struct piece piece = { 0 };
	struct chunk *chunk;
	size_t head;

	malloc_spare(true);
	chunk = chunk_create(recorder->pool, len + WS_FRAME_HEAD_MAX);
	ck_assert_ptr_nonnull(chunk);
	head = ws_frame_encode(WS_TEXT, true, 0, len, (uint8_t *)chunk->data);
	memset(chunk->data + head, letter, len);
	piece.chunk = chunk;
	piece.len = chunk->used = (uint32_t)(head + len);
	malloc_spare(false);
	conn_send(conn, &piece, 1);
	chunk_unref(chunk);
}
