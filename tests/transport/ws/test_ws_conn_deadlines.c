#include <string.h>

#include "tests/suite.h"
#include "tests/support/transport/ws_rig.h"
#include "wire/dialect.h"

static void
check_open(void)
{
	ck_assert_uint_eq(recorder.left, 0);
}

static void
deadlines_check_closed(unsigned code, const char *reason)
{
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.bye.code, code);
	ck_assert_str_eq(recorder.bye_reason, reason);
	ck_assert_uint_eq(client_take_close(&client), code);
}

/* --- pings ---------------------------------------------------------------- */

static void
setup_pings(void)
{
	recorder_init(&recorder);
	recorder.rig.limits.ping_interval_ms = 10000;
	recorder.rig.limits.pong_timeout_ms = 3000;
	recorder_meet(&recorder, &client, 0);
}

static bool
take_ping(void)
{
	uint8_t opcode;
	const char *data;
	size_t len;

	return client_take_frame(&client, &opcode, &data, &len) &&
	       opcode == WS_PING && len == 0;
}

START_TEST(pings_a_silent_client_and_closes_it_without_an_answer)
{
	setup_pings();
	ws_rig_pass(8900);
	ck_assert_uint_eq(client.len, 0);
	ws_rig_pass(2200);
	ck_assert(take_ping());
	ck_assert_uint_eq(client.len, 0);
	check_open();
	ws_rig_pass(3000);
	deadlines_check_closed(4203, "ping_timeout");
	ws_rig_end();
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
} signs_of_life[] = {
	{ "\x8a\x80\0\0\0\0", 6 },
	{ "\x81\x81\0\0\0\0x", 7 },
	{ "\x81", 1 },
};

START_TEST(any_byte_is_a_sign_of_life)
{
	setup_pings();
	ws_rig_pass(11100);
	ck_assert(take_ping());
	client_send(&client, signs_of_life[_i].bytes, signs_of_life[_i].len);
	ws_rig_pass(8000);
	check_open();
	ck_assert_uint_eq(client.len, 0);
	/* And then from the start. */
	ws_rig_pass(3100);
	ck_assert(take_ping());
	ws_rig_end();
}
END_TEST

START_TEST(a_client_that_sends_is_not_pinged)
{
	setup_pings();
	for (int i = 0; i < 10; i++) {
		ws_rig_pass(5000);
		client_send_frame(&client, WS_TEXT, "x", 1);
	}
	check_open();
	ck_assert_uint_eq(client.len, 0);
	ws_rig_end();
}
END_TEST

START_TEST(pings_do_not_keep_step)
{
	struct client many[16];
	unsigned pinged = 0;

	recorder_init(&recorder);
	recorder.rig.limits.ping_interval_ms = 10000;
	for (int i = 0; i < 16; i++)
		recorder_meet(&recorder, &many[i], 0);
	rig_pass(&recorder.rig, 9900);
	for (int i = 0; i < 16; i++) {
		client_receive(&many[i]);
		pinged += many[i].len > 0;
	}
	ck_assert_uint_gt(pinged, 0);
	ck_assert_uint_lt(pinged, 16);
	recorder_fini(&recorder);
	for (int i = 0; i < 16; i++)
		client_fini(&many[i]);
}
END_TEST

/* The time when each was pinged first, by steps of a tick. */
static void
pings_await(struct client *clients, int count, int64_t *pinged_ms)
{
	memset(pinged_ms, 0, (size_t)count * sizeof(*pinged_ms));
	for (int64_t ms = WHEEL_TICK_MS; ms <= 30000; ms += WHEEL_TICK_MS) {
		rig_pass(&recorder.rig, WHEEL_TICK_MS);
		for (int i = 0; i < count; i++) {
			client_receive(&clients[i]);
			if (clients[i].len > 0 && pinged_ms[i] == 0)
				pinged_ms[i] = ms;
		}
	}
}

START_TEST(pings_of_a_few_ticks_are_sent_at_once)
{
	struct client many[16];
	int64_t pinged_ms[16];

	recorder_init(&recorder);
	recorder.rig.limits.ping_interval_ms = 25000;
	for (int i = 0; i < 16; i++)
		recorder_meet(&recorder, &many[i], 0);
	pings_await(many, 16, pinged_ms);
	for (int i = 0; i < 16; i++) {
		ck_assert_int_ge(pinged_ms[i], 22400);
		ck_assert_int_le(pinged_ms[i], 27600);
		ck_assert_int_eq((pinged_ms[i] - pinged_ms[0]) % 800, 0);
		client_fini(&many[i]);
	}
	recorder_fini(&recorder);
}
END_TEST

START_TEST(a_pong_that_is_not_read_is_not_missed)
{
	char text[4000] = "";

	recorder_init(&recorder);
	recorder.rig.limits.ping_interval_ms = 10000;
	recorder.rig.limits.pong_timeout_ms = 3000;
	recorder.rig.limits.bytes = (struct rate_limit){ 200, 1 };
	recorder_meet(&recorder, &client, 0);
	client_send_frame(&client, WS_BINARY, text, sizeof(text));
	ws_rig_pass(11100);
	client_send_frame(&client, WS_PONG, "", 0);
	/* Reading is paused for twenty seconds. */
	ws_rig_pass(11000);
	check_open();
	ws_rig_end();
}
END_TEST

/* --- silence
 * ------------------------------------------------------------------ */

static void
setup_dialect(const char *name)
{
	recorder_init(&recorder);
	recorder.rig.dialect = dialect_find(str_from(name));
	recorder_meet(&recorder, &client, 0);
}

START_TEST(a_dialect_closes_clients_after_its_idle_time)
{
	setup_dialect("topic");
	for (int i = 0; i < 2; i++) {
		ws_rig_pass(299000);
		check_open();
		client_send_frame(&client, WS_PONG, "", 0);
	}
	ws_rig_pass(299000);
	check_open();
	ws_rig_pass(1200);
	deadlines_check_closed(WS_CLOSE_GOING_AWAY, "idle");
	ws_rig_end();
}
END_TEST

START_TEST(another_dialect_has_no_idle_time)
{
	setup_dialect("command");
	ws_rig_pass(600000);
	check_open();
	ws_rig_end();
}
END_TEST

/* --- messages ------------------------------------------------------------- */

static void
setup_message_time(void)
{
	recorder_init(&recorder);
	recorder.rig.limits.message_time_ms = 3000;
	recorder_meet(&recorder, &client, 0);
}

START_TEST(a_message_must_end_some_time)
{
	setup_message_time();
	client_send(&client, "\x01\x81\0\0\0\0x", 7);
	rig_turn(&recorder.rig);
	ws_rig_pass(2900);
	/* Neither another part nor a ping moves that. */
	client_send(&client, "\x00\x81\0\0\0\0x", 7);
	client_send_frame(&client, WS_PING, "", 0);
	rig_turn(&recorder.rig);
	check_open();
	ws_rig_pass(100);
	deadlines_check_closed(1008, "message_timeout");
	ws_rig_end();
}
END_TEST

START_TEST(every_message_has_a_time_of_its_own)
{
	setup_message_time();
	client_send(&client, "\x81\x82\0\0\0\0x", 7);
	/* Each read ends in the middle of one. */
	for (int i = 0; i < 10; i++) {
		ws_rig_pass(1000);
		client_send(&client, "y\x81\x82\0\0\0\0x", 8);
	}
	ws_rig_pass(1000);
	check_open();
	ck_assert_uint_eq(recorder.messages, 10);
	ws_rig_pass(2100);
	deadlines_check_closed(1008, "message_timeout");
	ws_rig_end();
}
END_TEST

/* --- output --------------------------------------------------------------- */

static void
deadlines_publish_much(int times)
{
	for (int i = 0; i < times; i++)
		recorder_post(&recorder, client.conn, 'x', 1000);
}

START_TEST(too_much_may_not_wait_for_long)
{
	ws_rig_begin(WS_RIG_SMALL);
	recorder.rig.limits.output_soft = 20 * 1000;
	recorder.rig.limits.output_soft_time_ms = 2000;
	deadlines_publish_much(50);
	rig_pass(&recorder.rig, 1900);
	check_open();
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_str_eq(recorder.bye_reason, "slow_consumer");
	for (int i = 0; i < 100; i++) {
		client_receive(&client);
		rig_turn(&recorder.rig);
	}
	deadlines_check_closed(4102, "slow_consumer");
	ws_rig_end();
}
END_TEST

START_TEST(a_client_that_catches_up_in_time_stays)
{
	ws_rig_begin(WS_RIG_SMALL);
	recorder.rig.limits.output_soft = 20 * 1000;
	recorder.rig.limits.output_soft_time_ms = 2000;
	deadlines_publish_much(50);
	rig_pass(&recorder.rig, 1000);
	while (conn_waiting(client.conn) > 15 * 1000) {
		client_receive(&client);
		rig_turn(&recorder.rig);
	}
	rig_pass(&recorder.rig, 5000);
	check_open();
	/* The next time has a start of its own. */
	deadlines_publish_much(50);
	rig_pass(&recorder.rig, 1900);
	check_open();
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(recorder.left, 1);
	ws_rig_end();
}
END_TEST

START_TEST(a_nearly_whole_frame_counts_as_caught_up)
{
	ws_rig_begin(WS_RIG_SMALL);
	recorder.rig.limits.output_soft = 20 * 1000;
	recorder.rig.limits.output_soft_time_ms = 2000;
	recorder_post(&recorder, client.conn, 'x', 50 * 1000);
	while (conn_waiting(client.conn) > 15 * 1000) {
		client_receive(&client);
		rig_turn(&recorder.rig);
	}
	rig_pass(&recorder.rig, 5000);
	check_open();
	ws_rig_end();
}
END_TEST

START_TEST(a_client_that_takes_nothing_is_closed_then_reset)
{
	ws_rig_begin(WS_RIG_SMALL);
	recorder.rig.limits.write_stall_ms = 3000;
	deadlines_publish_much(50);
	rig_pass(&recorder.rig, 2900);
	check_open();
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.bye.code, 4102);
	rig_pass(&recorder.rig, 4900);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 1);
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	ws_rig_end();
}
END_TEST

START_TEST(a_client_that_takes_a_little_is_not_reset)
{
	ws_rig_begin(WS_RIG_SMALL);
	recorder.rig.limits.write_stall_ms = 3000;
	/* One piece, so that only the socket knows that it moves. */
	recorder_post(&recorder, client.conn, 'x', 100 * 1000);
	for (int i = 0; i < 6; i++) {
		ws_rig_pass(2500);
	}
	check_open();
	rig_pass(&recorder.rig, 9000);
	ck_assert_uint_eq(recorder.left, 1);
	ws_rig_end();
}
END_TEST

START_TEST(nothing_waits_no_clock_runs)
{
	ws_rig_begin(WS_RIG_SMALL);
	recorder.rig.limits.write_stall_ms = 1000;
	recorder.rig.limits.output_soft = 2000;
	recorder.rig.limits.output_soft_time_ms = 1000;
	deadlines_publish_much(20);
	for (int i = 0; i < 50; i++) {
		client_receive(&client);
		rig_turn(&recorder.rig);
	}
	ck_assert_uint_eq(conn_waiting(client.conn), 0);
	ck_assert_uint_eq(recorder.rig.worker.loop.pool.bytes, 0);
	rig_pass(&recorder.rig, 5000);
	check_open();
	ws_rig_end();
}
END_TEST

/* --- leaving -------------------------------------------------------------- */

START_TEST(leaves_at_its_time)
{
	ws_rig_begin(0);
	conn_leave(client.conn, recorder.rig.worker.loop.wheel.now + 20);
	ws_rig_pass(1900);
	check_open();
	ws_rig_pass(100);
	deadlines_check_closed(1001, "going_away");
	ws_rig_end();
}
END_TEST

START_TEST(leaves_although_it_sends_and_is_paused)
{
	char text[3000] = "";

	recorder_init(&recorder);
	recorder.rig.limits.bytes = (struct rate_limit){ 1, 1 };
	recorder_meet(&recorder, &client, 0);
	conn_leave(client.conn, recorder.rig.worker.loop.wheel.now + 20);
	client_send_frame(&client, WS_BINARY, text, sizeof(text));
	ws_rig_pass(2000);
	deadlines_check_closed(1001, "going_away");
	ws_rig_end();
}
END_TEST

static bool
count_down(void *arg)
{
	return (*(unsigned *)arg)-- > 0;
}

/* An answer that comes after some ticks, and one that does not in time. */
START_TEST(leaves_when_it_was_answered)
{
	unsigned ticks = _i == 0 ? 3 : 1000;

	ws_rig_begin(0);
	recorder.rig.host_ops.has_pending = count_down;
	recorder.rig.host.arg = &ticks;
	conn_leave(client.conn, recorder.rig.worker.loop.wheel.now + 20);
	ws_rig_pass(2000);
	client_send_frame(&client, WS_TEXT, "too late", 8);
	ws_rig_pass(_i == 0 ? 200 : 900);
	check_open();
	ck_assert_uint_eq(recorder.messages, 0);
	ws_rig_pass(100);
	deadlines_check_closed(1001, "going_away");
	ws_rig_end();
}
END_TEST

SUITE(ws_conn_deadlines)
{
	tcase_add_test(tests,
	    pings_a_silent_client_and_closes_it_without_an_answer);
	tcase_add_loop_test(tests, any_byte_is_a_sign_of_life, 0, 3);
	tcase_add_test(tests, a_client_that_sends_is_not_pinged);
	tcase_add_test(tests, pings_do_not_keep_step);
	tcase_add_test(tests, pings_of_a_few_ticks_are_sent_at_once);
	tcase_add_test(tests, a_pong_that_is_not_read_is_not_missed);
	tcase_add_test(tests, a_dialect_closes_clients_after_its_idle_time);
	tcase_add_test(tests, another_dialect_has_no_idle_time);
	tcase_add_test(tests, a_message_must_end_some_time);
	tcase_add_test(tests, every_message_has_a_time_of_its_own);
	tcase_add_test(tests, too_much_may_not_wait_for_long);
	tcase_add_test(tests, a_client_that_catches_up_in_time_stays);
	tcase_add_test(tests, a_nearly_whole_frame_counts_as_caught_up);
	tcase_add_test(tests, a_client_that_takes_nothing_is_closed_then_reset);
	tcase_add_test(tests, a_client_that_takes_a_little_is_not_reset);
	tcase_add_test(tests, nothing_waits_no_clock_runs);
	tcase_add_test(tests, leaves_at_its_time);
	tcase_add_loop_test(tests, leaves_when_it_was_answered, 0, 2);
	tcase_add_test(tests, leaves_although_it_sends_and_is_paused);
}
