#include "transport/ws/ws_conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/ws_rig.h"

static const unsigned codes[] = { 1000, 1001, 1011, 3000, 4999,
	WS_CLOSE_NO_STATUS };

START_TEST(answers_a_close_with_its_code_and_ends)
{
	ws_rig_begin(0);
	recorder.watched = &client;
	ws_rig_send_close(codes[_i]);
	ws_rig_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert(!recorder.received_before_leaving);
	ck_assert_uint_eq(recorder.bye.code, 0);
	ck_assert_uint_eq(client_take_close(&client), codes[_i]);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

START_TEST(answers_a_close_after_the_end_of_input)
{
	ws_rig_begin(0);
	ws_rig_send_close(1000);
	shutdown(client.fd, SHUT_WR);
	ws_rig_turn();
	ck_assert_uint_eq(client_take_close(&client), 1000);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
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

START_TEST(sends_bye_with_some_codes_and_awaits_the_close)
{
	ws_rig_begin(0);
	recorder.end_code = ends[_i].code;
	ws_rig_send_text("end");
	ws_rig_turn();
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
	ws_rig_send_close(ends[_i].code);
	ws_rig_turn();
	ck_assert(client.eof);
	ck_assert_uint_eq(client.len, 0);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

START_TEST(bye_has_retry_after_except_after_a_violation)
{
	ws_rig_begin(0);
	recorder.end_code = ends[_i].code;
	ws_rig_send_text("end");
	ws_rig_turn();
	if (recorder.bye.code == WS_CLOSE_POLICY)
		ck_assert_int_eq(recorder.bye.retry_after_ms, 0);
	else if (recorder.bye.code != 0) {
		ck_assert_int_ge(recorder.bye.retry_after_ms, 500);
		ck_assert_int_lt(recorder.bye.retry_after_ms, 2500);
	}
	ws_rig_end();
}
END_TEST

/* Draining for 20 seconds; how late a random moment falls, at most. */
static int64_t
latest_return(int64_t into_the_window)
{
	int64_t latest = 0;

	for (int i = 0; i < 40; i++) {
		struct worker *worker = &recorder.rig.worker;

		ws_rig_begin(0);
		worker->loop.random += (uint64_t)i << 40;
		recorder.rig.limits.drain_window_ms = 20000;
		worker->ws.draining = true;
		worker->ws.drained_ms =
		    worker->loop.now_ms + 20000 - into_the_window;
		ws_conn_end(client.conn, 1001, "going_away");
		ws_rig_turn();
		ck_assert_int_ge(recorder.bye.retry_after_ms, 500);
		if (recorder.bye.retry_after_ms > latest)
			latest = recorder.bye.retry_after_ms;
		ws_rig_end();
	}
	return latest;
}

START_TEST(retry_after_is_shorter_late_in_a_drain)
{
	ck_assert_int_lt(latest_return(0), 25000);
	ck_assert_int_lt(latest_return(15000), 10000);
	ck_assert_int_lt(latest_return(30000), 5000);
}
END_TEST

START_TEST(waits_for_the_peers_close_up_to_a_timeout)
{
	ws_rig_begin(0);
	recorder.end_code = 1001;
	ws_rig_send_text("end");
	ws_rig_turn();
	rig_pass(&recorder.rig, 4900);
	ck_assert_uint_eq(ws_rig_conn_count(), 1);
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	client_receive(&client);
	ck_assert(client.eof);
	ws_rig_end();
}
END_TEST

START_TEST(reads_no_message_once_it_ends)
{
	ws_rig_begin(0);
	recorder.end_code = 1001;
	ws_rig_send_text("one");
	ws_rig_send_text("two");
	ws_rig_turn();
	ws_rig_send_text("three");
	ws_rig_turn();
	ck_assert_str_eq(recorder.text, "one");
	ck_assert_uint_eq(recorder.messages, 1);
	ws_rig_end();
}
END_TEST

START_TEST(sends_no_message_once_it_ends)
{
	ws_rig_begin(0);
	recorder.end_code = 4102;
	ws_rig_send_text("end");
	ws_rig_turn();
	ck_assert_uint_eq(client_take_close(&client), 4102);
	recorder_post(&recorder, client.conn, 'x', 100);
	client_send_frame(&client, WS_PING, "still there?", 12);
	ws_rig_turn();
	ck_assert_uint_eq(client.len, 0);
	ws_rig_end();
}
END_TEST

START_TEST(reads_messages_that_came_before_the_end)
{
	ws_rig_begin(0);
	recorder.echoes = true;
	recorder.end_code = 4101;
	ws_rig_send_text("hello");
	ws_rig_turn();
	ck_assert(client_got(&client, "\x81\x05hhhhh\x81\x03"
				      "bye"));
	ck_assert_uint_eq(client_take_close(&client), 4101);
	ws_rig_end();
}
END_TEST

START_TEST(sends_no_bye_if_a_close_came_in_the_same_read)
{
	ws_rig_begin(0);
	recorder.end_code = 4101;
	ws_rig_send_text("end");
	ws_rig_send_close(1000);
	ws_rig_turn();
	ck_assert_uint_eq(recorder.bye.code, 0);
	ck_assert_uint_eq(client_take_close(&client), 4101);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

START_TEST(closes_after_a_protocol_error)
{
	ws_rig_begin(0);
	client_send_text(&client, "\x81\x02hi"); /* not masked */
	ws_rig_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(client_take_close(&client), 1002);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_rig_conn_count(), 1);
	/* What it still sends is not understood: not even a proper close. */
	for (int i = 0; i < 20; i++) {
		ws_rig_send_text("hello");
		ws_rig_turn();
	}
	ws_rig_send_close(1000);
	ws_rig_turn();
	ck_assert_uint_eq(ws_rig_conn_count(), 1);
	ck_assert_uint_eq(recorder.messages, 0);
	ck_assert_uint_eq(recorder.rig.worker.loop.input_bytes, 0);
	shutdown(client.fd, SHUT_WR);
	ws_rig_turn();
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

START_TEST(resets_after_a_protocol_error_if_the_peer_stays)
{
	ws_rig_begin(0);
	client_send_text(&client, "\x81\x02hi");
	ws_rig_turn();
	rig_pass(&recorder.rig, 4900);
	ck_assert_uint_eq(ws_rig_conn_count(), 1);
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

START_TEST(closes_after_a_protocol_error_while_closing)
{
	ws_rig_begin(0);
	recorder.end_code = 1001;
	ws_rig_send_text("end");
	ws_rig_turn();
	ck_assert_uint_eq(client_take_close(&client), 1001);
	client_send_text(&client, "\x81\x02hi"); /* not masked */
	ws_rig_turn();
	ck_assert(client.eof);
	ck_assert_uint_eq(client.len, 0);
	ws_rig_end();
}
END_TEST

START_TEST(an_abort_sends_nothing)
{
	ws_rig_begin(0);
	conn_abort(client.conn);
	ws_rig_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.bye.code, 0);
	ck_assert_uint_eq(client.len, 0);
	ck_assert(client.eof);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

START_TEST(an_abort_overrules_an_end)
{
	ws_rig_begin(0);
	ws_conn_end(client.conn, 1001, "going_away");
	conn_abort(client.conn);
	ws_rig_turn();
	ck_assert_uint_eq(recorder.bye.code, 0);
	ck_assert_uint_eq(client.len, 0);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

START_TEST(the_first_end_counts)
{
	ws_rig_begin(0);
	ws_conn_end(client.conn, 4100, "overloaded");
	ws_conn_end(client.conn, 1001, "going_away");
	ws_rig_turn();
	ck_assert_uint_eq(client_take_close(&client), 4100);
	ck_assert_str_eq(recorder.bye_reason, "overloaded");
	ws_rig_end();
}
END_TEST

START_TEST(a_disconnect_drops_an_unfinished_message)
{
	ws_rig_begin(0);
	client_send_text(&client, "\x81\xfe\x10");
	client_send(&client, "\0\1\2\3\4 and so on", 15);
	rig_turn(&recorder.rig);
	ck_assert_uint_gt(recorder.rig.worker.loop.input_bytes, 0);
	shutdown(client.fd, SHUT_WR);
	ws_rig_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.rig.worker.loop.input_bytes, 0);
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ck_assert(client.eof);
	ws_rig_end();
}
END_TEST

/* The n-th allocation fails while a part of a message is kept. */
START_TEST(without_memory_an_unfinished_message_ends_its_connection)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	ws_rig_begin(0);
	client_send_text(&client, "\x81\xfe\x10");
	client_send(&client, "\0\1\2\3\4 and so on", 15);
	malloc_fail_at((unsigned)_i + 1);
	rig_turn(&recorder.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	ck_assert(failed == (_i < 2));
	ck_assert(failed != (recorder.rig.worker.loop.input_bytes > 0));
	if (failed) {
		ws_rig_turn();
		ck_assert_uint_eq(client_take_close(&client), 1011);
	}
	ws_rig_end();
}
END_TEST

START_TEST(reads_messages_that_came_before_a_disconnect)
{
	ws_rig_begin(0);
	ws_rig_send_text("goodbye");
	shutdown(client.fd, SHUT_WR);
	ws_rig_turn();
	ck_assert_str_eq(recorder.text, "goodbye");
	ck_assert_uint_eq(ws_rig_conn_count(), 0);
	ws_rig_end();
}
END_TEST

SUITE(ws_conn)
{
	tcase_add_loop_test(tests, answers_a_close_with_its_code_and_ends, 0,
	    COUNT_OF(codes));
	tcase_add_test(tests, answers_a_close_after_the_end_of_input);
	tcase_add_loop_test(tests,
	    sends_bye_with_some_codes_and_awaits_the_close, 0, COUNT_OF(ends));
	tcase_add_loop_test(tests, bye_has_retry_after_except_after_a_violation,
	    0, COUNT_OF(ends));
	tcase_add_test(tests, retry_after_is_shorter_late_in_a_drain);
	tcase_add_test(tests, waits_for_the_peers_close_up_to_a_timeout);
	tcase_add_test(tests, reads_no_message_once_it_ends);
	tcase_add_test(tests, sends_no_message_once_it_ends);
	tcase_add_test(tests, reads_messages_that_came_before_the_end);
	tcase_add_test(tests, sends_no_bye_if_a_close_came_in_the_same_read);
	tcase_add_test(tests, closes_after_a_protocol_error);
	tcase_add_test(tests, resets_after_a_protocol_error_if_the_peer_stays);
	tcase_add_test(tests, closes_after_a_protocol_error_while_closing);
	tcase_add_test(tests, an_abort_sends_nothing);
	tcase_add_test(tests, an_abort_overrules_an_end);
	tcase_add_test(tests, the_first_end_counts);
	tcase_add_test(tests, a_disconnect_drops_an_unfinished_message);
	tcase_add_loop_test(tests,
	    without_memory_an_unfinished_message_ends_its_connection, 0, 3);
	tcase_add_test(tests, reads_messages_that_came_before_a_disconnect);
}
