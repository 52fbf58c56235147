#include "transport/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/rig.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn.h"

/*
 * A whole server on a socket in the file system, whose endpoint is the test.
 */
struct fixture {
	struct endpoint base;
	struct clock clock;
	struct transport_limits limits;
	struct server_listen listen;
	char folder[32];
	struct server *server;
	int caller;  /* a client's end; -1: none */
	bool floods; /* everything that is read makes the client send more */
	unsigned messages;
	unsigned flushes;
	unsigned stop_at;   /* this flush sends SIGTERM, twice */
	unsigned reload_at; /* this one sends SIGHUP, five times */
	unsigned reloads;
	unsigned left;
	unsigned bye_code;
	struct host host;
	int store_events[2]; /* a pipe: the server's end, and the test's */
	unsigned handled;
};

static struct fixture f;

#define HELLO "\x81\x85\0\0\0\0hello"
#define FLOOD_MOST 20000

static int64_t
now_ms(struct clock *clock)
{
	struct timespec now;

	(void)clock;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const struct clock_ops clock_ops = { now_ms, now_ms };

static void
server_on_bind(struct endpoint *endpoint, struct chunk_pool *pool)
{
	(void)endpoint;
	(void)pool;
}

static bool
server_serves(struct endpoint *endpoint, const struct dialect *listener,
    struct str path)
{
	(void)listener;
	(void)endpoint;
	(void)path;
	return true;
}

static void
server_choose(struct endpoint *endpoint, const struct http_request *request,
    struct upgrade *upgrade)
{
	(void)endpoint;
	(void)request;
	(void)upgrade;
}

static void *
server_on_open(struct endpoint *endpoint, struct conn *conn,
    const struct http_request *request, const struct upgrade *upgrade,
    struct str response)
{
	(void)request;
	(void)upgrade;
	conn_write(conn, response.data, response.len);
	return endpoint;
}

static void
server_on_message(void *session, enum ws_opcode opcode, char *data, size_t len)
{
	(void)session;
	(void)opcode;
	(void)data;
	(void)len;
	f.messages++;
	if (f.floods && f.messages < FLOOD_MOST)
		send(f.caller, HELLO, sizeof(HELLO) - 1, MSG_DONTWAIT);
}

static void
server_on_leave(void *session, const struct bye *bye)
{
	(void)session;
	f.left++;
	if (bye != NULL)
		f.bye_code = bye->code;
}

static void
server_on_drained(void *session)
{
	(void)session;
}

static void
server_on_flush(struct endpoint *endpoint)
{
	(void)endpoint;
	f.flushes++;
	if (f.stop_at != 0 && f.flushes >= f.stop_at &&
	    f.flushes <= f.stop_at + 1)
		raise(SIGTERM);
	for (int i = 0; i < 5 && f.flushes == f.reload_at; i++)
		raise(SIGHUP);
}

/* So much that looking for more input is worth it. */
static struct pending
server_pending(struct endpoint *endpoint)
{
	(void)endpoint;
	return (struct pending){ .sends = 10000 };
}

static void
server_do_nothing(struct endpoint *endpoint)
{
	(void)endpoint;
}

static const struct endpoint_ops endpoint_ops = {
	.bind = server_on_bind,
	.serves = server_serves,
	.choose = server_choose,
	.open = server_on_open,
	.message = server_on_message,
	.leave = server_on_leave,
	.drained = server_on_drained,
	.after_read = server_do_nothing,
	.flush = server_on_flush,
	.pending = server_pending,
	.tick = server_do_nothing,
};

/* The third event is a failure. */
static bool
on_store_event(void *arg)
{
	char byte;

	(void)arg;
	ck_assert_int_eq(read(f.store_events[0], &byte, 1), 1);
	return ++f.handled < 3;
}

static void
on_reload(void *arg)
{
	(void)arg;
	f.reloads++;
}

static struct server *
server_create_configured(void)
{
	static const struct host_ops no_store = {
		.reload = on_reload,
	};
	static const struct host_ops store = {
		.on_store_event = on_store_event,
	};
	struct server_config config = {
		.listen = &f.listen,
		.listen_count = 1,
		.limits = &f.limits,
		.endpoint = &f.base,
		.clock = &f.clock,
		.host = &f.host,
		.seed = 7,
	};

	f.host.store_fd = f.store_events[0];
	f.host.ops = f.store_events[1] != 0 ? &store : &no_store;
	return server_create(&config);
}

static void
setup(void)
{
	char text[64];
	const char *why;

	memset(&f, 0, sizeof(f));
	f.base.ops = &endpoint_ops;
	f.clock.ops = &clock_ops;
	f.caller = -1;
	f.limits = (struct transport_limits){
		.handshake_timeout_ms = 5000,
		.request_bytes = 8192,
		.request_headers = 64,
		.close_timeout_ms = 5000,
		.drain_window_ms = 60000,
		.drain_timeout_ms = 60000,
	};
	strcpy(f.folder, "/tmp/parley-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f.folder));
	snprintf(text, sizeof(text), "unix:%s/socket", f.folder);
	ck_assert(address_parse(text, &f.listen.address, &why));
}

static void
teardown(void)
{
	server_destroy(f.server);
	if (f.caller != -1)
		close(f.caller);
	/* Fails if anything was left in it. */
	ck_assert_int_eq(rmdir(f.folder), 0);
}

static void
upgrade_request(void)
{
	static const char packet[] =
	    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" HELLO;

	f.caller = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(f.caller,
			     (struct sockaddr *)&f.listen.address.storage,
			     f.listen.address.len),
	    0);
	ck_assert_int_eq(send(f.caller, packet, sizeof(packet) - 1, 0),
	    sizeof(packet) - 1);
}

START_TEST(a_second_signal_ends_it_at_once)
{
	setup();
	f.stop_at = 10;
	f.server = server_create_configured();
	ck_assert_ptr_nonnull(f.server);
	upgrade_request();
	server_run(f.server);
	ck_assert_uint_eq(f.messages, 1);
	ck_assert_uint_eq(f.left, 1);
	ck_assert_uint_eq(f.bye_code, 1001);
	teardown();
}
END_TEST

START_TEST(signals_that_come_together_are_one_reload)
{
	setup();
	f.reload_at = 5;
	f.stop_at = 10;
	f.server = server_create_configured();
	ck_assert_ptr_nonnull(f.server);
	upgrade_request();
	server_run(f.server);
	ck_assert_uint_eq(f.reloads, 1);
	teardown();
}
END_TEST

START_TEST(a_client_that_sends_without_end_does_not_delay_others)
{
	setup();
	f.floods = true;
	f.stop_at = 10;
	f.server = server_create_configured();
	ck_assert_ptr_nonnull(f.server);
	upgrade_request();
	server_run(f.server);
	ck_assert_uint_gt(f.messages, 1);
	ck_assert_uint_lt(f.messages, FLOOD_MOST);
	teardown();
}
END_TEST

START_TEST(handles_store_events_until_one_fails)
{
	setup();
	ck_assert_int_eq(pipe(f.store_events), 0);
	ck_assert_int_eq(write(f.store_events[1], "12345", 5), 5);
	f.server = server_create_configured();
	ck_assert_ptr_nonnull(f.server);
	upgrade_request();
	server_run(f.server);
	ck_assert_uint_eq(f.handled, 3);
	close(f.store_events[0]);
	close(f.store_events[1]);
	teardown();
}
END_TEST

/* The n-th allocation fails while a server is made. */
START_TEST(without_memory_there_is_no_server_and_nothing_left)
{
	if (!malloc_can_fail())
		return;
	setup();
	f.limits.deflate = true;
	malloc_fail_at((unsigned)_i + 1);
	f.server = server_create_configured();
	malloc_fail_at(0);
	teardown();
}
END_TEST

START_TEST(where_it_cannot_listen_there_is_no_server)
{
	struct server *second;

	setup();
	f.server = server_create_configured();
	ck_assert_ptr_nonnull(f.server);
	second = server_create_configured();
	ck_assert_ptr_null(second);
	teardown();
}
END_TEST

SUITE(server)
{
	tcase_add_test(tests, a_second_signal_ends_it_at_once);
	tcase_add_test(tests, signals_that_come_together_are_one_reload);
	tcase_add_test(tests,
	    a_client_that_sends_without_end_does_not_delay_others);
	tcase_add_test(tests, handles_store_events_until_one_fails);
	tcase_add_loop_test(tests,
	    without_memory_there_is_no_server_and_nothing_left, 0, 40);
	tcase_add_test(tests, where_it_cannot_listen_there_is_no_server);
}
