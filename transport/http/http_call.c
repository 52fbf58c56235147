#include "transport/http/http_call.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/http/http.h"
#include "transport/http/http_body.h"
#include "transport/http/http_idle.h"
#include "transport/net/conn.h"
#include "transport/net/input_buffer.h"
#include "transport/tls/tls_context.h"
#include "transport/tls/tls_io.h"

#define HEAD_MAX 8192
#define HEADERS_MAX 64

static const struct http_limits answer_limits = { HEAD_MAX, HEADERS_MAX };

/* --- a call --------------------------------------------------------------- */

struct http_call {
	struct loop *loop;
	struct conn *conn;    /* NULL: between two addresses */
	http_call_done *done; /* NULL: it was called, or the call dropped */
	void *arg;
	int64_t timeout_ms;
	uint32_t since; /* a tick: the call began */
	size_t address_count;
	size_t address_next;
	struct address addresses[HTTP_TARGET_ADDRESSES];
	struct address address;  /* that the connection leads to */
	bool is_reused;          /* the connection: it may be closed already */
	struct tls_context *tls; /* NULL: http */
	char tls_failure[128];   /* with the last address; "": none */
	struct http_scanner scanner;
	struct http_answer answer; /* status 0: its head is not whole */
	struct http_body body;
	struct input_buffer *input; /* the head, then the body */
	size_t request_len;
	const char *host; /* the name of its certificate, behind the request */
	char request[];
};

static struct http_call *
call_of(const struct conn *conn)
{
	return conn->protocol_state;
}

static void
call_free(struct http_call *call)
{
	input_buffer_free(&call->input, &call->loop->input_bytes);
	tls_context_unref(call->tls);
	free(call);
}

/* Leaves the connection to later calls. False: it has to end. */
static bool
call_keep_connection(struct http_call *call)
{
	struct conn *conn = call->conn;

	if (!call->answer.keeps_alive || conn->state != CONN_OPEN ||
	    conn->input_closed || conn->is_writing ||
	    !http_idle_put(conn, &call->address, call->tls, call->host))
		return false;
	call->conn = NULL;
	return true;
}

/* The call is freed: at once, or with its connection. */
static void
call_finish(struct http_call *call, int status, const char *why)
{
	http_call_done *done = call->done;
	struct str body = STR("");
	bool is_kept;

	if (done == NULL)
		return;
	call->done = NULL;
	/* Before done(), which may call again. */
	is_kept = status != 0 && call_keep_connection(call);
	if (!is_kept)
		conn_abort(call->conn);
	if (status != 0 && call->input != NULL)
		body = str_slice(call->input->data, call->input->len);
	done(call->arg, status, body, why);
	if (is_kept)
		call_free(call);
}

static void
call_fail(struct http_call *call, const char *why)
{
	call_finish(call, 0, why);
}

/* --- the answer ----------------------------------------------------------- */

/* False: the call has ended. */
static bool
call_keep_input(struct http_call *call, const char *data, size_t len)
{
	if (input_buffer_append(&call->input, data, len, UINT64_MAX,
		&call->loop->input_bytes))
		return true;
	call_fail(call, "no memory");
	return false;
}

static size_t
call_body_len(const struct http_call *call)
{
	return call->input == NULL ? 0 : call->input->len;
}

/* Reads on in the body. The call may be freed. */
static void
call_read_body(struct http_call *call, const char *data, size_t len)
{
	struct http_answer *answer = &call->answer;
	enum http_body_result result = HTTP_BODY_PIECE;
	struct str piece;
	size_t used;

	if (!answer->is_chunked && !answer->has_length) {
		if (call_body_len(call) + len > HTTP_CALL_BODY_MAX)
			call_fail(call, "its answer is too long");
		else
			call_keep_input(call, data, len);
		return;
	}
	while (result == HTTP_BODY_PIECE) {
		result = http_body_feed(&call->body, data, len, &used, &piece);
		if (result == HTTP_BODY_PIECE &&
		    !call_keep_input(call, piece.data, piece.len))
			return;
		data += used;
		len -= used;
	}
	switch (result) {
	case HTTP_BODY_END:
		/* What follows answers no request. */
		answer->keeps_alive = answer->keeps_alive && len == 0;
		call_finish(call, answer->status, NULL);
		break;
	case HTTP_BODY_BAD:
		call_fail(call, "its answer is malformed");
		break;
	case HTTP_BODY_TOO_LARGE:
		call_fail(call, "its answer is too long");
		break;
	case HTTP_BODY_PIECE:
	case HTTP_BODY_MORE:
		break;
	}
}

/* The head is whole: what follows it is the body. The call may be freed. */
static void
call_begin_body(struct http_call *call, size_t head_len)
{
	struct http_answer *answer = &call->answer;
	struct input_buffer *input = call->input;
	size_t *input_bytes = &call->loop->input_bytes;

	if (!http_parse_answer(input->data, head_len, answer)) {
		call_fail(call, "its answer is malformed");
		return;
	}
	if (answer->has_length && answer->length > HTTP_CALL_BODY_MAX) {
		call_fail(call, "its answer is too long");
		return;
	}
	if (answer->is_chunked)
		http_body_init_chunked(&call->body, HTTP_CALL_BODY_MAX);
	else
		http_body_init_length(&call->body, answer->length);
	call->input = NULL;
	call_read_body(call, input->data + head_len, input->len - head_len);
	input_buffer_free(&input, input_bytes);
}

static void
call_read_head(struct http_call *call, const char *data, size_t len)
{
	size_t head_len;
	int status;

	if (!call_keep_input(call, data, len))
		return;
	switch (http_scan(&call->scanner, &answer_limits, call->input->data,
	    call->input->len, &head_len, &status)) {
	case HTTP_SCAN_MORE:
		break;
	case HTTP_SCAN_BAD:
		call_fail(call, status == 400 ? "its answer is malformed"
					      : "its answer is too long");
		break;
	case HTTP_SCAN_DONE:
		call_begin_body(call, head_len);
		break;
	}
}

/* --- being a protocol ----------------------------------------------------- */

static size_t
call_on_bytes(struct conn *conn, char *data, size_t len)
{
	struct http_call *call = call_of(conn);

	if (call->answer.status == 0)
		call_read_head(call, data, len);
	else
		call_read_body(call, data, len);
	return len;
}

/* Nothing of the answer has come. */
static bool
call_is_unanswered(const struct http_call *call)
{
	return call->input == NULL && call->answer.status == 0;
}

static void
call_on_eof(struct conn *conn)
{
	struct http_call *call = call_of(conn);
	const struct http_answer *answer = &call->answer;

	if (call->is_reused && call_is_unanswered(call))
		conn_abort(conn);
	else if (answer->status != 0 && !answer->is_chunked &&
		 !answer->has_length)
		call_finish(call, answer->status, NULL);
	else
		call_fail(call, "it closed the connection");
}

static void
call_on_nothing(struct conn *conn)
{
	(void)conn;
}

static uint32_t
call_next_deadline(const struct conn *conn)
{
	const struct http_call *call = call_of(conn);

	return wheel_after(call->since, call->timeout_ms);
}

static void
call_on_deadline(struct conn *conn)
{
	if (conn_has_passed(conn, call_next_deadline(conn)))
		call_fail(call_of(conn), "no answer in time");
}

static void
call_on_output_full(struct conn *conn)
{
	call_fail(call_of(conn), "it takes no request");
}

static size_t
call_input_held(const struct conn *conn, uint32_t *since)
{
	*since = call_of(conn)->since;
	return input_buffer_size(call_of(conn)->input);
}

static void
call_on_overload(struct conn *conn, enum conn_overload what)
{
	(void)what;
	call_fail(call_of(conn), "no memory");
}

/* A call has no member. Its owner cancels it. */
static void
call_on_leave(struct conn *conn, uint32_t tick)
{
	(void)conn;
	(void)tick;
}

static bool call_connect(struct http_call *);

/*
 * The connection failed, unless the call has ended: a new one may do, or the
 * next address.
 */
static void
http_call_on_close(struct conn *conn, void *state)
{
	struct http_call *call = state;
	http_call_done *done = call->done;
	const char *failure = tls_connect_failure(conn);

	call->conn = NULL;
	if (failure != NULL)
		snprintf(call->tls_failure, sizeof(call->tls_failure),
		    "TLS: %s", failure);
	call->is_reused = false;
	if (done != NULL && call_is_unanswered(call) &&
	    !conn->loop->is_ending && call_connect(call))
		return;
	if (done != NULL) {
		call->done = NULL;
		done(call->arg, 0, STR(""),
		    call->tls_failure[0] != '\0' ? call->tls_failure
						 : "it cannot be reached");
	}
	call_free(call);
}

static const struct protocol_ops call_protocol = {
	.on_bytes = call_on_bytes,
	.on_eof = call_on_eof,
	.on_drained = call_on_nothing,
	.on_output_full = call_on_output_full,
	.on_turn_end = call_on_nothing,
	.next_deadline = call_next_deadline,
	.on_deadline = call_on_deadline,
	.input_held = call_input_held,
	.on_overload = call_on_overload,
	.on_leave = call_on_leave,
	.on_close = http_call_on_close,
};

/* --- the beginning -------------------------------------------------------- */

/* A socket that connects; -1: it cannot. */
static int
address_connect(const struct address *address)
{
	int fd = socket(address->storage.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* The request follows the handshake at once. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (connect(fd, (const struct sockaddr *)&address->storage,
		address->len) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

/* Tries the next address. False: none is left. */
static bool
call_connect(struct http_call *call)
{
	while (call->address_next < call->address_count) {
		int fd;

		call->address = call->addresses[call->address_next++];
		fd = address_connect(&call->address);
		if (fd < 0)
			continue;
		call->conn =
		    conn_create(call->loop, fd, NULL, &call_protocol, call);
		if (call->conn == NULL)
			return false;
		/* It is sent once the socket is connected, and TLS. */
		if (call->tls != NULL &&
		    !tls_connect(call->conn, call->tls, call->host))
			conn_abort(call->conn);
		else
			conn_write(call->conn, call->request,
			    call->request_len);
		return true;
	}
	return false;
}

/* Sends the request on a connection that is idle. False: there is none. */
static bool
call_reuse(struct http_call *call, const struct http_target *target)
{
	call->conn = http_idle_take(call->loop, target, &call->address);
	if (call->conn == NULL)
		return false;
	call->is_reused = true;
	conn_set_protocol(call->conn, &call_protocol, call);
	conn_write(call->conn, call->request, call->request_len);
	/* A server that sends head and body separately waits between them for
	 * our acknowledgement, which would come 40 ms later. */
	setsockopt(call->conn->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){ 1 },
	    sizeof(int));
	return true;
}

struct http_call *
http_call_post(struct loop *loop, const struct http_target *target,
    struct str headers, struct str json, int64_t timeout_ms,
    http_call_done *done, void *arg)
{
	static const char head[] = "POST %s HTTP/1.1\r\nHost: %s\r\n"
				   "User-Agent: parley/" PARLEY_VERSION "\r\n"
				   "Content-Type: application/json\r\n"
				   "Content-Length: %zu\r\n%.*s\r\n";
	size_t size = sizeof(head) + sizeof(target->path) +
		      sizeof(target->host) + 20 + headers.len + json.len;
	size_t name_size = strlen(target->name) + 1;
	struct http_call *call;
	int len;

	assert(target->is_tls == (target->tls != NULL));
	call = loop->is_ending ? NULL
			       : calloc(1, sizeof(*call) + size + name_size);
	if (call == NULL)
		return NULL;
	call->loop = loop;
	call->done = done;
	call->arg = arg;
	call->timeout_ms = timeout_ms;
	call->since = loop->wheel.now;
	call->address_count = target->address_count;
	memcpy(call->addresses, target->addresses, sizeof(call->addresses));
	len = snprintf(call->request, size, head, target->path, target->host,
	    json.len, (int)headers.len, headers.data);
	assert(len > 0 && (size_t)len + json.len <= size);
	memcpy(call->request + len, json.data, json.len);
	call->request_len = (size_t)len + json.len;
	call->host = memcpy(call->request + size, target->name, name_size);
	if (target->tls != NULL)
		call->tls = tls_context_ref(target->tls);
	if (call_reuse(call, target) || call_connect(call))
		return call;
	call_free(call);
	return NULL;
}

void
http_call_cancel(struct http_call *call)
{
	call->done = NULL;
	if (call->conn != NULL)
		conn_abort(call->conn);
}

uint64_t
http_call_retry_after_s(const struct http_call *call)
{
	return call->answer.retry_after_s;
}
