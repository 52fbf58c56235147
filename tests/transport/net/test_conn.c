#include "transport/net/conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"

/* A server's send buffer that takes a few kilobytes. */
#define SMALL 4608
#define MANY (1 << 20)

/* A protocol that records its calls, over one end of a socket pair. */
struct fake {
	size_t most; /* bytes that one call consumes before it pauses; 0: all */
	unsigned reasons;                /* for that pause */
	bool resumes;                    /* and ends it at once */
	const struct protocol_ops *next; /* used after the first byte */
	char got[MANY];
	size_t len;
	unsigned calls, eofs, drains, fulls, turn_ends, closes;
	uint32_t deadline;
	unsigned deadlines;
};

static struct recorder recorder;
static struct fake fake;
static struct conn *conn;
static int peer;
static uint8_t sent[MANY];
static size_t sent_len;
static uint8_t received[MANY];
static size_t received_len;

static size_t
fake_on_bytes(struct conn *c, char *data, size_t len)
{
	size_t used = fake.most > 0 && fake.most < len ? fake.most : len;

	malloc_spare(true); /* an assertion allocates */
	ck_assert_ptr_eq(c, conn);
	malloc_spare(false);
	fake.calls++;
	if (fake.next != NULL) {
		const struct protocol_ops *next = fake.next;

		fake.next = NULL;
		fake.got[fake.len++] = data[0];
		conn_set_protocol(c, next, NULL);
		return 1;
	}
	memcpy(fake.got + fake.len, data, used);
	fake.len += used;
	if (fake.most == 0)
		return used;
	conn_pause(c, fake.reasons);
	if (fake.resumes)
		conn_resume(c, fake.reasons);
	return used;
}

static void
fake_on_eof(struct conn *c)
{
	(void)c;
	fake.eofs++;
}

static void
fake_on_drained(struct conn *c)
{
	(void)c;
	fake.drains++;
}

static void
fake_on_output_full(struct conn *c)
{
	(void)c;
	fake.fulls++;
}

static void
fake_on_turn_end(struct conn *c)
{
	(void)c;
	fake.turn_ends++;
}

static uint32_t
fake_next_deadline(const struct conn *c)
{
	(void)c;
	return fake.deadline;
}

static void
fake_on_deadline(struct conn *c)
{
	(void)c;
	fake.deadlines++;
	fake.deadline = 0;
}

static size_t
fake_input_held(const struct conn *c, uint32_t *since)
{
	(void)c;
	(void)since;
	return 0;
}

static void
fake_on_close(struct conn *c, void *state)
{
	(void)c;
	(void)state;
	fake.closes++;
}

static const struct protocol_ops fake_protocol = {
	.on_bytes = fake_on_bytes,
	.on_eof = fake_on_eof,
	.on_drained = fake_on_drained,
	.on_output_full = fake_on_output_full,
	.on_turn_end = fake_on_turn_end,
	.next_deadline = fake_next_deadline,
	.on_deadline = fake_on_deadline,
	.input_held = fake_input_held,
	.on_close = fake_on_close,
};

/* Capitals only, unlike the first one. */
static size_t
capital_on_bytes(struct conn *c, char *data, size_t len)
{
	(void)c;
	for (size_t i = 0; i < len; i++)
		fake.got[fake.len++] = (char)(data[i] & ~0x20);
	return len;
}

static const struct protocol_ops capital_protocol = {
	.on_bytes = capital_on_bytes,
	.next_deadline = fake_next_deadline,
	.on_eof = conn_abort,
	.on_close = fake_on_close,
};

static void
setup(int sndbuf)
{
	int fds[2];

	memset(&fake, 0, sizeof(fake));
	sent_len = received_len = 0;
	recorder_init(&recorder);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     fds),
	    0);
	if (sndbuf > 0)
		setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &sndbuf,
		    sizeof(sndbuf));
	peer = fds[1];
	conn = conn_create(&recorder.rig.worker.loop, fds[0], NULL,
	    &fake_protocol, NULL);
	ck_assert_ptr_nonnull(conn);
}

static void
teardown(void)
{
	recorder_fini(&recorder);
	ck_assert_uint_eq(fake.closes, 1);
	if (peer != -1)
		close(peer);
}

static void
conn_turn(void)
{
	rig_turn(&recorder.rig);
}

static size_t
conns_open(void)
{
	return recorder.rig.worker.loop.conn_count;
}

static size_t
input_bytes(void)
{
	return recorder.rig.worker.loop.input_bytes;
}

static void
conn_send_text(const char *text)
{
	ck_assert_int_eq(send(peer, text, strlen(text), 0),
	    (ssize_t)strlen(text));
}

static void
check_got(const char *text)
{
	ck_assert_uint_eq(fake.len, strlen(text));
	ck_assert_mem_eq(fake.got, text, fake.len);
}

/* False: the connection is at its end. */
static bool
conn_receive(size_t most)
{
	ssize_t got = recv(peer, received + received_len, most, 0);

	if (got > 0)
		received_len += (size_t)got;
	return got != 0;
}

static void
conn_receive_all(void)
{
	for (int i = 0; i < 200; i++) {
		conn_receive(MANY - received_len);
		conn_turn();
	}
}

/* --- pauses --------------------------------------------------------------- */

START_TEST(keeps_what_a_pause_left_and_gives_it_again)
{
	setup(0);
	fake.most = 3;
	fake.reasons = PAUSED_BY_OUTPUT;
	conn_send_text("abcdefgh");
	conn_turn();
	conn_send_text("ijk");
	conn_turn();
	check_got("abc");
	ck_assert_uint_ge(input_bytes(), 5);
	ck_assert_uint_lt(input_bytes(), 200);
	conn_resume(conn, PAUSED_BY_OUTPUT);
	check_got("abc"); /* in a later turn, never from within */
	conn_turn();
	check_got("abcdef");
	conn_resume(conn, PAUSED_BY_OUTPUT);
	conn_turn();
	check_got("abcdefgh");
	ck_assert_uint_eq(input_bytes(), 0);
	conn_resume(conn, PAUSED_BY_OUTPUT);
	conn_turn();
	check_got("abcdefghijk");
	teardown();
}
END_TEST

START_TEST(reads_only_without_any_reason_for_a_pause)
{
	setup(0);
	conn_pause(conn, PAUSED_BY_STORE);
	conn_pause(conn, PAUSED_BY_BUDGET | PAUSED_BY_STORE);
	conn_send_text("a");
	conn_turn();
	conn_resume(conn, PAUSED_BY_STORE);
	conn_turn();
	ck_assert_uint_eq(fake.len, 0);
	conn_resume(conn, PAUSED_BY_BUDGET);
	conn_turn();
	check_got("a");
	teardown();
}
END_TEST

START_TEST(goes_on_at_once_if_a_pause_ended_already)
{
	setup(0);
	fake.most = 3;
	fake.reasons = PAUSED_BY_STORE;
	fake.resumes = true;
	conn_send_text("abcdefgh");
	conn_turn();
	check_got("abcdefgh");
	ck_assert_uint_eq(fake.calls, 3);
	teardown();
}
END_TEST

START_TEST(keeps_no_more_than_one_read)
{
	static char much[100 * 1000];

	setup(0);
	fake.most = 1;
	fake.reasons = PAUSED_BY_BUDGET;
	ck_assert_int_gt(send(peer, much, sizeof(much), 0), 50 * 1000);
	conn_turn();
	ck_assert_uint_le(input_bytes(), LOOP_INPUT_SIZE + 64);
	teardown();
}
END_TEST

START_TEST(gives_the_rest_to_the_next_protocol)
{
	setup(0);
	fake.next = &capital_protocol;
	conn_send_text("abcdefgh");
	conn_turn();
	check_got("aBCDEFGH");
	teardown();
}
END_TEST

START_TEST(gets_the_end_behind_the_unread_input)
{
	setup(0);
	fake.most = 3;
	fake.reasons = PAUSED_BY_STORE;
	conn_send_text("abcd");
	shutdown(peer, SHUT_WR);
	conn_turn();
	ck_assert_uint_eq(fake.eofs, 0);
	conn_resume(conn, PAUSED_BY_STORE);
	conn_turn();
	conn_resume(conn, PAUSED_BY_STORE);
	conn_turn();
	check_got("abcd");
	ck_assert_uint_eq(fake.eofs, 1);
	teardown();
}
END_TEST

START_TEST(without_memory_for_the_rest_the_connection_goes)
{
	if (!malloc_can_fail())
		return;
	setup(0);
	fake.most = 3;
	fake.reasons = PAUSED_BY_STORE;
	conn_send_text("abcd");
	malloc_fail_at((unsigned)_i + 1);
	conn_turn();
	malloc_fail_at(0);
	/* The loop allocates, too. */
	ck_assert_uint_eq(conns_open(), input_bytes() > 0);
	teardown();
}
END_TEST

/* --- sending -------------------------------------------------------------- */

/* The next bytes of the stream, in pieces of one chunk. */
static void
send_pieces(size_t len, size_t count, bool transient)
{
	struct piece *pieces;
	struct chunk *chunk;

	malloc_spare(true);
	pieces = calloc(count, sizeof(*pieces));
	chunk = chunk_create(&recorder.rig.worker.loop.pool, len);
	ck_assert_ptr_nonnull(chunk);
	malloc_spare(false);
	chunk->used = (uint32_t)len;
	chunk->transient = transient;
	for (size_t i = 0; i < len; i++)
		chunk->data[i] = (char)((sent_len + i) * 31 >> 3);
	for (size_t i = 0; i < count; i++) {
		size_t from = len * i / count, to = len * (i + 1) / count;

		pieces[i] = (struct piece){ chunk, (uint32_t)from,
			(uint32_t)(to - from) };
	}
	conn_send(conn, pieces, count);
	memcpy(sent + sent_len, chunk->data, len);
	sent_len += len;
	/* What is transient is written over when the turn is over. */
	if (transient)
		memset(chunk->data, 0, len);
	chunk_unref(chunk);
	free(pieces);
}

static void
write_bytes(size_t len)
{
	memset(sent + sent_len, (int)sent_len, len);
	conn_write(conn, sent + sent_len, len);
	sent_len += len;
}

static void
check_all_arrives(void)
{
	conn_receive_all();
	ck_assert_uint_eq(received_len, sent_len);
	ck_assert_mem_eq(received, sent, sent_len);
	ck_assert_uint_eq(conn_waiting(conn), 0);
	ck_assert(!conn->is_writing);
	ck_assert_uint_eq(recorder.rig.worker.loop.pool.bytes, 0);
}

START_TEST(a_socket_with_room_takes_all_at_once)
{
	setup(0);
	send_pieces(1000, 1, false);
	send_pieces(1000, 7, true);
	send_pieces(1000, 200, false);
	write_bytes(100);
	ck_assert_uint_eq(conn_waiting(conn), 0);
	ck_assert(!conn->is_writing);
	check_all_arrives();
	ck_assert_uint_eq(fake.drains, 0);
	teardown();
}
END_TEST

/* Anything in any order, to a socket that takes any number of bytes. */
START_TEST(bytes_arrive_in_order_for_any_size_of_writes)
{
	unsigned seed = (unsigned)_i + 1;

	setup(SMALL + 512 * (_i % 8));
	while (sent_len < 200 * 1000) {
		unsigned choice = (unsigned)rand_r(&seed) % 10;
		size_t len = 1 + (size_t)rand_r(&seed) % 4000;
		size_t count = 1 + (size_t)rand_r(&seed) % 100;

		if (count > len)
			count = len;
		if (choice < 3)
			send_pieces(len, count, false);
		else if (choice < 5)
			send_pieces(len, count, true);
		else if (choice < 6)
			write_bytes(len % 125 + 1);
		else if (choice < 8)
			conn_turn();
		else
			conn_receive(len);
	}
	check_all_arrives();
	ck_assert_uint_gt(fake.drains, 0);
	teardown();
}
END_TEST

START_TEST(is_full_only_if_something_waits)
{
	struct transport_limits *limits = &recorder.rig.limits;
	size_t waiting, before;

	setup(SMALL);
	limits->output_hard = 1000;
	/* However much it is, while nothing waits. */
	send_pieces(50 * 1000, 5, false);
	ck_assert_uint_eq(fake.fulls, 0);
	before = sent_len;
	waiting = conn_waiting(conn);
	ck_assert_uint_gt(waiting, 1000);
	send_pieces(1, 1, false);
	limits->output_hard = waiting + 99;
	send_pieces(100, 3, false);
	ck_assert_uint_eq(fake.fulls, 2);
	ck_assert_uint_eq(conn_waiting(conn), waiting);
	sent_len = before;
	limits->output_hard = waiting + 100;
	send_pieces(100, 3, false);
	ck_assert_uint_eq(conn_waiting(conn), waiting + 100);
	/* A few bytes are always taken. */
	write_bytes(10);
	ck_assert_uint_eq(fake.fulls, 2);
	check_all_arrives();
	teardown();
}
END_TEST

START_TEST(a_socket_that_failed_ends_its_connection)
{
	setup(0);
	close(peer);
	peer = -1;
	if (_i == 0)
		send_pieces(10, 2, false);
	else
		write_bytes(10);
	conn_turn();
	ck_assert_uint_eq(conns_open(), 0);
	teardown();
}
END_TEST

/* The n-th allocation fails: what came is a beginning of what was sent. */
START_TEST(without_memory_there_is_no_hole)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	setup(SMALL);
	malloc_fail_at((unsigned)_i + 1);
	for (int i = 0; i < 30 && conn->state == CONN_OPEN; i++)
		if (i % 3 == 0)
			write_bytes(100);
		else
			send_pieces(1000, 20, i % 3 == 1);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	ck_assert_int_eq(failed, conn->state != CONN_OPEN);
	conn_receive_all();
	ck_assert_uint_le(received_len, sent_len);
	ck_assert_mem_eq(received, sent, received_len);
	teardown();
}
END_TEST

/* --- the end -------------------------------------------------------------- */

START_TEST(closes_when_what_waits_is_sent)
{
	setup(SMALL);
	send_pieces(50 * 1000, 5, false);
	conn_close(conn);
	conn_turn();
	ck_assert_uint_eq(conns_open(), 1);
	/* That the peer sends nothing more does not cut it off. */
	if (_i == 1)
		shutdown(peer, SHUT_WR);
	conn_receive_all();
	ck_assert_uint_eq(received_len, sent_len);
	ck_assert(!conn_receive(1));
	ck_assert_uint_eq(conns_open(), 0);
	teardown();
}
END_TEST

START_TEST(lingers_until_the_peer_is_gone)
{
	setup(SMALL);
	send_pieces(50 * 1000, 5, false);
	conn_linger(conn);
	conn_receive_all();
	ck_assert_uint_eq(received_len, sent_len);
	ck_assert(!conn_receive(1));
	conn_send_text("unheard");
	conn_turn();
	ck_assert_uint_eq(fake.len, 0);
	ck_assert_uint_eq(conns_open(), 1);
	shutdown(peer, SHUT_WR);
	conn_turn();
	ck_assert_uint_eq(conns_open(), 0);
	teardown();
}
END_TEST

/* Bytes that the peer can send while they are not read any more. */
static size_t
conn_flood(void)
{
	static char much[64 * 1024];
	size_t taken = 0;

	for (int i = 0; i < 200; i++) {
		ssize_t len = send(peer, much, sizeof(much), 0);

		if (len > 0)
			taken += (size_t)len;
		conn_turn();
	}
	return taken;
}

START_TEST(discards_input_only_up_to_a_bound)
{
	size_t taken;

	setup(0);
	conn_linger(conn);
	conn_turn();
	taken = conn_flood();
	ck_assert_uint_gt(taken, 1 << 20);
	ck_assert_uint_lt(taken, 2 << 20);
	ck_assert_uint_eq(input_bytes(), 0);
	rig_pass(&recorder.rig, 4900);
	ck_assert_uint_eq(conns_open(), 1);
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(conns_open(), 0);
	teardown();
}
END_TEST

START_TEST(closing_ends_every_pause_and_drops_what_was_kept)
{
	setup(0);
	fake.most = 3;
	fake.reasons = PAUSED_BY_STORE | PAUSED_BY_BUDGET;
	conn_send_text("abcd");
	conn_turn();
	ck_assert_uint_gt(input_bytes(), 0);
	conn_linger(conn);
	ck_assert_uint_eq(input_bytes(), 0);
	shutdown(peer, SHUT_WR);
	conn_turn();
	ck_assert_uint_eq(conns_open(), 0);
	check_got("abc");
	teardown();
}
END_TEST

START_TEST(resets_a_peer_that_does_not_read_its_last_bytes)
{
	setup(SMALL);
	send_pieces(50 * 1000, 5, false);
	conn_close(conn);
	rig_pass(&recorder.rig, 5000);
	ck_assert_uint_eq(conns_open(), 0);
	teardown();
}
END_TEST

/* Its timer is as early as before: 0: it closes; 1: it lagged. */
START_TEST(a_deadline_that_has_moved_is_waited_for)
{
	setup(SMALL);
	recorder.rig.limits.output_soft_time_ms = 1000;
	recorder.rig.limits.output_soft = 1024 * 1024;
	if (_i == 0) {
		send_pieces(50 * 1000, 5, false);
		conn_close(conn);
	}
	conn_set_lags(conn, true);
	if (_i == 1) {
		conn_set_lags(conn, false);
		fake.deadline = recorder.rig.worker.loop.wheel.now + 49;
	}
	rig_pass(&recorder.rig, 4800);
	ck_assert_uint_eq(conns_open(), 1);
	ck_assert_uint_eq(fake.deadlines, 0);
	rig_pass(&recorder.rig, 200);
	ck_assert_uint_eq(conns_open(), (unsigned)_i);
	ck_assert_uint_eq(fake.deadlines, (unsigned)_i);
	teardown();
}
END_TEST

START_TEST(calls_at_the_end_of_the_turn_what_was_deferred_once)
{
	setup(0);
	conn_defer(conn);
	conn_defer(conn);
	ck_assert_uint_eq(fake.turn_ends, 0);
	conn_turn();
	ck_assert_uint_eq(fake.turn_ends, 1);
	conn_defer(conn);
	conn_turn();
	ck_assert_uint_eq(fake.turn_ends, 2);
	/* An abort overrules it. */
	conn_defer(conn);
	conn_abort(conn);
	conn_turn();
	ck_assert_uint_eq(fake.turn_ends, 2);
	ck_assert_uint_eq(conns_open(), 0);
	teardown();
}
END_TEST

START_TEST(calls_a_protocol_at_its_deadline)
{
	setup(0);
	fake.deadline = recorder.rig.worker.loop.wheel.now + 5;
	conn_watch(conn);
	rig_pass(&recorder.rig, 400);
	ck_assert_uint_eq(fake.deadlines, 0);
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(fake.deadlines, 1);
	rig_pass(&recorder.rig, 1000);
	ck_assert_uint_eq(fake.deadlines, 1);
	teardown();
}
END_TEST

SUITE(conn)
{
	tcase_add_test(tests, keeps_what_a_pause_left_and_gives_it_again);
	tcase_add_test(tests, reads_only_without_any_reason_for_a_pause);
	tcase_add_test(tests, goes_on_at_once_if_a_pause_ended_already);
	tcase_add_test(tests, keeps_no_more_than_one_read);
	tcase_add_test(tests, gives_the_rest_to_the_next_protocol);
	tcase_add_test(tests, gets_the_end_behind_the_unread_input);
	tcase_add_loop_test(tests,
	    without_memory_for_the_rest_the_connection_goes, 0, 4);
	tcase_add_test(tests, a_socket_with_room_takes_all_at_once);
	tcase_add_loop_test(tests, bytes_arrive_in_order_for_any_size_of_writes,
	    0, 24);
	tcase_add_test(tests, is_full_only_if_something_waits);
	tcase_add_loop_test(tests, a_socket_that_failed_ends_its_connection, 0,
	    2);
	tcase_add_loop_test(tests, without_memory_there_is_no_hole, 0, 40);
	tcase_add_loop_test(tests, closes_when_what_waits_is_sent, 0, 2);
	tcase_add_test(tests, lingers_until_the_peer_is_gone);
	tcase_add_test(tests, discards_input_only_up_to_a_bound);
	tcase_add_test(tests, closing_ends_every_pause_and_drops_what_was_kept);
	tcase_add_test(tests, resets_a_peer_that_does_not_read_its_last_bytes);
	tcase_add_loop_test(tests, a_deadline_that_has_moved_is_waited_for, 0,
	    2);
	tcase_add_test(tests,
	    calls_at_the_end_of_the_turn_what_was_deferred_once);
	tcase_add_test(tests, calls_a_protocol_at_its_deadline);
}
