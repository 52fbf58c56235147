#include "transport/worker.h"

#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"

static struct recorder recorder;

static size_t
held_by_others(void *arg)
{
	return *(size_t *)arg;
}

START_TEST(random_numbers_stay_below_their_bound_and_differ)
{
	unsigned seen[7] = { 0 };

	recorder_init(&recorder);
	for (int i = 0; i < 7000; i++) {
		uint32_t number = loop_random(&recorder.rig.worker.loop, 7);

		ck_assert_uint_lt(number, 7);
		seen[number]++;
	}
	for (int i = 0; i < 7; i++)
		ck_assert_uint_gt(seen[i], 800);
	ck_assert_uint_eq(loop_random(&recorder.rig.worker.loop, 1), 0);
	recorder_fini(&recorder);
}
END_TEST

START_TEST(counts_what_is_held_for_connections_and_by_others)
{
	struct client client;
	struct loop *loop = &recorder.rig.worker.loop;
	size_t others = 5000, alone, message;

	recorder_init(&recorder);
	ck_assert_uint_eq(loop_memory(loop), 0);
	recorder.rig.host_ops.bytes_held = held_by_others;
	recorder.rig.host.arg = &others;
	ck_assert_uint_eq(loop_memory(loop), 5000);
	recorder_meet(&recorder, &client, 4608);
	alone = loop_memory(loop);
	ck_assert_uint_gt(alone, 5000);
	client_send(&client, "\x01\xfe\x01\0\0\0\0\0hello", 13);
	rig_turn(&recorder.rig);
	message = loop_memory(loop);
	ck_assert_uint_gt(message, alone);
	recorder_post(&recorder, client.conn, 'x', 100 * 1000);
	ck_assert_uint_ge(loop_memory(loop), message + 100 * 1000);
	client_fini(&client);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(loop_memory(loop), 5000);
	recorder_fini(&recorder);
}
END_TEST

START_TEST(overload_ends_no_more_than_a_few_in_a_turn)
{
	struct client clients[20];

	recorder_init(&recorder);
	for (int i = 0; i < 20; i++) {
		recorder_meet(&recorder, &clients[i], 0);
		client_send(&clients[i], "\x01\xfe\x01\0\0\0\0\0hello", 13);
	}
	rig_turn(&recorder.rig);
	recorder.rig.limits.input_total = 1;
	worker_end_turn(&recorder.rig.worker);
	ck_assert_uint_eq(recorder.left, 16);
	worker_end_turn(&recorder.rig.worker);
	ck_assert_uint_eq(recorder.left, 20);
	ck_assert_uint_eq(recorder.rig.worker.loop.input_bytes, 0);
	recorder_fini(&recorder);
	for (int i = 0; i < 20; i++)
		client_fini(&clients[i]);
}
END_TEST

START_TEST(overload_of_another_cause_closes_no_connection)
{
	struct client client;
	size_t others = 100 * 1000;

	recorder_init(&recorder);
	recorder_meet(&recorder, &client, 0);
	recorder.rig.host_ops.bytes_held = held_by_others;
	recorder.rig.host.arg = &others;
	recorder.rig.limits.memory = 1000;
	recorder.rig.limits.output_total = 1000;
	recorder_post(&recorder, client.conn, 'x', 500);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.left, 0);
	recorder_fini(&recorder);
	client_fini(&client);
}
END_TEST

START_TEST(lower_limits_close_no_open_connection)
{
	struct client clients[3];

	recorder_init(&recorder);
	for (int i = 0; i < 3; i++) {
		recorder_meet(&recorder, &clients[i], 0);
	}
	client_send(&clients[0], "\x01\x85\0\0\0\0hello", 11);
	rig_turn(&recorder.rig);
	recorder.rig.limits.connections = 1;
	recorder.rig.limits.frame_bytes = 3;
	recorder.rig.limits.fragments = 1;
	worker_limits_changed(&recorder.rig.worker);
	rig_pass(&recorder.rig, 1000);
	ck_assert_uint_eq(recorder.left, 0);
	/* They meet what comes from now on. */
	client_send(&clients[0], "\x80\x81\0\0\0\0x", 7);
	client_send(&clients[1], "\x81\x84\0\0\0\0four", 10);
	client_send(&clients[2], "\x81\x83\0\0\0\0yes", 9);
	rig_turn(&recorder.rig);
	client_receive(&clients[0]);
	client_receive(&clients[1]);
	ck_assert_uint_eq(client_take_close(&clients[0]), 1008);
	ck_assert_uint_eq(client_take_close(&clients[1]), 1009);
	ck_assert_uint_eq(recorder.left, 2);
	ck_assert_str_eq(recorder.text, "yes");
	recorder_fini(&recorder);
	for (int i = 0; i < 3; i++)
		client_fini(&clients[i]);
}
END_TEST

START_TEST(a_new_deadline_applies_to_open_connections)
{
	struct client client;

	recorder_init(&recorder);
	recorder_meet(&recorder, &client, 0);
	rig_pass(&recorder.rig, 1000);
	recorder.rig.limits.ping_interval_ms = 5000;
	recorder.rig.limits.pong_timeout_ms = 1000;
	worker_limits_changed(&recorder.rig.worker);
	rig_pass(&recorder.rig, 7000);
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_str_eq(recorder.bye_reason, "ping_timeout");
	recorder_fini(&recorder);
	client_fini(&client);
}
END_TEST

START_TEST(keeps_inflating_for_connections_that_negotiated_it)
{
	recorder_init(&recorder);
	ck_assert_ptr_nonnull(recorder.rig.worker.ws.reader_limits.inflater);
	recorder.rig.limits.deflate = false;
	worker_limits_changed(&recorder.rig.worker);
	ck_assert_ptr_nonnull(recorder.rig.worker.ws.reader_limits.inflater);
	recorder_fini(&recorder);
}
END_TEST

START_TEST(takes_another_ratio_for_bombs)
{
	struct ws_reader_limits *reader = &recorder.rig.worker.ws.reader_limits;
	struct ws_deflater *deflater = ws_deflater_create(15);
	static char zeros[200 * 1000];
	struct str packed;
	char *out;
	size_t len;

	recorder_init(&recorder);
	packed = ws_deflater_run(deflater, str_slice(zeros, sizeof(zeros)));
	ck_assert_int_eq(ws_inflater_run(reader->inflater, packed,
			     sizeof(zeros), &out, &len),
	    WS_INFLATE_OK);
	recorder.rig.limits.deflate_ratio = 20;
	worker_limits_changed(&recorder.rig.worker);
	ck_assert_int_eq(ws_inflater_run(reader->inflater, packed,
			     sizeof(zeros), &out, &len),
	    WS_INFLATE_TOO_BIG);
	ws_deflater_destroy(deflater);
	recorder_fini(&recorder);
}
END_TEST

SUITE(worker)
{
	tcase_add_test(tests, random_numbers_stay_below_their_bound_and_differ);
	tcase_add_test(tests,
	    counts_what_is_held_for_connections_and_by_others);
	tcase_add_test(tests, overload_ends_no_more_than_a_few_in_a_turn);
	tcase_add_test(tests, overload_of_another_cause_closes_no_connection);
	tcase_add_test(tests, lower_limits_close_no_open_connection);
	tcase_add_test(tests, a_new_deadline_applies_to_open_connections);
	tcase_add_test(tests,
	    keeps_inflating_for_connections_that_negotiated_it);
	tcase_add_test(tests, takes_another_ratio_for_bombs);
}
