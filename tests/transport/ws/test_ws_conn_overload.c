/* Slow readers, and what is shed under overload. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/ws_rig.h"

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
		recorder_post(&recorder, conn, 'x', 1000);
}

/* Everything that is sent. */
static void
ws_receive_all(void)
{
	for (int i = 0; i < 200 && !client.eof; i++)
		ws_rig_turn();
}

START_TEST(the_send_queue_is_freed_with_its_connection)
{
	ws_rig_begin(WS_RIG_SMALL);
	ws_publish_much(client.conn, 20);
	ck_assert(client.conn->is_writing);
	ws_receive_all();
	ck_assert_uint_eq(conn_waiting(client.conn), 0);
	ck_assert(!client.conn->is_writing);
	ws_publish_much(client.conn, 20);
	ck_assert(client.conn->is_writing);
	ws_receive_all();
	ck_assert(!client.conn->is_writing);
	ws_conn_end(client.conn, 4000, "bye");
	ws_rig_turn();
	ck_assert_uint_eq(take_letters('x', 1000), 40);
	ws_rig_end();
}
END_TEST

/* The n-th allocation fails while the rest is put aside. */
START_TEST(without_memory_what_waits_costs_its_connection)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	ws_rig_begin(WS_RIG_SMALL);
	malloc_fail_at((unsigned)_i + 1);
	ws_publish_much(client.conn, 10);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	ck_assert(failed || ws_conn_is_open(client.conn));
	if (!ws_conn_is_open(client.conn)) {
		ws_receive_all();
		ck_assert(client.eof);
		ck_assert_uint_eq(ws_rig_conn_count(), 0);
	}
	ws_rig_end();
}
END_TEST

START_TEST(a_slow_reader_gets_its_close_before_the_rest)
{
	ws_rig_begin(WS_RIG_SMALL);
	recorder.rig.limits.output_hard = 20 * 1000;
	ws_publish_much(client.conn, 100);
	ck_assert_uint_le(conn_waiting(client.conn), 20 * 1000);
	ws_rig_turn();
	ck_assert_str_eq(recorder.bye_reason, "slow_consumer");
	ck_assert_uint_lt(recorder.rig.worker.loop.pool.bytes, 5 * 1000);
	ws_receive_all();
	ck_assert_uint_lt(take_letters('x', 1000), 10);
	ck_assert_uint_eq(client_take_close(&client), 4102);
	ws_rig_end();
}
END_TEST

START_TEST(shed_output_ends_with_a_whole_frame)
{
	ws_rig_begin(WS_RIG_SMALL);
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
	ws_rig_end();
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

START_TEST(sheds_the_largest_unfinished_message_first)
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

START_TEST(sheds_an_old_message_before_a_larger_new_one)
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

START_TEST(sheds_input_of_closing_connections)
{
	setup_others(0);
	ws_conn_end(others[1].conn, 1001, "going_away");
	rig_turn(&recorder.rig);
	send_part(0, 1000);
	send_part(1, 9000);
	recorder.rig.limits.input_total = 5000;
	rig_turn(&recorder.rig);
	/* A connection with less unfinished input is not closed. */
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

START_TEST(sheds_the_largest_queue_first)
{
	setup_others(WS_RIG_SMALL);
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
START_TEST(sheds_the_queue_that_uses_most_memory)
{
	const size_t len = 60 * 1000;
	struct chunk *shared;
	struct piece piece;

	setup_others(WS_RIG_SMALL);
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

START_TEST(sheds_closed_connections_that_do_not_read_first)
{
	setup_others(WS_RIG_SMALL);
	ws_publish_much(others[1].conn, 60);
	ws_conn_end(others[1].conn, 1001, "going_away");
	rig_turn(&recorder.rig);
	ws_publish_much(others[0].conn, 30);
	limit_output((enum output_limit)_i, 70 * 1000);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.ws.open_count, 3);
	ck_assert_uint_eq(ws_rig_conn_count(), 3);
	teardown_others();
}
END_TEST

SUITE(ws_conn_overload)
{
	tcase_add_test(tests, the_send_queue_is_freed_with_its_connection);
	tcase_add_loop_test(tests,
	    without_memory_what_waits_costs_its_connection, 0, 12);
	tcase_add_test(tests, a_slow_reader_gets_its_close_before_the_rest);
	tcase_add_loop_test(tests, shed_output_ends_with_a_whole_frame, 0, 2);
	tcase_add_test(tests, sheds_the_largest_unfinished_message_first);
	tcase_add_test(tests, sheds_an_old_message_before_a_larger_new_one);
	tcase_add_test(tests, sheds_input_of_closing_connections);
	tcase_add_loop_test(tests, sheds_the_largest_queue_first, 0, 2);
	tcase_add_loop_test(tests, sheds_the_queue_that_uses_most_memory, 0, 2);
	tcase_add_loop_test(tests,
	    sheds_closed_connections_that_do_not_read_first, 0, 2);
}
