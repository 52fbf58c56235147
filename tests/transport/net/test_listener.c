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

#define CALLERS 512

static struct recorder recorder;
static struct listener listener;
static int callers[CALLERS];
static size_t caller_count;
static char folder[32];

static bool
accept_one(void *arg, int fd, struct peer *peer, const struct dialect *dialect)
{
	struct worker *worker = &recorder.rig.worker;

	(void)arg;
	return http_conn_create(&worker->http, &worker->loop, fd, peer,
		   dialect) != NULL;
}

static bool
open_at(const char *text)
{
	struct address address;
	const char *why;

	ck_assert(address_parse(text, &address, &why));
	return listener_open(&listener, &recorder.rig.worker.loop, &address,
	    NULL, accept_one, NULL);
}

static void
setup(void)
{
	recorder_init(&recorder);
	caller_count = 0;
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
hang_up(void)
{
	while (caller_count > 0)
		close(callers[--caller_count]);
}

static void
teardown(void)
{
	hang_up();
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
call_at(const struct address *address)
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
	callers[caller_count++] = fd;
	return true;
}

static void
call(unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		ck_assert(call_at(&listener.address));
}

static void
look_once(void)
{
	event_base_loop(recorder.rig.worker.loop.base,
	    EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void
pass(int64_t ms)
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
connections(void)
{
	return recorder.rig.worker.loop.conn_count;
}

static size_t
hung_up_on(void)
{
	size_t count = 0;
	char byte;

	/* The end, or a reset. */
	for (size_t i = 0; i < caller_count; i++) {
		ssize_t got = recv(callers[i], &byte, 1, MSG_DONTWAIT);

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

static size_t
waiting(void)
{
	return recorder.rig.worker.loop.accept_queue.count;
}

/* --- addresses ------------------------------------------------------------ */

static const char *const addresses[] = { "127.0.0.1:0", "[::1]:0", ":0" };

START_TEST(takes_connections_at_the_port_really_chosen)
{
	setup();
	if (!open_at(addresses[_i])) {
		/* A machine without IPv6. */
		ck_assert_int_eq(addresses[_i][0], '[');
		teardown();
		return;
	}
	call(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 1);
	teardown_listener();
}
END_TEST

START_TEST(a_port_alone_means_either_protocol)
{
	struct address v4;
	const char *why;
	char text[ADDRESS_TEXT_SIZE], v4_text[ADDRESS_TEXT_SIZE + 16];

	setup();
	ck_assert(open_at(":0"));
	address_format(&listener.address, text);
	snprintf(v4_text, sizeof(v4_text), "127.0.0.1%s", strrchr(text, ':'));
	ck_assert(address_parse(v4_text, &v4, &why));
	ck_assert(call_at(&v4));
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 1);
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
	    &listener.address, NULL, accept_one, NULL));
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

START_TEST(takes_connections_at_a_path_and_removes_it)
{
	setup();
	ck_assert(open_at(socket_text()));
	call(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 1);
	listener_close(&listener);
	ck_assert_int_eq(access(socket_path(), F_OK), -1);
	teardown();
}
END_TEST

START_TEST(takes_over_a_path_that_a_crash_left)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	setup();
	strcpy(sun.sun_path, socket_path());
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	ck_assert_int_eq(access(socket_path(), F_OK), 0);
	ck_assert(open_at(socket_text()));
	call(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 1);
	teardown_listener();
}
END_TEST

START_TEST(leaves_a_path_to_who_listens_there)
{
	struct listener second;

	setup();
	ck_assert(open_at(socket_text()));
	ck_assert(!listener_open(&second, &recorder.rig.worker.loop,
	    &listener.address, NULL, accept_one, NULL));
	call(1);
	rig_turn(&recorder.rig);
	/* The other one only looked whether somebody is there. */
	pass(100);
	ck_assert_uint_eq(connections(), 1);
	teardown_listener();
}
END_TEST

START_TEST(leaves_a_file_alone_that_is_no_socket)
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

/* --- no room -------------------------------------------------------------- */

START_TEST(accepts_a_few_at_a_time)
{
	setup_listener();
	call(300);
	look_once();
	ck_assert_uint_eq(connections(), 256);
	look_once();
	ck_assert_uint_eq(connections(), 300);
	teardown_listener();
}
END_TEST

START_TEST(accepts_at_its_rate)
{
	setup_listener();
	set_accept_rate(10, 5);
	call(20);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 5);
	ck_assert_uint_eq(waiting(), 15);
	pass(500);
	ck_assert_uint_ge(connections(), 8);
	ck_assert_uint_le(connections(), 10);
	/* Nobody is turned away, they wait. */
	ck_assert_uint_eq(hung_up_on(), 0);
	pass(2000);
	ck_assert_uint_eq(connections(), 20);
	ck_assert_uint_eq(waiting(), 0);
	teardown_listener();
}
END_TEST

START_TEST(a_flood_from_one_address_delays_no_other)
{
	setup_listener();
	set_accept_rate(10, 20);
	accept_comes_from("10.0.0.1");
	call(200);
	rig_turn(&recorder.rig);
	ck_assert_uint_le(connections(), 20);
	for (int i = 0; i < 20; i++) {
		size_t before = connections();
		char host[24];

		snprintf(host, sizeof(host), "10.0.1.%d", i);
		accept_comes_from(host);
		call(1);
		look_once();
		ck_assert_uint_eq(connections(), before + 1);
		pass(500);
	}
	ck_assert_uint_eq(hung_up_on(), 0);
	teardown_listener();
}
END_TEST

START_TEST(a_peer_that_goes_while_it_waits_costs_no_share)
{
	setup_listener();
	set_accept_rate(10, 5);
	call(20);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(waiting(), 15);
	while (caller_count > 10)
		close(callers[--caller_count]);
	pass(600);
	ck_assert_uint_eq(waiting(), 0);
	/* Five of the first burst are there, and five that still waited. */
	ck_assert_uint_ge(connections(), 5);
	ck_assert_uint_le(connections(), 10);
	teardown_listener();
}
END_TEST

START_TEST(those_that_wait_make_room_for_the_newest)
{
	setup_listener();
	recorder.rig.limits.connections = 1;
	set_accept_rate(10, 5);
	accept_comes_from("10.0.0.1");
	call(70);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections() + waiting(), 1 + 64);
	ck_assert_uint_eq(hung_up_on(), 5);
	teardown_listener();
}
END_TEST

START_TEST(those_that_wait_are_reset_with_the_listener)
{
	setup_listener();
	set_accept_rate(10, 5);
	accept_comes_from("10.0.0.1");
	call(20);
	rig_turn(&recorder.rig);
	listener_close(&listener);
	ck_assert_uint_eq(waiting(), 0);
	ck_assert_uint_eq(hung_up_on(), 15);
	teardown();
}
END_TEST

START_TEST(hangs_up_on_who_is_too_many)
{
	setup_listener();
	recorder.rig.limits.connections = 1;
	call(70);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 1 + 64);
	ck_assert_uint_eq(hung_up_on(), 5);
	teardown_listener();
}
END_TEST

START_TEST(never_accepts_into_reserved_descriptors)
{
	setup_listener();
	recorder.rig.limits.connections = 100;
	recorder.rig.limits.sockets = 20;
	call(30);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 20);
	ck_assert_uint_eq(hung_up_on(), 10);
	teardown_listener();
}
END_TEST

START_TEST(one_peer_cannot_take_every_place)
{
	setup_listener();
	recorder.rig.limits.connections_per_ip = 10;
	accept_comes_from("10.0.0.1");
	call(80);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 10 + 64);
	ck_assert_uint_eq(hung_up_on(), 6);
	accept_comes_from("10.0.0.2");
	call(1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 10 + 64 + 1);
	hang_up();
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(connections(), 0);
	ck_assert_uint_eq(id_map_count(&recorder.rig.worker.loop.peers.peers),
	    0);
	teardown_listener();
}
END_TEST

/* --- errors --------------------------------------------------------------- */

static const int passing[] = { ECONNABORTED, EPROTO, EINTR };

START_TEST(goes_on_after_somebody_changed_their_mind)
{
	setup_listener();
	call(1);
	accept_fails(passing[_i], 3);
	look_once();
	ck_assert_uint_eq(connections(), 1);
	ck_assert(!listener.paused);
	teardown_listener();
}
END_TEST

static const int lasting[] = { EMFILE, ENFILE, ENOMEM, ENOBUFS, EPERM };

START_TEST(rests_longer_and_longer_while_nothing_helps)
{
	static const int64_t rests[] = { 10, 20, 40, 80, 160, 320, 640, 1000,
		1000 };
	size_t before;

	setup_listener();
	for (size_t i = 0; i < COUNT_OF(rests); i++) {
		call(1);
		accept_fails(lasting[_i], 1);
		look_once();
		ck_assert(listener.paused);
		ck_assert_int_eq(listener.backoff_ms, rests[i]);
		before = connections();
		look_once();
		ck_assert_uint_eq(connections(), before);
		rig_pass(&recorder.rig, rests[i]);
		listener_tick(&listener);
		ck_assert(!listener.paused);
	}
	call(1);
	rig_turn(&recorder.rig);
	ck_assert_int_eq(listener.backoff_ms, 0);
	teardown_listener();
}
END_TEST

START_TEST(tells_one_that_there_is_no_descriptor_left)
{
	setup_listener();
	call(2);
	accept_fails(lasting[_i], 1);
	look_once();
	ck_assert_uint_eq(connections(), 0);
	ck_assert_uint_eq(hung_up_on(), 1);
	ck_assert_int_ge(listener.spare_fd, 0);
	pass(100);
	ck_assert_uint_eq(connections(), 1);
	teardown_listener();
}
END_TEST

/* The n-th allocation fails while somebody comes. */
START_TEST(without_memory_nobody_is_counted)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	setup_listener();
	accept_comes_from("10.0.0.1");
	call(1);
	malloc_fail_at((unsigned)_i + 1);
	look_once();
	failed = malloc_has_failed();
	malloc_fail_at(0);
	worker_end_turn(&recorder.rig.worker);
	ck_assert(failed || connections() == 1);
	ck_assert_uint_eq(id_map_count(&recorder.rig.worker.loop.peers.peers),
	    connections());
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(hung_up_on(), 1 - connections());
	teardown_listener();
}
END_TEST

SUITE(listener)
{
	tcase_add_loop_test(tests, takes_connections_at_the_port_really_chosen,
	    0, COUNT_OF(addresses));
	tcase_add_test(tests, a_port_alone_means_either_protocol);
	tcase_add_test(tests, a_port_is_not_shared);
	tcase_add_test(tests, takes_connections_at_a_path_and_removes_it);
	tcase_add_test(tests, takes_over_a_path_that_a_crash_left);
	tcase_add_test(tests, leaves_a_path_to_who_listens_there);
	tcase_add_test(tests, leaves_a_file_alone_that_is_no_socket);
	tcase_add_test(tests, accepts_a_few_at_a_time);
	tcase_add_test(tests, accepts_at_its_rate);
	tcase_add_test(tests, a_flood_from_one_address_delays_no_other);
	tcase_add_test(tests, a_peer_that_goes_while_it_waits_costs_no_share);
	tcase_add_test(tests, those_that_wait_make_room_for_the_newest);
	tcase_add_test(tests, those_that_wait_are_reset_with_the_listener);
	tcase_add_test(tests, hangs_up_on_who_is_too_many);
	tcase_add_test(tests, never_accepts_into_reserved_descriptors);
	tcase_add_test(tests, one_peer_cannot_take_every_place);
	tcase_add_loop_test(tests, goes_on_after_somebody_changed_their_mind, 0,
	    COUNT_OF(passing));
	tcase_add_loop_test(tests, rests_longer_and_longer_while_nothing_helps,
	    0, COUNT_OF(lasting));
	tcase_add_loop_test(tests, tells_one_that_there_is_no_descriptor_left,
	    0, 2);
	tcase_add_loop_test(tests, without_memory_nobody_is_counted, 0, 12);
}
