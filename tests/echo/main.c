/*
 * Echoes every message, with the transport of the server and without its
 * limits, for conformance suites:
 *
 *     echo_server --listen 127.0.0.1:9001 [--deflate]
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/parleyd/platform.h"
#include "transport/server.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn.h"

#define LEAST_BITS 9
#define MOST_BITS 15

struct echo {
	struct endpoint base;
	struct chunk_pool *pool;
	/* One for each size of window that was agreed on. */
	struct ws_deflater *deflaters[MOST_BITS + 1];
};

struct echo_session {
	struct conn *conn;
	struct echo *echo;
	struct ws_deflater *deflater; /* NULL: nothing is compressed */
};

/* --- the endpoint ---------------------------------------------- */

static void
echo_bind(struct endpoint *endpoint, struct chunk_pool *pool)
{
	((struct echo *)endpoint)->pool = pool;
}

static bool
echo_serves(struct endpoint *endpoint, const struct dialect *listener,
    struct str path)
{
	(void)listener;
	(void)endpoint;
	(void)path;
	return true;
}

static void
echo_choose(struct endpoint *endpoint, const struct http_request *request,
    struct upgrade *upgrade)
{
	(void)endpoint;
	(void)request;
	upgrade->deflate_policy.least_window_bits = LEAST_BITS;
}

static bool
choose_deflater(struct echo_session *session, const struct ws_deflate *agreed)
{
	int bits = agreed->server_window_bits;
	struct ws_deflater **deflater;

	if (!agreed->on)
		return true;
	assert(bits >= LEAST_BITS && bits <= MOST_BITS);
	deflater = &session->echo->deflaters[bits];
	if (*deflater == NULL)
		*deflater = ws_deflater_create(bits);
	session->deflater = *deflater;
	return *deflater != NULL;
}

static void *
echo_open(struct endpoint *endpoint, struct conn *conn,
    const struct http_request *request, const struct upgrade *upgrade,
    struct str response)
{
	struct echo_session *session = calloc(1, sizeof(*session));

	(void)request;
	if (session == NULL)
		return NULL;
	session->conn = conn;
	session->echo = (struct echo *)endpoint;
	if (!choose_deflater(session, &upgrade->deflate)) {
		free(session);
		return NULL;
	}
	conn_write(conn, response.data, response.len);
	return session;
}

static void
echo_message(void *arg, enum ws_opcode opcode, char *data, size_t len)
{
	struct echo_session *session = arg;
	struct str text = { data, len };
	struct piece piece = { 0 };
	struct chunk *chunk;
	uint8_t rsv = 0;
	size_t head;

	if (session->deflater != NULL) {
		text = ws_deflater_run(session->deflater, text);
		rsv = 4;
	}
	chunk = text.data == NULL ? NULL
				  : chunk_create(session->echo->pool,
					text.len + WS_FRAME_HEAD_MAX);
	if (chunk == NULL) {
		conn_abort(session->conn);
		return;
	}
	head = ws_frame_encode((uint8_t)opcode, true, rsv, text.len,
	    (uint8_t *)chunk->data);
	memcpy(chunk->data + head, text.data, text.len);
	piece.chunk = chunk;
	piece.len = chunk->used = (uint32_t)(head + text.len);
	conn_send(session->conn, &piece, 1);
	chunk_unref(chunk);
}

static void
echo_leave(void *session, const struct bye *bye)
{
	(void)bye;
	free(session);
}

static void
echo_drained(void *session)
{
	(void)session;
}

static void
echo_nothing(struct endpoint *endpoint)
{
	(void)endpoint; /* output is sent at once */
}

static struct pending
echo_pending(struct endpoint *endpoint)
{
	(void)endpoint;
	return (struct pending){ 0, 0 };
}

static const struct endpoint_ops echo_ops = {
	.bind = echo_bind,
	.serves = echo_serves,
	.choose = echo_choose,
	.open = echo_open,
	.message = echo_message,
	.leave = echo_leave,
	.drained = echo_drained,
	.after_read = echo_nothing,
	.flush = echo_nothing,
	.pending = echo_pending,
	.tick = echo_nothing,
};

/* --- the program ---------------------------------------------------------- */

static const struct transport_limits lifted = {
	.handshake_timeout_ms = 5000,
	.request_bytes = 8192,
	.request_headers = 64,
	.frame_bytes = 16 * 1024 * 1024,
	.fragments = 128 * 1024,
	.close_timeout_ms = 5000,
	.drain_timeout_ms = 1000,
};

static bool
parse_arguments(int argc, char **argv, struct address *address,
    struct transport_limits *limits)
{
	const char *listen = "127.0.0.1:9001";
	const char *why;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--deflate") == 0)
			limits->deflate = true;
		else if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc)
			listen = argv[++i];
		else {
			fprintf(stderr,
			    "usage: echo_server [--listen HOST:PORT] "
			    "[--deflate]\n");
			return false;
		}
	}
	if (address_parse(listen, address, &why))
		return true;
	fprintf(stderr, "echo_server: --listen %s: %s\n", listen, why);
	return false;
}

int
main(int argc, char **argv)
{
	struct echo echo = { .base = { &echo_ops } };
	struct transport_limits limits = lifted;
	struct server_listen listen = { .dialect = NULL };
	static const struct host_ops host_ops = { 0 };
	struct host host = { .ops = &host_ops };
	struct server_config config = {
		.listen = &listen,
		.listen_count = 1,
		.limits = &limits,
		.endpoint = &echo.base,
		.clock = system_clock(),
		.host = &host,
		.seed = 1,
	};
	struct server *server;

	if (!parse_arguments(argc, argv, &listen.address, &limits))
		return 64;
	stderr_log_set_format(LOG_FORMAT_TEXT);
	log_set_sink(stderr_log, LOG_INFO);
	server = server_create(&config);
	if (server == NULL)
		return EXIT_FAILURE;
	server_run(server);
	server_destroy(server);
	for (int bits = LEAST_BITS; bits <= MOST_BITS; bits++)
		ws_deflater_destroy(echo.deflaters[bits]);
	return EXIT_SUCCESS;
}
