#include "transport/ws/ws_conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"

/* A server's send buffer that takes a few kilobytes. */
#define SMALL 4608

static struct recorder recorder;
static struct client client;

static void
setup(int sndbuf)
{
	recorder_init(&recorder);
	recorder_meet(&recorder, &client, sndbuf);
}

static void
teardown(void)
{
	recorder_fini(&recorder);
	client_fini(&client);
}

static void
ws_turn(void)
{
	rig_turn(&recorder.rig);
	client_receive(&client);
}

static void
send_close(unsigned code)
{
	const char payload[2] = { (char)(code >> 8), (char)code };

	client_send_frame(&client, WS_CLOSE, payload,
	    code == WS_CLOSE_NO_STATUS ? 0 : 2);
}

static void
ws_send_text(const char *text)
{
	client_send_frame(&client, WS_TEXT, text, strlen(text));
}

static size_t
ws_conn_count(void)
{
	return recorder.rig.worker.loop.conn_count;
}

/* --- closing -------------------------------------------------------------- */

static const unsigned codes[] = { 1000, 1001, 1011, 3000, 4999,
	WS_CLOSE_NO_STATUS };

START_TEST(sends_the_peers_close_code_back_and_goes)
{
	setup(0);
	recorder.watched = &client;
	send_close(codes[_i]);
	ws_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert(!recorder.heard_before_leaving);
	ck_assert_uint_eq(recorder.bye.code, 0);
	ck_assert_uint_eq(client_take_close(&client), codes[_i]);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(sends_a_close_back_to_who_will_send_nothing_more)
{
	setup(0);
	send_close(1000);
	shutdown(client.fd, SHUT_WR);
	ws_turn();
	ck_assert_uint_eq(client_take_close(&client), 1000);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

static const struct {
	unsigned code;
	bool has_bye;
} ends[] = {
	{ 1000, false },
	{ 1001, true },
	{ 1002, false },
	{ 1003, false },
	{ 1007, false },
	{ 1008, true },
	{ 1009, true },
	{ 1011, true },
	{ 4001, true },
	{ 4100, true },
	{ 4203, true },
};

START_TEST(says_bye_where_it_belongs_and_awaits_the_peers_close)
{
	setup(0);
	recorder.end_code = ends[_i].code;
	ws_send_text("end");
	ws_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.bye.code,
	    ends[_i].has_bye ? ends[_i].code : 0);
	if (ends[_i].has_bye)
		ck_assert(client_got(&client, "\x81\x03"
					      "bye"));
	ck_assert_uint_eq(client_take_close(&client), ends[_i].code);
	ck_assert(!client.eof);
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 0);
	ck_assert_uint_eq(recorder.rig.worker.ws.websocket_count, 1);
	send_close(ends[_i].code);
	ws_turn();
	ck_assert(client.eof);
	ck_assert_uint_eq(client.len, 0);
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(asks_to_come_back_later_but_not_after_a_violation)
{
	setup(0);
	recorder.end_code = ends[_i].code;
	ws_send_text("end");
	ws_turn();
	if (recorder.bye.code == WS_CLOSE_POLICY)
		ck_assert_int_eq(recorder.bye.retry_after_ms, 0);
	else if (recorder.bye.code != 0) {
		ck_assert_int_ge(recorder.bye.retry_after_ms, 500);
		ck_assert_int_lt(recorder.bye.retry_after_ms, 2500);
	}
	teardown();
}
END_TEST

/* Draining for 20 seconds; how late a random moment falls, at most. */
static int64_t
latest_return(int64_t into_the_window)
{
	int64_t latest = 0;

	for (int i = 0; i < 40; i++) {
		struct worker *worker = &recorder.rig.worker;

		setup(0);
		worker->loop.random += (uint64_t)i << 40;
		recorder.rig.limits.drain_window_ms = 20000;
		worker->ws.draining = true;
		worker->ws.drained_ms =
		    worker->loop.now_ms + 20000 - into_the_window;
		ws_conn_end(client.conn, 1001, "going_away");
		ws_turn();
		ck_assert_int_ge(recorder.bye.retry_after_ms, 500);
		if (recorder.bye.retry_after_ms > latest)
			latest = recorder.bye.retry_after_ms;
		teardown();
	}
	return latest;
}

START_TEST(who_is_sent_home_late_may_come_back_sooner)
{
	ck_assert_int_lt(latest_return(0), 25000);
	ck_assert_int_lt(latest_return(15000), 10000);
	ck_assert_int_lt(latest_return(30000), 5000);
}
END_TEST

START_TEST(waits_for_the_peers_close_but_not_for_ever)
{
	setup(0);
	recorder.end_code = 1001;
	ws_send_text("end");
	ws_turn();
	rig_pass(&recorder.rig, 4900);
	ck_assert_uint_eq(ws_conn_count(), 1);
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(ws_conn_count(), 0);
	client_receive(&client);
	ck_assert(client.eof);
	teardown();
}
END_TEST

START_TEST(hears_nothing_more_once_it_ends)
{
	setup(0);
	recorder.end_code = 1001;
	ws_send_text("one");
	ws_send_text("two");
	ws_turn();
	ws_send_text("three");
	ws_turn();
	ck_assert_str_eq(recorder.text, "one");
	ck_assert_uint_eq(recorder.messages, 1);
	teardown();
}
END_TEST

START_TEST(says_nothing_more_once_it_ends)
{
	setup(0);
	recorder.end_code = 4102;
	ws_send_text("end");
	ws_turn();
	ck_assert_uint_eq(client_take_close(&client), 4102);
	recorder_say(&recorder, client.conn, 'x', 100);
	client_send_frame(&client, WS_PING, "still there?", 12);
	ws_turn();
	ck_assert_uint_eq(client.len, 0);
	teardown();
}
END_TEST

START_TEST(what_is_said_before_the_end_is_heard)
{
	setup(0);
	recorder.echoes = true;
	recorder.end_code = 4101;
	ws_send_text("hello");
	ws_turn();
	ck_assert(client_got(&client, "\x81\x05hhhhh\x81\x03"
				      "bye"));
	ck_assert_uint_eq(client_take_close(&client), 4101);
	teardown();
}
END_TEST

START_TEST(says_no_bye_to_who_closed_in_the_same_breath)
{
	setup(0);
	recorder.end_code = 4101;
	ws_send_text("end");
	send_close(1000);
	ws_turn();
	ck_assert_uint_eq(recorder.bye.code, 0);
	ck_assert_uint_eq(client_take_close(&client), 4101);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(hangs_up_on_who_breaks_the_protocol)
{
	setup(0);
	client_send_text(&client, "\x81\x02hi"); /* not masked */
	ws_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(client_take_close(&client), 1002);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_conn_count(), 1);
	/* What it still sends is not understood: not even a proper close. */
	for (int i = 0; i < 20; i++) {
		ws_send_text("hello");
		ws_turn();
	}
	send_close(1000);
	ws_turn();
	ck_assert_uint_eq(ws_conn_count(), 1);
	ck_assert_uint_eq(recorder.messages, 0);
	ck_assert_uint_eq(recorder.rig.worker.loop.input_bytes, 0);
	shutdown(client.fd, SHUT_WR);
	ws_turn();
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(resets_who_breaks_the_protocol_and_stays)
{
	setup(0);
	client_send_text(&client, "\x81\x02hi");
	ws_turn();
	rig_pass(&recorder.rig, 4900);
	ck_assert_uint_eq(ws_conn_count(), 1);
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(hangs_up_on_who_breaks_the_protocol_while_closing)
{
	setup(0);
	recorder.end_code = 1001;
	ws_send_text("end");
	ws_turn();
	ck_assert_uint_eq(client_take_close(&client), 1001);
	client_send_text(&client, "\x81\x02hi"); /* not masked */
	ws_turn();
	ck_assert(client.eof);
	ck_assert_uint_eq(client.len, 0);
	teardown();
}
END_TEST

START_TEST(an_abort_says_nothing)
{
	setup(0);
	conn_abort(client.conn);
	ws_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.bye.code, 0);
	ck_assert_uint_eq(client.len, 0);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(an_abort_overrules_an_end)
{
	setup(0);
	ws_conn_end(client.conn, 1001, "going_away");
	conn_abort(client.conn);
	ws_turn();
	ck_assert_uint_eq(recorder.bye.code, 0);
	ck_assert_uint_eq(client.len, 0);
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(the_first_end_counts)
{
	setup(0);
	ws_conn_end(client.conn, 4100, "overloaded");
	ws_conn_end(client.conn, 1001, "going_away");
	ws_turn();
	ck_assert_uint_eq(client_take_close(&client), 4100);
	ck_assert_str_eq(recorder.bye_reason, "overloaded");
	teardown();
}
END_TEST

START_TEST(who_hangs_up_is_gone_with_what_was_half_said)
{
	setup(0);
	client_send_text(&client, "\x81\xfe\x10");
	client_send(&client, "\0\1\2\3\4 and so on", 15);
	rig_turn(&recorder.rig);
	ck_assert_uint_gt(recorder.rig.worker.loop.input_bytes, 0);
	shutdown(client.fd, SHUT_WR);
	ws_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.rig.worker.loop.input_bytes, 0);
	ck_assert_uint_eq(ws_conn_count(), 0);
	ck_assert(client.eof);
	teardown();
}
END_TEST

/* The n-th allocation fails while a part of a message is kept. */
START_TEST(without_memory_an_unfinished_message_ends_its_connection)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	setup(0);
	client_send_text(&client, "\x81\xfe\x10");
	client_send(&client, "\0\1\2\3\4 and so on", 15);
	malloc_fail_at((unsigned)_i + 1);
	rig_turn(&recorder.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	ck_assert(failed == (_i < 2));
	ck_assert(failed != (recorder.rig.worker.loop.input_bytes > 0));
	if (failed) {
		ws_turn();
		ck_assert_uint_eq(client_take_close(&client), 1011);
	}
	teardown();
}
END_TEST

START_TEST(what_was_said_before_hanging_up_is_heard)
{
	setup(0);
	ws_send_text("goodbye");
	shutdown(client.fd, SHUT_WR);
	ws_turn();
	ck_assert_str_eq(recorder.text, "goodbye");
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

/* --- control frames, rates ------------------------------------------------ */

START_TEST(answers_a_ping_inside_a_message_and_ignores_a_pong)
{
	setup(0);
	client_send(&client, "\x01\x83\0\0\0\0one", 9);
	client_send_frame(&client, WS_PING, "there?", 6);
	client_send_frame(&client, WS_PONG, "unasked", 7);
	client_send(&client, "\x80\x83\0\0\0\0two", 9);
	ws_turn();
	ck_assert_uint_eq(client.len, 8);
	ck_assert(client_got(&client, "\x8a\x06there?"));
	ck_assert_str_eq(recorder.text, "onetwo");
	teardown();
}
END_TEST

/* While its pongs wait, a client is not read: then all are sent. */
START_TEST(pongs_wait_up_to_a_bound)
{
	char payload[125] = "";
	unsigned sent = 0, pongs = 0;

	setup(SMALL);
	recorder.rig.limits.output_hard = _i == 0 ? 0 : 20 * 1000;
	for (int i = 0; i < 100; i++) {
		char pings[20 * 131];

		for (int k = 0; k < 20; k++) {
			memcpy(pings + k * 131, "\x89\xfd\0\0\0\0", 6);
			memcpy(pings + k * 131 + 6, payload, 125);
		}
		if (send(client.fd, pings, sizeof(pings), 0) != sizeof(pings))
			break;
		sent += 20;
		rig_turn(&recorder.rig);
	}
	ck_assert_uint_gt(sent, 1000);
	ck_assert_uint_le(conn_waiting(client.conn),
	    _i == 0 ? 66 * 1000 : 11 * 1000);
	for (int i = 0; i < 1000; i++) {
		uint8_t opcode;
		const char *data;
		size_t len;

		ws_turn();
		while (client_take_frame(&client, &opcode, &data, &len)) {
			ck_assert_uint_eq(opcode, WS_PONG);
			pongs++;
		}
	}
	ck_assert_uint_eq(pongs, sent);
	ck_assert_uint_eq(recorder.left, 0);
	teardown();
}
END_TEST

START_TEST(reads_only_up_to_a_bound_once_it_is_closing)
{
	static char text[20 * 1000];
	size_t taken = 0;

	setup(0);
	recorder.end_code = 1001;
	ws_send_text("end");
	ws_turn();
	for (int i = 0; i < 200; i++) {
		uint8_t head[8] = { 0x82, 0xfe, sizeof(text) >> 8,
			sizeof(text) & 0xff };
		ssize_t len = send(client.fd, head, sizeof(head), 0);

		if (len < (ssize_t)sizeof(head))
			break;
		len = send(client.fd, text, sizeof(text), 0);
		if (len < (ssize_t)sizeof(text))
			break;
		taken += (size_t)len;
		ws_turn();
	}
	ck_assert_uint_gt(taken, 1 << 20);
	ck_assert_uint_lt(taken, 2 << 20);
	ck_assert_uint_eq(client_take_close(&client), 1001);
	rig_pass(&recorder.rig, 5000);
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(ends_a_flood_of_control_frames)
{
	const uint8_t opcode = _i == 0 ? WS_PING : WS_PONG;

	setup(0);
	recorder.rig.limits.control_frames = (struct rate_limit){ 10, 30 };
	rig_pass(&recorder.rig, 5000);
	for (int i = 0; i < 30; i++)
		client_send_frame(&client, opcode, "", 0);
	ws_turn();
	ck_assert_uint_eq(recorder.left, 0);
	/* A second later there are ten more. */
	rig_pass(&recorder.rig, 1000);
	for (int i = 0; i < 11; i++)
		client_send_frame(&client, opcode, "", 0);
	ws_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_str_eq(recorder.bye_reason, "control_flood");
	ck_assert_uint_eq(client_take_close(&client), 1008);
	teardown();
}
END_TEST

START_TEST(reads_no_faster_than_the_rate)
{
	char text[3000];

	memset(text, 'x', sizeof(text));
	recorder_init(&recorder);
	recorder.rig.limits.bytes = (struct rate_limit){ 1000, 1000 };
	recorder_meet(&recorder, &client, 0);
	client_send_frame(&client, WS_TEXT, text, sizeof(text));
	ws_turn();
	ck_assert_uint_eq(recorder.messages, 1);
	/* The debt is two seconds' worth. */
	ws_send_text("later");
	rig_pass(&recorder.rig, 1900);
	ck_assert_uint_eq(recorder.messages, 1);
	rig_pass(&recorder.rig, 300);
	ck_assert_uint_eq(recorder.messages, 2);
	ck_assert_str_eq(recorder.text, "later");
	teardown();
}
END_TEST

/*
 * A message that makes sends necessary may be followed by more for the same
 * receivers; the second one that does ends the connection's part of a turn.
 */
START_TEST(serves_others_between_the_messages_of_an_expensive_connection)
{
	struct client other;

	recorder_init(&recorder);
	recorder_meet(&recorder, &client, 0);
	client_connect(&other, &recorder.rig, 0);
	client_open(&other, &recorder.rig, "/ws");
	recorder.sends = TURN_TIME_US;
	for (int i = 0; i < 6; i++)
		ws_send_text("a");
	client_send_frame(&other, WS_TEXT, "b", 1);
	ws_turn();
	ck_assert_uint_eq(recorder.messages, 7);
	ck_assert_str_eq(recorder.order, "aabaaaa");
	client_fini(&other);
	teardown();
}
END_TEST

static bool
is_pressed(void *arg)
{
	return *(const bool *)arg;
}

START_TEST(reads_later_while_the_server_cannot_keep_up)
{
	bool pressed = true;

	recorder_init(&recorder);
	recorder_meet(&recorder, &client, 0);
	recorder.rig.host_ops.under_pressure = is_pressed;
	recorder.rig.host.arg = &pressed;
	ws_send_text("one");
	ws_turn();
	ck_assert_uint_eq(recorder.messages, 1);
	ws_send_text("two");
	ws_turn();
	ck_assert_uint_eq(recorder.messages, 1);
	rig_pass(&recorder.rig, 300);
	ck_assert_uint_eq(recorder.messages, 2);
	pressed = false;
	rig_pass(&recorder.rig, 300);
	ws_send_text("three");
	ws_turn();
	ws_send_text("four");
	ws_turn();
	ck_assert_uint_eq(recorder.messages, 4);
	teardown();
}
END_TEST

START_TEST(answers_a_close_though_reading_is_paused)
{
	char text[3000];

	memset(text, 'x', sizeof(text));
	recorder_init(&recorder);
	recorder.rig.limits.bytes = (struct rate_limit){ 1, 1 };
	recorder_meet(&recorder, &client, 0);
	client_send_frame(&client, WS_TEXT, text, sizeof(text));
	ws_turn();
	send_close(1000);
	ws_turn();
	ck_assert_uint_eq(recorder.left, 0);
	ws_conn_end(client.conn, 1001, "going_away");
	ws_turn();
	ck_assert_uint_eq(client_take_close(&client), 1001);
	ck_assert_uint_eq(ws_conn_count(), 0);
	teardown();
}
END_TEST

/* --- slow readers, overload ----------------------------------------------- */

static unsigned
take_letters(char letter, size_t len)
{
	unsigned taken = 0;
	uint8_t opcode;
	const char *data;
	size_t size;

	while (client_take_frame(&client, &opcode, &data, &size)) {
		if (size == 3 && memcmp(data, "bye", 3) == 0)
			return taken;
		ck_assert_uint_eq(opcode, WS_TEXT);
		ck_assert_uint_eq(size, len);
		for (size_t i = 0; i < len; i++)
			ck_assert_int_eq(data[i], letter);
		taken++;
	}
	ck_abort_msg("no goodbye");
	return 0;
}

static void
ws_publish_much(struct conn *conn, int times)
{
	for (int i = 0; i < times; i++)
		recorder_say(&recorder, conn, 'x', 1000);
}

/* Everything that is sent. */
static void
ws_receive_all(void)
{
	for (int i = 0; i < 200 && !client.eof; i++)
		ws_turn();
}

START_TEST(what_carries_the_rest_is_gone_with_it)
{
	setup(SMALL);
	ws_publish_much(client.conn, 20);
	ck_assert_ptr_nonnull(client.conn->writable);
	ws_receive_all();
	ck_assert_uint_eq(conn_waiting(client.conn), 0);
	ck_assert_ptr_null(client.conn->writable);
	ws_publish_much(client.conn, 20);
	ck_assert_ptr_nonnull(client.conn->writable);
	ws_receive_all();
	ck_assert_ptr_null(client.conn->writable);
	ws_conn_end(client.conn, 4000, "bye");
	ws_turn();
	ck_assert_uint_eq(take_letters('x', 1000), 40);
	teardown();
}
END_TEST

/* The n-th allocation fails while the rest is put aside. */
START_TEST(without_memory_what_waits_costs_its_connection)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	setup(SMALL);
	malloc_fail_at((unsigned)_i + 1);
	ws_publish_much(client.conn, 10);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	ck_assert(failed || ws_conn_is_open(client.conn));
	if (!ws_conn_is_open(client.conn)) {
		ws_receive_all();
		ck_assert(client.eof);
		ck_assert_uint_eq(ws_conn_count(), 0);
	}
	teardown();
}
END_TEST

START_TEST(a_reader_too_far_behind_is_told_so_soon)
{
	setup(SMALL);
	recorder.rig.limits.output_hard = 20 * 1000;
	ws_publish_much(client.conn, 100);
	ck_assert_uint_le(conn_waiting(client.conn), 20 * 1000);
	ws_turn();
	ck_assert_str_eq(recorder.bye_reason, "slow_consumer");
	ck_assert_uint_lt(recorder.rig.worker.loop.pool.bytes, 5 * 1000);
	ws_receive_all();
	ck_assert_uint_lt(take_letters('x', 1000), 10);
	ck_assert_uint_eq(client_take_close(&client), 4102);
	teardown();
}
END_TEST

START_TEST(letting_go_of_output_leaves_whole_frames)
{
	setup(SMALL);
	ws_publish_much(client.conn, 20);
	/* The socket has room before the loop comes to see it. */
	if (_i == 1)
		client_receive(&client);
	conn_shed_output(client.conn);
	worker_end_turn(&recorder.rig.worker);
	ws_receive_all();
	ck_assert_uint_lt(take_letters('x', 1000), 20);
	ck_assert_uint_eq(client_take_close(&client), 4102);
	ck_assert_uint_eq(client.len, 0);
	teardown();
}
END_TEST

/* Four clients beside the first one. */
static struct client others[4];

static void
setup_others(int sndbuf)
{
	recorder_init(&recorder);
	for (int i = 0; i < 4; i++)
		recorder_meet(&recorder, &others[i], sndbuf);
}

static void
teardown_others(void)
{
	recorder_fini(&recorder);
	for (int i = 0; i < 4; i++)
		client_fini(&others[i]);
}

static unsigned
close_code_of(int i)
{
	client_receive(&others[i]);
	return client_take_close(&others[i]);
}

/* The beginning of a message, of so many bytes. */
static void
send_part(int i, size_t len)
{
	char *part = calloc(1, len);

	ck_assert_ptr_nonnull(part);
	client_send(&others[i], "\x82\xff\0\0\0\0\0\x08\0\0\0\0\0", 14);
	client_send(&others[i], part, len);
	free(part);
	rig_turn(&recorder.rig);
}

START_TEST(lets_go_of_the_largest_unfinished_message_first)
{
	setup_others(0);
	send_part(0, 1000);
	send_part(1, 9000);
	send_part(2, 3000);
	recorder.rig.limits.input_total =
	    recorder.rig.worker.loop.input_bytes - 100;
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_str_eq(recorder.bye_reason, "overloaded");
	ck_assert_uint_eq(close_code_of(1), 4100);
	ck_assert(others[1].eof);
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 3);
	ck_assert_uint_le(recorder.rig.worker.loop.input_bytes,
	    recorder.rig.limits.input_total);
	teardown_others();
}
END_TEST

START_TEST(lets_go_of_an_old_message_before_a_larger_new_one)
{
	setup_others(0);
	send_part(0, 2000);
	send_part(1, 100);
	rig_pass(&recorder.rig, 2000);
	/* A byte now and then makes it no younger. */
	client_send(&others[0], "x", 1);
	rig_pass(&recorder.rig, 1000);
	send_part(2, 9000);
	recorder.rig.limits.input_total =
	    recorder.rig.worker.loop.input_bytes - 100;
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(close_code_of(0), 4100);
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 3);
	teardown_others();
}
END_TEST

START_TEST(lets_go_of_what_comes_while_closing_too)
{
	setup_others(0);
	ws_conn_end(others[1].conn, 1001, "going_away");
	rig_turn(&recorder.rig);
	send_part(0, 1000);
	send_part(1, 9000);
	recorder.rig.limits.input_total = 5000;
	rig_turn(&recorder.rig);
	/* Not who said less, and has a right to. */
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 3);
	ck_assert_uint_lt(recorder.rig.worker.loop.input_bytes, 5000);
	ck_assert_uint_eq(close_code_of(1), 1001);
	ck_assert(others[1].eof);
	teardown_others();
}
END_TEST

enum output_limit {
	OUTPUT_TOTAL,
	MEMORY
};

static void
limit_output(enum output_limit which, size_t most)
{
	struct rig *rig = &recorder.rig;
	size_t rest =
	    loop_memory(&rig->worker.loop) - rig->worker.loop.pool.bytes;

	if (which == OUTPUT_TOTAL)
		rig->limits.output_total = most;
	else
		rig->limits.memory = (rest + most) / 95 * 100;
}

START_TEST(lets_go_of_the_largest_queue_first)
{
	setup_others(SMALL);
	ws_publish_much(others[0].conn, 20);
	ws_publish_much(others[1].conn, 60);
	ws_publish_much(others[2].conn, 30);
	limit_output((enum output_limit)_i, 80 * 1000);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_str_eq(recorder.bye_reason, "slow_consumer");
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 3);
	for (int i = 0; i < 20; i++) {
		client_receive(&others[1]);
		rig_turn(&recorder.rig);
	}
	ck_assert_uint_eq(close_code_of(1), 4102);
	teardown_others();
}
END_TEST

/* Two share a longer queue: each of them uses less. */
START_TEST(lets_go_of_the_queue_that_uses_most_memory)
{
	const size_t len = 60 * 1000;
	struct chunk *shared;
	struct piece piece;

	setup_others(SMALL);
	shared = chunk_create(&recorder.rig.worker.loop.pool, len);
	ck_assert_ptr_nonnull(shared);
	memset(shared->data, 0, len);
	shared->used = (uint32_t)len;
	piece = (struct piece){ shared, 0, (uint32_t)len };
	conn_send(others[0].conn, &piece, 1);
	conn_send(others[1].conn, &piece, 1);
	chunk_unref(shared);
	ws_publish_much(others[2].conn, 40);
	ck_assert_uint_gt(conn_waiting(others[0].conn),
	    conn_waiting(others[2].conn));
	limit_output((enum output_limit)_i, 80 * 1000);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert(ws_conn_is_open(others[0].conn));
	ck_assert(ws_conn_is_open(others[1].conn));
	ck_assert(!ws_conn_is_open(others[2].conn));
	teardown_others();
}
END_TEST

START_TEST(lets_go_of_who_is_closed_and_does_not_read_before_others)
{
	setup_others(SMALL);
	ws_publish_much(others[1].conn, 60);
	ws_conn_end(others[1].conn, 1001, "going_away");
	rig_turn(&recorder.rig);
	ws_publish_much(others[0].conn, 30);
	limit_output((enum output_limit)_i, 70 * 1000);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 3);
	ck_assert_uint_eq(ws_conn_count(), 3);
	teardown_others();
}
END_TEST

SUITE(ws_conn)
{
	tcase_add_loop_test(tests, sends_the_peers_close_code_back_and_goes, 0,
	    COUNT_OF(codes));
	tcase_add_test(tests, sends_a_close_back_to_who_will_send_nothing_more);
	tcase_add_loop_test(tests,
	    says_bye_where_it_belongs_and_awaits_the_peers_close, 0,
	    COUNT_OF(ends));
	tcase_add_loop_test(tests,
	    asks_to_come_back_later_but_not_after_a_violation, 0,
	    COUNT_OF(ends));
	tcase_add_test(tests, who_is_sent_home_late_may_come_back_sooner);
	tcase_add_test(tests, waits_for_the_peers_close_but_not_for_ever);
	tcase_add_test(tests, hears_nothing_more_once_it_ends);
	tcase_add_test(tests, says_nothing_more_once_it_ends);
	tcase_add_test(tests, what_is_said_before_the_end_is_heard);
	tcase_add_test(tests, says_no_bye_to_who_closed_in_the_same_breath);
	tcase_add_test(tests, hangs_up_on_who_breaks_the_protocol);
	tcase_add_test(tests, resets_who_breaks_the_protocol_and_stays);
	tcase_add_test(tests,
	    hangs_up_on_who_breaks_the_protocol_while_closing);
	tcase_add_test(tests, an_abort_says_nothing);
	tcase_add_test(tests, an_abort_overrules_an_end);
	tcase_add_test(tests, the_first_end_counts);
	tcase_add_test(tests, who_hangs_up_is_gone_with_what_was_half_said);
	tcase_add_loop_test(tests,
	    without_memory_an_unfinished_message_ends_its_connection, 0, 3);
	tcase_add_test(tests, what_was_said_before_hanging_up_is_heard);
	tcase_add_test(tests,
	    answers_a_ping_inside_a_message_and_ignores_a_pong);
	tcase_add_loop_test(tests, pongs_wait_up_to_a_bound, 0, 2);
	tcase_add_test(tests, reads_only_up_to_a_bound_once_it_is_closing);
	tcase_add_loop_test(tests, ends_a_flood_of_control_frames, 0, 2);
	tcase_add_test(tests, reads_no_faster_than_the_rate);
	tcase_add_test(tests,
	    serves_others_between_the_messages_of_an_expensive_connection);
	tcase_add_test(tests, reads_later_while_the_server_cannot_keep_up);
	tcase_add_test(tests, answers_a_close_though_reading_is_paused);
	tcase_add_test(tests, what_carries_the_rest_is_gone_with_it);
	tcase_add_loop_test(tests,
	    without_memory_what_waits_costs_its_connection, 0, 12);
	tcase_add_test(tests, a_reader_too_far_behind_is_told_so_soon);
	tcase_add_loop_test(tests, letting_go_of_output_leaves_whole_frames, 0,
	    2);
	tcase_add_test(tests, lets_go_of_the_largest_unfinished_message_first);
	tcase_add_test(tests,
	    lets_go_of_an_old_message_before_a_larger_new_one);
	tcase_add_test(tests, lets_go_of_what_comes_while_closing_too);
	tcase_add_loop_test(tests, lets_go_of_the_largest_queue_first, 0, 2);
	tcase_add_loop_test(tests, lets_go_of_the_queue_that_uses_most_memory,
	    0, 2);
	tcase_add_loop_test(tests,
	    lets_go_of_who_is_closed_and_does_not_read_before_others, 0, 2);
}
