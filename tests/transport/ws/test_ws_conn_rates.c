/* Control frames, rates and pauses of a WebSocket. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/ws_rig.h"

START_TEST(answers_a_ping_inside_a_message_and_ignores_a_pong)
{
	ws_rig_begin(0);
	client_send(&client, "\x01\x83\0\0\0\0one", 9);
	client_send_frame(&client, WS_PING, "there?", 6);
	client_send_frame(&client, WS_PONG, "unasked", 7);
	client_send(&client, "\x80\x83\0\0\0\0two", 9);
	ws_rig_turn();
	ck_assert_uint_eq(client.len, 8);
	ck_assert(client_got(&client, "\x8a\x06there?"));
	ck_assert_str_eq(recorder.text, "onetwo");
	ws_rig_end();
}
END_TEST

/* While its pongs wait, a client is not read: then all are sent. */
START_TEST(pongs_wait_up_to_a_bound)
{
	char payload[125] = "";
	unsigned sent = 0, pongs = 0;

	ws_rig_begin(WS_RIG_SMALL);
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

		ws_rig_turn();
		while (client_take_frame(&client, &opcode, &data, &len)) {
			ck_assert_uint_eq(opcode, WS_PONG);
			pongs++;
		}
	}
	ck_assert_uint_eq(pongs, sent);
	ck_assert_uint_eq(recorder.left, 0);
	ws_rig_end();
}
END_TEST

START_TEST(reads_only_up_to_a_bound_once_it_is_closing)
{
	static char text[20 * 1000];
	size_t taken = 0;

	ws_rig_begin(0);
	recorder.end_code = 1001;
	ws_rig_send_text("end");
	ws_rig_turn();
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
		ws_rig_turn();
	}
	ck_assert_uint_gt(taken, 1 << 20);
	ck_assert_uint_lt(taken, 2 << 20);
	ck_assert_uint_eq(client_take_close(&client), 1001);
	rig_pass(&recorder.rig, 5000);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

START_TEST(ends_a_flood_of_control_frames)
{
	const uint8_t opcode = _i == 0 ? WS_PING : WS_PONG;

	ws_rig_begin(0);
	recorder.rig.limits.control_frames = (struct rate_limit){ 10, 30 };
	rig_pass(&recorder.rig, 5000);
	for (int i = 0; i < 30; i++)
		client_send_frame(&client, opcode, "", 0);
	ws_rig_turn();
	ck_assert_uint_eq(recorder.left, 0);
	/* A second later there are ten more. */
	rig_pass(&recorder.rig, 1000);
	for (int i = 0; i < 11; i++)
		client_send_frame(&client, opcode, "", 0);
	ws_rig_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_str_eq(recorder.bye_reason, "control_flood");
	ck_assert_uint_eq(client_take_close(&client), 1008);
	ws_rig_end();
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
	ws_rig_turn();
	ck_assert_uint_eq(recorder.messages, 1);
	/* The debt is two seconds' worth. */
	ws_rig_send_text("later");
	rig_pass(&recorder.rig, 1900);
	ck_assert_uint_eq(recorder.messages, 1);
	rig_pass(&recorder.rig, 300);
	ck_assert_uint_eq(recorder.messages, 2);
	ck_assert_str_eq(recorder.text, "later");
	ws_rig_end();
}
END_TEST

/* Not even if there is to be no patience. */
START_TEST(reads_later_beyond_the_fanout_and_refuses_nothing)
{
	recorder_init(&recorder);
	recorder.rig.limits.fanout = (struct rate_limit){ 1 << 20, 1 << 20 };
	recorder.rig.limits.patience_ms = 0;
	recorder_meet(&recorder, &client, 0);
	ws_conn_charge_copies(client.conn, 3 << 20, 0);
	ws_rig_send_text("one");
	ws_rig_turn();
	ck_assert_uint_eq(recorder.messages, 1);
	ck_assert_int_eq(ws_conn_refuse_ms(client.conn, NULL), 0);
	ws_rig_send_text("later");
	rig_pass(&recorder.rig, 1900);
	ck_assert_uint_eq(recorder.messages, 1);
	rig_pass(&recorder.rig, 300);
	ck_assert_uint_eq(recorder.messages, 2);
	ws_rig_end();
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
		ws_rig_send_text("a");
	client_send_frame(&other, WS_TEXT, "b", 1);
	ws_rig_turn();
	ck_assert_uint_eq(recorder.messages, 7);
	ck_assert_str_eq(recorder.order, "aabaaaa");
	client_fini(&other);
	ws_rig_end();
}
END_TEST

static bool
is_pressed(void *arg)
{
	return *(const bool *)arg;
}

START_TEST(reads_later_while_the_server_is_overloaded)
{
	bool pressed = true;

	recorder_init(&recorder);
	recorder_meet(&recorder, &client, 0);
	recorder.rig.host_ops.under_pressure = is_pressed;
	recorder.rig.host.arg = &pressed;
	ws_rig_send_text("one");
	ws_rig_turn();
	ck_assert_uint_eq(recorder.messages, 1);
	ws_rig_send_text("two");
	ws_rig_turn();
	ck_assert_uint_eq(recorder.messages, 1);
	rig_pass(&recorder.rig, 300);
	ck_assert_uint_eq(recorder.messages, 2);
	pressed = false;
	rig_pass(&recorder.rig, 300);
	ws_rig_send_text("three");
	ws_rig_turn();
	ws_rig_send_text("four");
	ws_rig_turn();
	ck_assert_uint_eq(recorder.messages, 4);
	ws_rig_end();
}
END_TEST

/* The budget refills meanwhile; what is read stays at one part. */
START_TEST(is_not_read_while_its_files_are_behind)
{
	bool is_behind = true;

	recorder_init(&recorder);
	recorder_meet(&recorder, &client, 0);
	recorder.rig.host_ops.files_are_behind = is_pressed;
	recorder.rig.host.arg = &is_behind;
	ws_rig_send_text("one");
	ws_rig_turn();
	ws_conn_await_files(client.conn);
	ws_conn_delay(client.conn, 100);
	ws_rig_send_text("two");
	rig_pass(&recorder.rig, 5000);
	ck_assert_uint_eq(recorder.messages, 1);
	is_behind = false;
	rig_pass(&recorder.rig, 300);
	ck_assert_uint_eq(recorder.messages, 2);
	ws_conn_await_files(client.conn);
	ws_rig_send_text("three");
	ws_rig_turn();
	ck_assert_uint_eq(recorder.messages, 3);
	ws_rig_end();
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
	ws_rig_turn();
	ws_rig_send_close(1000);
	ws_rig_turn();
	ck_assert_uint_eq(recorder.left, 0);
	ws_conn_end(client.conn, 1001, "going_away");
	ws_rig_turn();
	ck_assert_uint_eq(client_take_close(&client), 1001);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

SUITE(ws_conn_rates)
{
	tcase_add_test(tests,
	    answers_a_ping_inside_a_message_and_ignores_a_pong);
	tcase_add_loop_test(tests, pongs_wait_up_to_a_bound, 0, 2);
	tcase_add_test(tests, reads_only_up_to_a_bound_once_it_is_closing);
	tcase_add_loop_test(tests, ends_a_flood_of_control_frames, 0, 2);
	tcase_add_test(tests, reads_no_faster_than_the_rate);
	tcase_add_test(tests,
	    reads_later_beyond_the_fanout_and_refuses_nothing);
	tcase_add_test(tests,
	    serves_others_between_the_messages_of_an_expensive_connection);
	tcase_add_test(tests, reads_later_while_the_server_is_overloaded);
	tcase_add_test(tests, is_not_read_while_its_files_are_behind);
	tcase_add_test(tests, answers_a_close_though_reading_is_paused);
}
