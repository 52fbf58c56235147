#include "transport/net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/fake_accept.h"
#include "tests/support/transport/recorder.h"
#include "transport/routes.h"

#define PEERS 512

static struct recorder recorder;
static struct listener listener;
static int peers[PEERS];
static size_t peers_open;
static char folder[32];
static struct host_address last_from; /* of the last one that was let in */

static bool
accept_one(void *arg, const struct accepted *accepted)
{
	struct worker *worker = &recorder.rig.worker;

	(void)arg;
	last_from = accepted->from;
	return http_conn_create(&worker->http, &worker->loop, accepted->fd,
		   accepted->peer, NULL) != NULL;
}

static const struct listener_ops listener_ops = {
	.accept = accept_one,
	.is_probe = routes_is_probe,
};

static bool
open_at(const char *text)
{
	struct address address;
	const char *why;

	ck_assert(address_parse(text, &address, &why));
	return listener_open(&listener, &recorder.rig.worker.loop, &address,
	    NULL, &listener_ops, NULL);
}

static void
setup(void)
{
	recorder_init(&recorder);
	peers_open = 0;
	strcpy(folder, "/tmp/parley-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
setup_listener(void)
{
	setup();
	ck_assert(open_at("127.0.0.1:0"));
}

static void
disconnect_all(void)
{
	while (peers_open > 0)
		close(peers[--peers_open]);
}

static void
teardown(void)
{
	disconnect_all();
	recorder_fini(&recorder);
	rmdir(folder);
	accept_fails(0, 0);
	accept_comes_from(NULL);
}

static void
teardown_listener(void)
{
	listener_close(&listener);
	teardown();
}

static bool
connect_to(const struct address *address)
{
	int fd =
	    socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	if (connect(fd, (const struct sockaddr *)&address->storage,
		address->len) != 0 &&
	    errno != EINPROGRESS) {
		close(fd);
		return false;
	}
	peers[peers_open++] = fd;
	return true;
}

static void
connect_many(unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		ck_assert(connect_to(&listener.address));
}

static void
loop_once(void)
{
	conns_poll(&recorder.rig.worker.loop, false);
}

static void
listener_pass(int64_t ms)
{
	for (int64_t passed = 0; passed < ms; passed += WHEEL_TICK_MS) {
		rig_pass(&recorder.rig, WHEEL_TICK_MS);
		listener_tick(&listener);
		/* Its timer counts real time. */
		accept_queue_serve(&recorder.rig.worker.loop.accept_queue);
		rig_turn(&recorder.rig);
	}
}

static size_t
listener_conn_count(void)
{
	return recorder.rig.worker.loop.conn_count;
}

static size_t
peers_disconnected(void)
{
	size_t count = 0;
	char byte;

	/* The end, or a reset. */
	for (size_t i = 0; i < peers_open; i++) {
		ssize_t got = recv(peers[i], &byte, 1, MSG_DONTWAIT);

		count += got == 0 || (got < 0 && errno == ECONNRESET);
	}
	return count;
}

/* The bucket is as full as these limits have it. */
static void
set_accept_rate(uint32_t rate, uint32_t burst)
{
	struct loop *loop = &recorder.rig.worker.loop;

	recorder.rig.limits.accepts = (struct rate_limit){ rate, burst };
	accept_share_init(&loop->accept_queue.share,
	    &recorder.rig.limits.accepts, 1, loop->now_ms);
}

/* Whether this peer has a connection. */
static bool
is_admitted(int fd)
{
	struct sockaddr_in mine, other;
	socklen_t len = sizeof(mine);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&mine, &len), 0);
	for (struct conn *conn = recorder.rig.worker.loop.conns; conn != NULL;
	     conn = conn->next) {
		len = sizeof(other);
		if (getpeername(conn->fd, (struct sockaddr *)&other, &len) ==
			0 &&
		    other.sin_port == mine.sin_port)
			return true;
	}
	return false;
}

static size_t
accepts_waiting(void)
{
	return recorder.rig.worker.loop.accept_queue.count;
}

/* --- addresses ------------------------------------------------------------ */

static const char *const addresses[] = { "127.0.0.1:0", "[::1]:0", ":0" };

START_TEST(accepts_at_the_port_that_the_kernel_chose)
{
	setup();
	if (!open_at(addresses[_i])) {
		/* A machine without IPv6. */
		ck_assert_int_eq(addresses[_i][0], '[');
		teardown();
		return;
	}
	connect_many(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 1);
	teardown_listener();
}
END_TEST

START_TEST(a_port_alone_means_ipv6_and_ipv4)
{
	struct address v4;
	const char *why;
	char text[ADDRESS_TEXT_SIZE], v4_text[ADDRESS_TEXT_SIZE + 16];

	setup();
	ck_assert(open_at(":0"));
	address_format(&listener.address, text);
	snprintf(v4_text, sizeof(v4_text), "127.0.0.1%s", strrchr(text, ':'));
	ck_assert(address_parse(v4_text, &v4, &why));
	ck_assert(connect_to(&v4));
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 1);
	/* Loopback, though it looks like IPv6. */
	ck_assert_ptr_null(recorder.rig.worker.loop.conns->peer);
	teardown_listener();
}
END_TEST

START_TEST(a_port_is_not_shared)
{
	struct listener second;

	setup_listener();
	ck_assert(!listener_open(&second, &recorder.rig.worker.loop,
	    &listener.address, NULL, &listener_ops, NULL));
	teardown_listener();
}
END_TEST

static const char *
socket_text(void)
{
	static char text[64];

	snprintf(text, sizeof(text), "unix:%s/socket", folder);
	return text;
}

static const char *
socket_path(void)
{
	return socket_text() + strlen("unix:");
}

START_TEST(accepts_at_a_path_and_removes_it)
{
	setup();
	ck_assert(open_at(socket_text()));
	connect_many(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 1);
	listener_close(&listener);
	ck_assert_int_eq(access(socket_path(), F_OK), -1);
	teardown();
}
END_TEST

START_TEST(reuses_a_path_that_a_crash_left)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	setup();
	strcpy(sun.sun_path, socket_path());
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	ck_assert_int_eq(access(socket_path(), F_OK), 0);
	ck_assert(open_at(socket_text()));
	connect_many(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 1);
	teardown_listener();
}
END_TEST

START_TEST(leaves_a_path_to_its_listener)
{
	struct listener second;

	setup();
	ck_assert(open_at(socket_text()));
	ck_assert(!listener_open(&second, &recorder.rig.worker.loop,
	    &listener.address, NULL, &listener_ops, NULL));
	connect_many(1);
	rig_turn(&recorder.rig);
	/* The other one only connected to see whether it is in use. */
	listener_pass(100);
	ck_assert_uint_eq(listener_conn_count(), 1);
	teardown_listener();
}
END_TEST

START_TEST(keeps_a_file_that_is_no_socket)
{
	int fd;

	setup();
	fd = open(socket_path(), O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert(!open_at(socket_text()));
	ck_assert_int_eq(access(socket_path(), F_OK), 0);
	unlink(socket_path());
	teardown();
}
END_TEST

/* --- sockets of another program ------------------------------------------- */

START_TEST(adopts_a_socket_and_leaves_its_path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	setup();
	strcpy(sun.sun_path, socket_path());
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert(listener_adopt(&listener, &recorder.rig.worker.loop, fd, NULL,
	    &listener_ops, NULL));
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	connect_many(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 1);
	listener_close(&listener);
	ck_assert_int_eq(access(socket_path(), F_OK), 0);
	unlink(socket_path());
	teardown();
}
END_TEST

START_TEST(does_not_adopt_what_is_no_socket)
{
	setup();
	ck_assert(!listener_adopt(&listener, &recorder.rig.worker.loop,
	    open("/dev/null", O_RDONLY), NULL, &listener_ops, NULL));
	teardown();
}
END_TEST

/* --- no room -------------------------------------------------------------- */

START_TEST(accepts_a_bounded_number_in_a_turn)
{
	setup_listener();
	connect_many(300);
	loop_once();
	ck_assert_uint_eq(listener_conn_count(), 256);
	loop_once();
	ck_assert_uint_eq(listener_conn_count(), 300);
	teardown_listener();
}
END_TEST

START_TEST(accepts_at_its_rate)
{
	setup_listener();
	set_accept_rate(10, 5);
	connect_many(20);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 5);
	ck_assert_uint_eq(accepts_waiting(), 15);
	listener_pass(500);
	ck_assert_uint_ge(listener_conn_count(), 8);
	ck_assert_uint_le(listener_conn_count(), 10);
	/* The others wait. */
	ck_assert_uint_eq(peers_disconnected(), 0);
	listener_pass(2000);
	ck_assert_uint_eq(listener_conn_count(), 20);
	ck_assert_uint_eq(accepts_waiting(), 0);
	teardown_listener();
}
END_TEST

START_TEST(a_flood_from_one_address_delays_no_other)
{
	setup_listener();
	set_accept_rate(10, 20);
	accept_comes_from("10.0.0.1");
	connect_many(200);
	rig_turn(&recorder.rig);
	ck_assert_uint_le(listener_conn_count(), 20);
	for (int i = 0; i < 20; i++) {
		size_t before = listener_conn_count();
		char host[24];

		snprintf(host, sizeof(host), "10.0.1.%d", i);
		accept_comes_from(host);
		connect_many(1);
		loop_once();
		ck_assert_uint_eq(listener_conn_count(), before + 1);
		listener_pass(500);
	}
	ck_assert_uint_eq(peers_disconnected(), 0);
	teardown_listener();
}
END_TEST

/* A flood from its own address; most connections send nothing. */
START_TEST(a_request_is_served_before_silent_peers_of_its_address)
{
	setup_listener();
	set_accept_rate(10, 20);
	connect_many(100);
	rig_turn(&recorder.rig);
	listener_pass(1000);
	for (int i = 0; i < 10; i++) {
		int honest;

		connect_many(10);
		honest = peers[peers_open - 1];
		ck_assert_int_eq(send(honest, "GET /ws", 7, 0), 7);
		connect_many(10);
		rig_turn(&recorder.rig);
		listener_pass(200);
		ck_assert(is_admitted(honest));
	}
	teardown_listener();
}
END_TEST

START_TEST(a_health_check_has_a_rate_of_its_own)
{
	static const char ws[] = "GET /ws HTTP/1.1\r\n";
	static const char livez[] = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
	char answer[12];

	setup_listener();
	set_accept_rate(1, 2);
	connect_many(50);
	for (size_t i = 0; i < peers_open; i++)
		ck_assert_int_gt(send(peers[i], ws, sizeof(ws) - 1, 0), 0);
	rig_turn(&recorder.rig);
	connect_many(1);
	ck_assert_int_gt(send(peers[peers_open - 1], livez, sizeof(livez) - 1,
			     0),
	    0);
	rig_turn(&recorder.rig);
	listener_pass(100);
	ck_assert_int_eq(recv(peers[peers_open - 1], answer, sizeof(answer),
			     MSG_DONTWAIT),
	    sizeof(answer));
	ck_assert_mem_eq(answer, "HTTP/1.1 200", sizeof(answer));
	ck_assert_uint_ge(accepts_waiting(), 40);
	teardown_listener();
}
END_TEST

START_TEST(a_peer_that_closes_while_it_waits_uses_no_share)
{
	setup_listener();
	set_accept_rate(10, 5);
	connect_many(20);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(accepts_waiting(), 15);
	while (peers_open > 10)
		close(peers[--peers_open]);
	listener_pass(600);
	ck_assert_uint_eq(accepts_waiting(), 0);
	/* Five of the first burst are there, and five that still waited. */
	ck_assert_uint_ge(listener_conn_count(), 5);
	ck_assert_uint_le(listener_conn_count(), 10);
	teardown_listener();
}
END_TEST

START_TEST(waiting_peers_are_reset_for_the_newest)
{
	setup_listener();
	recorder.rig.limits.connections = 1;
	set_accept_rate(10, 5);
	accept_comes_from("10.0.0.1");
	connect_many(70);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count() + accepts_waiting(), 1 + 64);
	ck_assert_uint_eq(peers_disconnected(), 5);
	teardown_listener();
}
END_TEST

START_TEST(waiting_peers_are_reset_with_the_listener)
{
	setup_listener();
	set_accept_rate(10, 5);
	accept_comes_from("10.0.0.1");
	connect_many(20);
	rig_turn(&recorder.rig);
	listener_close(&listener);
	ck_assert_uint_eq(accepts_waiting(), 0);
	ck_assert_uint_eq(peers_disconnected(), 15);
	teardown();
}
END_TEST

START_TEST(resets_connections_beyond_the_limit)
{
	setup_listener();
	recorder.rig.limits.connections = 1;
	connect_many(70);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 1 + 64);
	ck_assert_uint_eq(peers_disconnected(), 5);
	teardown_listener();
}
END_TEST

START_TEST(never_accepts_into_reserved_descriptors)
{
	setup_listener();
	recorder.rig.limits.connections = 100;
	recorder.rig.limits.sockets = 20;
	connect_many(30);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 20);
	ck_assert_uint_eq(peers_disconnected(), 10);
	teardown_listener();
}
END_TEST

START_TEST(one_peer_cannot_use_every_connection)
{
	setup_listener();
	recorder.rig.limits.connections_per_ip = 10;
	accept_comes_from("10.0.0.1");
	connect_many(80);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 10 + 64);
	ck_assert_uint_eq(peers_disconnected(), 6);
	accept_comes_from("10.0.0.2");
	connect_many(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 10 + 64 + 1);
	disconnect_all();
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 0);
	ck_assert_uint_eq(id_map_count(&recorder.rig.worker.loop.peers.peers),
	    0);
	teardown_listener();
}
END_TEST

/* --- proxies -------------------------------------------------------------- */

static struct address_ranges trusted;

static void
listener_trust_proxies(const char *list)
{
	const char *why;
	struct str bad;

	ck_assert(address_ranges_parse(str_from(list), &trusted, &bad, &why));
	recorder.rig.worker.loop.proxies = &trusted;
}

/* A trusted proxy is not counted: its requests name the clients that are. */
START_TEST(a_trusted_proxy_needs_no_share)
{
	setup_listener();
	set_accept_rate(1, 2);
	recorder.rig.limits.connections_per_ip = 1;
	listener_trust_proxies("10.0.0.0/8");
	accept_comes_from("10.0.0.1");
	connect_many(100);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 100);
	ck_assert_ptr_null(recorder.rig.worker.loop.conns->peer);
	accept_comes_from("11.0.0.1");
	connect_many(10);
	rig_turn(&recorder.rig);
	ck_assert_uint_le(listener_conn_count(), 102);
	ck_assert_uint_ge(accepts_waiting(), 8);
	teardown_listener();
}
END_TEST

#define LINE "PROXY TCP4 192.0.2.1 198.51.100.2 4660 80\r\n"
#define LIVEZ "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"

static void
setup_proxy(void)
{
	setup_listener();
	listener.expects_proxy = true;
}

static void
peer_send(size_t peer, const void *data, size_t len)
{
	ck_assert_int_eq(send(peers[peer], data, len, MSG_NOSIGNAL),
	    (ssize_t)len);
}

static void
check_last_from(const char *wanted)
{
	char text[HOST_ADDRESS_TEXT_SIZE];

	host_address_format(&last_from, text);
	ck_assert_str_eq(text, wanted);
}

static void
listener_check_answer(size_t peer, const char *wanted)
{
	char answer[13] = "";

	ck_assert_int_eq(recv(peers[peer], answer, 12, MSG_DONTWAIT), 12);
	ck_assert_str_eq(answer, wanted);
}

START_TEST(a_proxy_header_names_the_client)
{
	static const char packet[] = LINE LIVEZ;

	setup_proxy();
	connect_many(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 0);
	ck_assert_uint_eq(recorder.rig.worker.loop.proxy_wait_count, 1);
	if (_i == 0)
		peer_send(0, packet, sizeof(packet) - 1);
	else
		for (size_t i = 0; i < sizeof(packet) - 1; i++) {
			peer_send(0, packet + i, 1);
			rig_turn(&recorder.rig);
		}
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 1);
	ck_assert_uint_eq(recorder.rig.worker.loop.proxy_wait_count, 0);
	check_last_from("192.0.2.1");
	ck_assert_uint_eq(peer_count(recorder.rig.worker.loop.conns->peer), 1);
	listener_check_answer(0, "HTTP/1.1 200");
	teardown_listener();
}
END_TEST

START_TEST(a_balancer_may_speak_for_itself)
{
	static const char header[] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0" LIVEZ;

	setup_proxy();
	accept_comes_from("10.0.0.1");
	connect_many(1);
	peer_send(0, header, sizeof(header) - 1);
	rig_turn(&recorder.rig);
	check_last_from("10.0.0.1");
	listener_check_answer(0, "HTTP/1.1 200");
	teardown_listener();
}
END_TEST

START_TEST(limits_hold_for_the_client_in_the_header)
{
	setup_proxy();
	recorder.rig.limits.connections_per_ip = 1;
	listener_trust_proxies("10.0.0.0/8");
	accept_comes_from("10.0.0.1");
	connect_many(80);
	for (size_t i = 0; i < 80; i++)
		peer_send(i, LINE, sizeof(LINE) - 1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 1 + 64);
	ck_assert_uint_eq(peers_disconnected(), 80 - 1 - 64);
	disconnect_all();
	rig_turn(&recorder.rig);
	set_accept_rate(1, 2);
	connect_many(20);
	for (size_t i = 0; i < 20; i++)
		peer_send(i, LINE, sizeof(LINE) - 1);
	rig_turn(&recorder.rig);
	ck_assert_uint_le(listener_conn_count(), 2);
	ck_assert_uint_ge(accepts_waiting(), 18);
	teardown_listener();
}
END_TEST

START_TEST(only_trusted_peers_may_name_clients)
{
	setup_proxy();
	listener_trust_proxies("10.0.0.0/8");
	accept_comes_from("11.0.0.1");
	connect_many(1);
	peer_send(0, LINE, sizeof(LINE) - 1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 0);
	ck_assert_uint_eq(peers_disconnected(), 1);
	teardown_listener();
}
END_TEST

static const char *const no_headers[] = { LIVEZ, "\x16\3\1",
	"PROXY TCP9 1 2 3 4\r\n", "\r\nX" };

START_TEST(closes_what_has_no_proxy_header)
{
	setup_proxy();
	connect_many(1);
	peer_send(0, no_headers[_i], strlen(no_headers[_i]));
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(listener_conn_count(), 0);
	ck_assert_uint_eq(recorder.rig.worker.loop.proxy_wait_count, 0);
	ck_assert_uint_eq(peers_disconnected(), 1);
	teardown_listener();
}
END_TEST

START_TEST(a_proxy_header_must_come_in_time)
{
	setup_proxy();
	connect_many(2);
	rig_turn(&recorder.rig);
	listener_pass(4800);
	peer_send(0, LINE, 10);
	listener_pass(100);
	ck_assert_uint_eq(peers_disconnected(), 0);
	listener_pass(200);
	ck_assert_uint_eq(peers_disconnected(), 2);
	ck_assert_uint_eq(recorder.rig.worker.loop.proxy_wait_count, 0);
	teardown_listener();
}
END_TEST

START_TEST(forgets_a_peer_that_closes_before_its_header_is_whole)
{
	setup_proxy();
	connect_many(1);
	peer_send(0, LINE, 10);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.loop.proxy_wait_count, 1);
	disconnect_all();
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.loop.proxy_wait_count, 0);
	teardown_listener();
}
END_TEST

START_TEST(silent_peers_are_reset_for_the_newest)
{
	setup_proxy();
	recorder.rig.limits.connections = 1;
	connect_many(70);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.loop.proxy_wait_count, 65);
	ck_assert_uint_eq(peers_disconnected(), 5);
	peer_send(69, LINE LIVEZ, sizeof(LINE LIVEZ) - 1);
	rig_turn(&recorder.rig);
	listener_check_answer(69, "HTTP/1.1 200");
	listener_close(&listener);
	ck_assert_uint_eq(recorder.rig.worker.loop.proxy_wait_count, 0);
	teardown();
}
END_TEST

START_TEST(without_memory_no_header_is_awaited)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	setup_proxy();
	connect_many(1);
	malloc_fail_at((unsigned)_i + 1);
	loop_once();
	failed = malloc_has_failed();
	malloc_fail_at(0);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.loop.proxy_wait_count, !failed);
	ck_assert_uint_eq(peers_disconnected(), failed);
	teardown_listener();
}
END_TEST

/* --- errors --------------------------------------------------------------- */

static const int passing_errors[] = { ECONNABORTED, EPROTO, EINTR };

START_TEST(goes_on_after_a_peer_aborted)
{
	setup_listener();
	connect_many(1);
	accept_fails(passing_errors[_i], 3);
	loop_once();
	ck_assert_uint_eq(listener_conn_count(), 1);
	ck_assert(!listener.paused);
	teardown_listener();
}
END_TEST

static const int lasting_errors[] = { EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM };

START_TEST(pauses_longer_after_each_error)
{
	static const int64_t pauses[] = { 10, 20, 40, 80, 160, 320, 640, 1000,
		1000 };
	size_t before;

	setup_listener();
	for (size_t i = 0; i < COUNT_OF(pauses); i++) {
		connect_many(1);
		accept_fails(lasting_errors[_i], 1);
		loop_once();
		ck_assert(listener.paused);
		ck_assert_int_eq(listener.backoff_ms, pauses[i]);
		before = listener_conn_count();
		loop_once();
		ck_assert_uint_eq(listener_conn_count(), before);
		rig_pass(&recorder.rig, pauses[i]);
		listener_tick(&listener);
		ck_assert(!listener.paused);
	}
	connect_many(1);
	rig_turn(&recorder.rig);
	ck_assert_int_eq(listener.backoff_ms, 0);
	teardown_listener();
}
END_TEST

START_TEST(closes_one_when_no_descriptor_is_left)
{
	setup_listener();
	connect_many(2);
	accept_fails(lasting_errors[_i], 1);
	loop_once();
	ck_assert_uint_eq(listener_conn_count(), 0);
	ck_assert_uint_eq(peers_disconnected(), 1);
	ck_assert_int_ge(listener.spare_fd, 0);
	listener_pass(100);
	ck_assert_uint_eq(listener_conn_count(), 1);
	teardown_listener();
}
END_TEST

/* The n-th allocation fails while a peer connects. */
START_TEST(without_memory_no_peer_is_counted)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	setup_listener();
	accept_comes_from("10.0.0.1");
	connect_many(1);
	malloc_fail_at((unsigned)_i + 1);
	loop_once();
	failed = malloc_has_failed();
	malloc_fail_at(0);
	worker_end_turn(&recorder.rig.worker);
	ck_assert(failed || listener_conn_count() == 1);
	ck_assert_uint_eq(id_map_count(&recorder.rig.worker.loop.peers.peers),
	    listener_conn_count());
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(peers_disconnected(), 1 - listener_conn_count());
	teardown_listener();
}
END_TEST

SUITE(listener)
{
	tcase_add_loop_test(tests, accepts_at_the_port_that_the_kernel_chose, 0,
	    COUNT_OF(addresses));
	tcase_add_test(tests, a_port_alone_means_ipv6_and_ipv4);
	tcase_add_test(tests, a_port_is_not_shared);
	tcase_add_test(tests, accepts_at_a_path_and_removes_it);
	tcase_add_test(tests, reuses_a_path_that_a_crash_left);
	tcase_add_test(tests, leaves_a_path_to_its_listener);
	tcase_add_test(tests, keeps_a_file_that_is_no_socket);
	tcase_add_test(tests, adopts_a_socket_and_leaves_its_path);
	tcase_add_test(tests, does_not_adopt_what_is_no_socket);
	tcase_add_test(tests, accepts_a_bounded_number_in_a_turn);
	tcase_add_test(tests, accepts_at_its_rate);
	tcase_add_test(tests, a_flood_from_one_address_delays_no_other);
	tcase_add_test(tests,
	    a_request_is_served_before_silent_peers_of_its_address);
	tcase_add_test(tests, a_health_check_has_a_rate_of_its_own);
	tcase_add_test(tests, a_peer_that_closes_while_it_waits_uses_no_share);
	tcase_add_test(tests, waiting_peers_are_reset_for_the_newest);
	tcase_add_test(tests, waiting_peers_are_reset_with_the_listener);
	tcase_add_test(tests, resets_connections_beyond_the_limit);
	tcase_add_test(tests, never_accepts_into_reserved_descriptors);
	tcase_add_test(tests, one_peer_cannot_use_every_connection);
	tcase_add_test(tests, a_trusted_proxy_needs_no_share);
	tcase_add_loop_test(tests, a_proxy_header_names_the_client, 0, 2);
	tcase_add_test(tests, a_balancer_may_speak_for_itself);
	tcase_add_test(tests, limits_hold_for_the_client_in_the_header);
	tcase_add_test(tests, only_trusted_peers_may_name_clients);
	tcase_add_loop_test(tests, closes_what_has_no_proxy_header, 0,
	    COUNT_OF(no_headers));
	tcase_add_test(tests, a_proxy_header_must_come_in_time);
	tcase_add_test(tests,
	    forgets_a_peer_that_closes_before_its_header_is_whole);
	tcase_add_test(tests, silent_peers_are_reset_for_the_newest);
	tcase_add_loop_test(tests, without_memory_no_header_is_awaited, 0, 2);
	tcase_add_loop_test(tests, goes_on_after_a_peer_aborted, 0,
	    COUNT_OF(passing_errors));
	tcase_add_loop_test(tests, pauses_longer_after_each_error, 0,
	    COUNT_OF(lasting_errors));
	tcase_add_loop_test(tests, closes_one_when_no_descriptor_is_left, 0, 2);
	tcase_add_loop_test(tests, without_memory_no_peer_is_counted, 0, 12);
}
