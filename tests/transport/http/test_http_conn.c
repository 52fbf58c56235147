#include "transport/http/http_conn.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"

static struct recorder recorder;
static struct client client;

#define UPGRADE                                                    \
	"Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define OPENING "GET /ws HTTP/1.1\r\n" UPGRADE "Sec-WebSocket-Version: 13\r\n"

static void
setup(void)
{
	recorder_init(&recorder);
	client_connect(&client, &recorder.rig, 0);
}

static void
teardown(void)
{
	recorder_fini(&recorder);
	client_fini(&client);
}

static void
send_and_receive(const char *text)
{
	client_send_text(&client, text);
	rig_turn(&recorder.rig);
	client_receive(&client);
}

static bool
has_header(const char *header)
{
	return memmem(client.data, client.len, header, strlen(header)) != NULL;
}

static void
http_check_status(int status)
{
	char line[32];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	ck_assert_msg(client_got(&client, line), "no %d but: %.*s", status,
	    (int)client.len, client.data);
}

/* Answered, closed, and freed as soon as the peer has closed. */
static void
http_check_refused(int status)
{
	http_check_status(status);
	ck_assert(has_header("\r\nConnection: close\r\n"));
	ck_assert(client.eof);
	ck_assert_uint_eq(recorder.opened, 0);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 1);
	shutdown(client.fd, SHUT_WR);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
}

static const struct {
	const char *head;
	int status;
	const char *header; /* NULL: none in particular */
} refused[] = {
	{ "GET /ws HTTP/1.1\r\n" UPGRADE "Sec-WebSocket-Version: 12\r\n\r\n",
	    426, "\r\nSec-WebSocket-Version: 13\r\n" },
	{ "GET /ws HTTP/1.1\r\n" UPGRADE "\r\n", 400,
	    "\r\nSec-WebSocket-Version: 13\r\n" },
	{ "POST /ws HTTP/1.1\r\n" UPGRADE "Sec-WebSocket-Version: 13\r\n\r\n",
	    405, "\r\nAllow: GET\r\n" },
	{ "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", 400,
	    "\r\nSec-WebSocket-Version: 13\r\n" },
	{ "GET /ws HTTP/1.0\r\n" UPGRADE "Sec-WebSocket-Version: 13\r\n\r\n",
	    400, NULL },
	{ OPENING "Sec-WebSocket-Key: AAAA\r\n\r\n", 400, NULL },
	{ OPENING "Sec-WebSocket-Extensions: ;;\r\n\r\n", 400, NULL },
	{ OPENING "Content-Length: 5\r\n\r\nhello", 413, NULL },
	{ OPENING "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413, NULL },
	{ "GET /ws HTTP/2.0\r\nHost: x\r\n\r\n", 505, NULL },
	{ "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", 404,
	    NULL },
	{ "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", 413,
	    NULL },
	{ "POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", 405,
	    "\r\nAllow: GET, HEAD, OPTIONS\r\n" },
	{ "\r\n\r\n", 400, NULL },
	{ "\x16\x03\x01\x02", 400, NULL }, /* TLS */
	{ "GET /ws HTTP/1.1\n", 400, NULL },
	{ "GET /ws HTTP/1.1\r\nHost: x\r\n folded", 400, NULL },
};

START_TEST(reports_what_is_wrong_with_a_request)
{
	setup();
	send_and_receive(refused[_i].head);
	if (refused[_i].header != NULL)
		ck_assert(has_header(refused[_i].header));
	http_check_refused(refused[_i].status);
	teardown();
}
END_TEST

START_TEST(answers_the_same_byte_by_byte)
{
	setup();
	for (const char *at = refused[_i].head; *at != '\0'; at++) {
		/* It may know before the end, and is then not listening. */
		send(client.fd, at, 1, MSG_NOSIGNAL);
		rig_turn(&recorder.rig);
	}
	client_receive(&client);
	http_check_refused(refused[_i].status);
	teardown();
}
END_TEST

/* What is no fault of the request costs no connection. */
static const struct {
	const char *head;
	int status;
	const char *header;
} answered[] = {
	{ "GET /wss HTTP/1.1\r\n" UPGRADE "\r\n", 404, "" },
	{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404, "" },
	{ "POST /readyz HTTP/1.1\r\nHost: x\r\n\r\n", 405,
	    "\r\nAllow: GET, HEAD, OPTIONS\r\n" },
	{ "OPTIONS /readyz HTTP/1.1\r\nHost: x\r\n\r\n", 204,
	    "\r\nAllow: GET, HEAD, OPTIONS\r\n" },
	{ "\r\nGET http://x/livez HTTP/1.1\r\nHost: x\r\n\r\n", 200, "" },
};

START_TEST(answers_the_next_request_too)
{
	setup();
	for (int i = 0; i < 3; i++) {
		client.len = 0;
		send_and_receive(answered[_i].head);
		http_check_status(answered[_i].status);
		ck_assert(has_header(answered[_i].header));
		ck_assert(!has_header("\r\nConnection: close\r\n"));
		ck_assert(!client.eof);
	}
	client.len = 0;
	send_and_receive(OPENING "\r\n");
	http_check_status(101);
	teardown();
}
END_TEST

START_TEST(refuses_a_head_that_is_too_long_before_its_end)
{
	char line[512];

	setup();
	recorder.rig.limits.request_bytes = 512;
	worker_limits_changed(&recorder.rig.worker);
	memset(line, 'x', sizeof(line));
	client_send_text(&client, "GET /ws HTTP/1.1\r\nX: ");
	client_send(&client, line, sizeof(line));
	rig_turn(&recorder.rig);
	client_receive(&client);
	http_check_refused(431);
	teardown();
}
END_TEST

START_TEST(refuses_more_headers_than_allowed)
{
	setup();
	recorder.rig.limits.request_headers = 4;
	worker_limits_changed(&recorder.rig.worker);
	send_and_receive(OPENING "\r\n");
	http_check_refused(431);
	teardown();
}
END_TEST

START_TEST(waits_for_a_head_until_the_deadline)
{
	setup();
	send_and_receive("GET /ws HTTP/1.1\r\n");
	rig_pass(&recorder.rig, 4900);
	/* Another byte does not move it. */
	send_and_receive("H");
	ck_assert_uint_eq(client.len, 0);
	rig_pass(&recorder.rig, 100);
	client_receive(&client);
	http_check_refused(408);
	teardown();
}
END_TEST

START_TEST(resets_a_refused_client_that_stays)
{
	setup();
	send_and_receive("\r\n\r\n");
	http_check_status(400);
	/* What is still sent is thrown away. */
	send_and_receive(OPENING "\r\n");
	rig_pass(&recorder.rig, 4900);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 1);
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown();
}
END_TEST

/* --- no room -------------------------------------------------------------- */

static void
go_down(void)
{
	recorder.rig.worker.ws.refusing = true;
}

static void
connections_fill(void)
{
	recorder.rig.limits.connections = 1;
	recorder.rig.worker.ws.open_count++;
}

static void
memory_fill(void)
{
	recorder.rig.limits.memory = 100; /* less than any connection takes */
}

static const struct {
	void (*prepare)(void);
	const char *why;
} unwelcome[] = {
	{ go_down, "Going down\n" },
	{ connections_fill, "Too many connections\n" },
	{ memory_fill, "Out of memory\n" },
};

START_TEST(refuses_a_client_that_cannot_be_served)
{
	setup();
	unwelcome[_i].prepare();
	send_and_receive(OPENING "\r\n");
	ck_assert(has_header("\r\nRetry-After: 5\r\n"));
	ck_assert(has_header(unwelcome[_i].why));
	recorder.rig.worker.ws.open_count = 0;
	http_check_refused(503);
	teardown();
}
END_TEST

static struct peer *
peer_at(const char *text)
{
	struct host_address host;
	struct peer *peer;

	ck_assert(host_address_parse(str_from(text), &host));
	ck_assert(peer_table_enter(&recorder.rig.worker.loop.peers, &host,
	    &peer));
	return peer;
}

START_TEST(sends_away_the_third_of_two_from_one_address)
{
	struct client others[2];

	recorder_init(&recorder);
	recorder.rig.limits.connections_per_ip = 2;
	for (int i = 0; i < 2; i++) {
		client_connect(&others[i], &recorder.rig, 0);
		others[i].conn->peer = peer_at("2001:db8::1");
		client_open(&others[i], &recorder.rig, "/ws");
	}
	client_connect(&client, &recorder.rig, 0);
	client.conn->peer = peer_at("2001:db8::2");
	send_and_receive(OPENING "\r\n");
	http_check_status(429);
	ck_assert(has_header("\r\nRetry-After: 5\r\n"));
	client_fini(&client);
	client_fini(&others[0]);
	rig_turn(&recorder.rig);
	/* There is room again. */
	client_connect(&client, &recorder.rig, 0);
	client.conn->peer = peer_at("2001:db8::2");
	client_open(&client, &recorder.rig, "/ws");
	recorder_fini(&recorder);
	client_fini(&client);
	client_fini(&others[1]);
}
END_TEST

/* --- the way in ----------------------------------------------------------- */

START_TEST(opens_byte_by_byte)
{
	setup();
	for (const char *at = OPENING "\r\n"; *at != '\0'; at++) {
		ck_assert_uint_eq(recorder.opened, 0);
		client_send(&client, at, 1);
		rig_turn(&recorder.rig);
	}
	client_receive(&client);
	http_check_status(101);
	ck_assert(
	    has_header("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
	ck_assert_uint_eq(recorder.opened, 1);
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 1);
	teardown();
}
END_TEST

/* The n-th allocation fails while a head comes in three pieces. */
START_TEST(without_memory_a_head_in_pieces_costs_its_connection)
{
	static const char head[] = OPENING "\r\n";
	size_t len = sizeof(head) - 1;
	bool failed;

	if (!malloc_can_fail())
		return;
	setup();
	malloc_fail_at((unsigned)_i + 1);
	for (size_t i = 0; i < 3 && recorder.rig.worker.loop.conn_count == 1;
	     i++) {
		malloc_spare(true);
		client_send(&client, head + len * i / 3,
		    len * (i + 1) / 3 - len * i / 3);
		malloc_spare(false);
		rig_turn(&recorder.rig);
	}
	failed = malloc_has_failed();
	malloc_fail_at(0);
	ck_assert(failed || recorder.opened == 1);
	client_receive(&client);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, recorder.opened);
	ck_assert(client.eof == (recorder.opened == 0));
	teardown();
}
END_TEST

/* Frames that came with the handshake, masked with zeros. */
#define HELLO "\x81\x85\0\0\0\0hello"
#define PING "\x89\x80\0\0\0\0"
#define PONG "\x8a\0"

START_TEST(reads_frames_that_came_with_the_handshake)
{
	static const char packet[] = OPENING "\r\n" HELLO HELLO "\x81\x85\0";

	setup();
	client_send(&client, packet, sizeof(packet) - 1);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.messages, 2);
	ck_assert_str_eq(recorder.text, "hello");
	client_send(&client, "\0\0\0there", 8);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.messages, 3);
	ck_assert_str_eq(recorder.text, "there");
	teardown();
}
END_TEST

START_TEST(answers_the_handshake_before_a_ping_that_came_with_it)
{
	static const char packet[] = OPENING "\r\n" PING;

	setup();
	recorder.gathers = true;
	client_send(&client, packet, sizeof(packet) - 1);
	rig_turn(&recorder.rig);
	client_receive(&client);
	http_check_status(101);
	ck_assert_mem_eq(client.data + client.len - 2, PONG, 2);
	teardown();
}
END_TEST

START_TEST(closes_properly_what_came_with_the_handshake_and_a_close)
{
	static const char packet[] = OPENING "\r\n\x88\x82\0\0\0\0\x03\xe8";

	setup();
	recorder.gathers = true;
	client_send(&client, packet, sizeof(packet) - 1);
	rig_turn(&recorder.rig);
	client_receive(&client);
	http_check_status(101);
	ck_assert_mem_eq(client.data + client.len - 4, "\x88\x02\x03\xe8", 4);
	ck_assert(client.eof);
	teardown();
}
END_TEST

START_TEST(drops_a_client_that_leaves_in_the_middle_of_a_head)
{
	setup();
	send_and_receive("GET /ws HTTP/1.1\r\nHo");
	shutdown(client.fd, SHUT_WR);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	client_receive(&client);
	ck_assert_uint_eq(client.len, 0);
	ck_assert(client.eof);
	teardown();
}
END_TEST

START_TEST(answers_a_health_check_after_the_end_of_input)
{
	setup();
	client_send_text(&client, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	shutdown(client.fd, SHUT_WR);
	rig_turn(&recorder.rig);
	client_receive(&client);
	http_check_status(200);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown();
}
END_TEST

START_TEST(aborts_if_the_endpoint_has_no_memory)
{
	setup();
	recorder.refuses = true;
	send_and_receive(OPENING "\r\n");
	ck_assert_uint_eq(client.len, 0);
	ck_assert(client.eof);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	ck_assert_uint_eq(recorder.rig.worker.ws.websocket_count, 0);
	teardown();
}
END_TEST

SUITE(http_conn)
{
	tcase_add_loop_test(tests, reports_what_is_wrong_with_a_request, 0,
	    COUNT_OF(refused));
	tcase_add_loop_test(tests, answers_the_same_byte_by_byte, 0,
	    COUNT_OF(refused));
	tcase_add_loop_test(tests, answers_the_next_request_too, 0,
	    COUNT_OF(answered));
	tcase_add_test(tests, refuses_a_head_that_is_too_long_before_its_end);
	tcase_add_test(tests, refuses_more_headers_than_allowed);
	tcase_add_test(tests, waits_for_a_head_until_the_deadline);
	tcase_add_test(tests, resets_a_refused_client_that_stays);
	tcase_add_loop_test(tests, refuses_a_client_that_cannot_be_served, 0,
	    COUNT_OF(unwelcome));
	tcase_add_test(tests, sends_away_the_third_of_two_from_one_address);
	tcase_add_test(tests, opens_byte_by_byte);
	tcase_add_loop_test(tests,
	    without_memory_a_head_in_pieces_costs_its_connection, 0, 8);
	tcase_add_test(tests, reads_frames_that_came_with_the_handshake);
	tcase_add_test(tests,
	    answers_the_handshake_before_a_ping_that_came_with_it);
	tcase_add_test(tests,
	    closes_properly_what_came_with_the_handshake_and_a_close);
	tcase_add_test(tests,
	    drops_a_client_that_leaves_in_the_middle_of_a_head);
	tcase_add_test(tests, answers_a_health_check_after_the_end_of_input);
	tcase_add_test(tests, aborts_if_the_endpoint_has_no_memory);
}
