#include "transport/http/http_idle.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/support/transport/other_server.h"
#include "transport/net/conn.h"
#include "transport/tls/tls_context.h"

#define TAKEN "HTTP/1.1 204 No Content\r\n\r\n"

static struct other_server server;

/* A connection that has answered a call, and is idle. */
static void
setup(void)
{
	other_server_init(&server, "http://127.0.0.1:%u/");
	other_server_post(&server, "first");
	other_server_answer(&server, TAKEN);
	ck_assert_uint_eq(server.results, 1);
	ck_assert_uint_eq(server.recorder.rig.worker.loop.idle_count, 1);
}

static void
teardown(void)
{
	other_server_fini(&server);
}

static void
check_idle(size_t count)
{
	ck_assert_uint_eq(server.recorder.rig.worker.loop.idle_count, count);
	ck_assert_uint_eq(other_server_connections(&server), count);
}

/* Whether a call has opened another connection, which is accepted. */
static bool
is_on_a_new_connection(void)
{
	int fd = accept4(server.listening, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0)
		return false;
	close(server.peer);
	server.peer = fd;
	other_server_turn(&server);
	return true;
}

START_TEST(a_connection_is_used_again)
{
	setup();
	for (unsigned i = 2; i < 5; i++) {
		other_server_post(&server, "next");
		ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\nnext"));
		other_server_answer(&server, TAKEN);
		ck_assert_uint_eq(server.results, i);
		check_idle(1);
	}
	ck_assert(!is_on_a_new_connection());
	teardown();
}
END_TEST

START_TEST(a_call_from_a_result_uses_it)
{
	setup();
	server.calls_again = true;
	other_server_post(&server, "next");
	other_server_answer(&server, TAKEN);
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\nagain"));
	ck_assert(!is_on_a_new_connection());
	other_server_answer(&server, TAKEN);
	ck_assert_uint_eq(server.results, 3);
	check_idle(1);
	teardown();
}
END_TEST

START_TEST(two_calls_have_two_connections)
{
	setup();
	other_server_post(&server, "one");
	other_server_post(&server, "two");
	ck_assert_uint_eq(other_server_connections(&server), 2);
	ck_assert(is_on_a_new_connection());
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\ntwo"));
	teardown();
}
END_TEST

/* Else a server that sends head and body separately waits for 40 ms. */
START_TEST(an_answer_in_two_parts_is_acknowledged_at_once)
{
	int at_once = 0;
	socklen_t len = sizeof(at_once);

	setup();
	for (int i = 0; i < 5; i++) {
		other_server_post(&server, "next");
		getsockopt(server.recorder.rig.worker.loop.conns->fd,
		    IPPROTO_TCP, TCP_QUICKACK, &at_once, &len);
		ck_assert_int_eq(at_once, 1);
		other_server_answer(&server, TAKEN);
	}
	teardown();
}
END_TEST

START_TEST(one_that_is_closed_is_dropped)
{
	setup();
	other_server_close(&server);
	rig_turn(&server.recorder.rig);
	check_idle(0);
	teardown();
}
END_TEST

START_TEST(one_that_was_just_closed_is_not_used)
{
	setup();
	other_server_close(&server);
	other_server_post(&server, "next");
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\nnext"));
	other_server_answer(&server, TAKEN);
	ck_assert_uint_eq(server.results, 2);
	ck_assert_int_eq(server.status, 204);
	teardown();
}
END_TEST

/* With FIN, or with a reset. */
START_TEST(a_request_that_was_lost_is_sent_again)
{
	struct linger reset = { .l_onoff = 1 };

	setup();
	other_server_post(&server, "next");
	if (_i == 1)
		setsockopt(server.peer, SOL_SOCKET, SO_LINGER, &reset,
		    sizeof(reset));
	other_server_close(&server);
	server.request[0] = '\0';
	other_server_turn(&server);
	other_server_turn(&server);
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\nnext"));
	ck_assert_uint_eq(server.results, 1);
	other_server_answer(&server, TAKEN);
	ck_assert_uint_eq(server.results, 2);
	ck_assert_int_eq(server.status, 204);
	check_idle(1);
	teardown();
}
END_TEST

START_TEST(it_is_sent_again_once)
{
	setup();
	other_server_post(&server, "next");
	other_server_close(&server);
	other_server_turn(&server);
	other_server_turn(&server);
	ck_assert_uint_eq(server.results, 1);
	other_server_close(&server);
	other_server_turn(&server);
	ck_assert_uint_eq(server.results, 2);
	ck_assert_int_eq(server.status, 0);
	ck_assert_str_eq(server.why, "it closed the connection");
	ck_assert_int_lt(server.peer, 0);
	check_idle(0);
	teardown();
}
END_TEST

static const char *const beginnings[] = {
	"H",
	"HTTP/1.1 200 OK\r\nContent-Le",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
};

START_TEST(a_request_whose_answer_has_begun_is_not_sent_again)
{
	struct linger reset = { .l_onoff = 1 };

	setup();
	other_server_post(&server, "next");
	other_server_answer(&server, beginnings[_i]);
	setsockopt(server.peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	other_server_close(&server);
	other_server_turn(&server);
	ck_assert_uint_eq(server.results, 2);
	ck_assert_int_eq(server.status, 0);
	ck_assert_int_lt(server.peer, 0);
	check_idle(0);
	teardown();
}
END_TEST

/* Before or after the loop has read them. */
START_TEST(bytes_that_were_not_asked_for_are_no_answer)
{
	static const char forged[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";

	setup();
	ck_assert_int_gt(send(server.peer, forged, sizeof(forged) - 1, 0), 0);
	if (_i == 1) {
		rig_turn(&server.recorder.rig);
		check_idle(0);
	}
	other_server_begin(&server, "next");
	rig_turn(&server.recorder.rig);
	ck_assert_uint_eq(server.results, 1);
	ck_assert(is_on_a_new_connection());
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\nnext"));
	other_server_answer(&server, TAKEN);
	ck_assert_int_eq(server.status, 204);
	teardown();
}
END_TEST

START_TEST(it_waits_for_a_short_time)
{
	setup();
	rig_pass(&server.recorder.rig, HTTP_IDLE_MS - 200);
	check_idle(1);
	rig_pass(&server.recorder.rig, 400);
	check_idle(0);
	teardown();
}
END_TEST

START_TEST(another_server_has_another_connection)
{
	struct http_target *target = &server.target;

	setup();
	if (_i == 0)
		strcpy(target->name, "localhost");
	else
		((struct sockaddr_in *)&target->addresses[0].storage)
		    ->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	other_server_begin(&server, "next");
	ck_assert_uint_eq(server.recorder.rig.worker.loop.idle_count, 1);
	ck_assert_uint_eq(other_server_connections(&server), 2);
	teardown();
}
END_TEST

START_TEST(they_are_few)
{
	int peers[HTTP_IDLE_MOST + 2];

	other_server_init(&server, "http://127.0.0.1:%u/");
	for (size_t i = 0; i < COUNT_OF(peers); i++) {
		other_server_post(&server, "x");
		peers[i] = server.peer;
		server.peer = -1;
	}
	for (size_t i = 0; i < COUNT_OF(peers); i++)
		ck_assert_int_gt(send(peers[i], TAKEN, sizeof(TAKEN) - 1, 0),
		    0);
	rig_turn(&server.recorder.rig);
	check_idle(HTTP_IDLE_MOST);
	for (size_t i = 0; i < COUNT_OF(peers); i++)
		close(peers[i]);
	teardown();
}
END_TEST

START_TEST(they_leave_with_the_server)
{
	struct loop *loop = &server.recorder.rig.worker.loop;

	setup();
	conn_leave(loop->conns, loop->wheel.now + 100);
	rig_turn(&server.recorder.rig);
	check_idle(0);
	teardown();
}
END_TEST

/* --- under TLS ------------------------------------------------------------ */

static void
setup_tls(void)
{
	other_server_init_tls(&server, "https://localhost:%u/", true);
	other_server_post_tls(&server, "first");
	other_server_answer_tls(&server, TAKEN);
	ck_assert_uint_eq(server.results, 1);
	check_idle(1);
}

START_TEST(there_is_one_handshake)
{
	setup_tls();
	for (unsigned i = 2; i < 5; i++) {
		other_server_post_tls(&server, "next");
		ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\nnext"));
		other_server_answer_tls(&server, TAKEN);
		ck_assert_uint_eq(server.results, i);
		check_idle(1);
	}
	ck_assert(!is_on_a_new_connection());
	other_server_fini_tls(&server);
}
END_TEST

/* A ticket of TLS 1.3 is no answer. */
START_TEST(a_new_ticket_does_not_matter)
{
	setup_tls();
	ck_assert_int_eq(SSL_new_session_ticket(server.ssl), 1);
	ck_assert_int_eq(SSL_do_handshake(server.ssl), 1);
	if (_i == 1) {
		rig_turn(&server.recorder.rig);
		check_idle(1);
	}
	other_server_post_tls(&server, "next");
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\nnext"));
	ck_assert(!is_on_a_new_connection());
	other_server_fini_tls(&server);
}
END_TEST

/* With and without a turn; what is sent meanwhile is lost. */
START_TEST(one_that_is_closed_under_tls_is_replaced)
{
	setup_tls();
	if (_i == 2)
		other_server_post_tls(&server, "next");
	SSL_shutdown(server.ssl);
	other_server_close(&server);
	if (_i == 1) {
		rig_turn(&server.recorder.rig);
		check_idle(0);
	}
	if (_i == 2)
		other_server_turn_tls(&server);
	else
		other_server_post_tls(&server, "next");
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\nnext"));
	other_server_answer_tls(&server, TAKEN);
	ck_assert_uint_eq(server.results, 2);
	ck_assert_int_eq(server.status, 204);
	other_server_fini_tls(&server);
}
END_TEST

START_TEST(other_authorities_have_another_connection)
{
	struct tls_context *trusted;
	char why[128];

	setup_tls();
	trusted = server.target.tls;
	server.target.tls =
	    tls_context_create_client(server.other_certificate.path, why,
		sizeof(why));
	other_server_post_tls(&server, "secret");
	ck_assert_uint_eq(server.results, 1);
	ck_assert_uint_eq(other_server_connections(&server), 2);
	tls_context_unref(trusted);
	other_server_fini_tls(&server);
}
END_TEST

SUITE(http_idle)
{
	tcase_add_test(tests, a_connection_is_used_again);
	tcase_add_test(tests, a_call_from_a_result_uses_it);
	tcase_add_test(tests, two_calls_have_two_connections);
	tcase_add_test(tests, an_answer_in_two_parts_is_acknowledged_at_once);
	tcase_add_test(tests, one_that_is_closed_is_dropped);
	tcase_add_test(tests, one_that_was_just_closed_is_not_used);
	tcase_add_loop_test(tests, a_request_that_was_lost_is_sent_again, 0, 2);
	tcase_add_test(tests, it_is_sent_again_once);
	tcase_add_loop_test(tests,
	    a_request_whose_answer_has_begun_is_not_sent_again, 0,
	    COUNT_OF(beginnings));
	tcase_add_loop_test(tests, bytes_that_were_not_asked_for_are_no_answer,
	    0, 2);
	tcase_add_test(tests, it_waits_for_a_short_time);
	tcase_add_loop_test(tests, another_server_has_another_connection, 0, 2);
	tcase_add_test(tests, they_are_few);
	tcase_add_test(tests, they_leave_with_the_server);
	tcase_add_test(tests, there_is_one_handshake);
	tcase_add_loop_test(tests, a_new_ticket_does_not_matter, 0, 2);
	tcase_add_loop_test(tests, one_that_is_closed_under_tls_is_replaced, 0,
	    3);
	tcase_add_test(tests, other_authorities_have_another_connection);
}
