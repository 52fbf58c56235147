#include "transport/net/send_queue.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define STREAM_MOST (1 << 20)
#define NO_LIMIT 0

/* An outbox at one end of a socket pair, and what must come out at the other.
 */
static struct event_base *base;
static struct bufferevent *bev;
static struct send_queue outbox;
static struct chunk_pool pool;
static int fd;   /* ours; or -1: must not be written to */
static int peer; /* the other end */
static uint8_t sent[STREAM_MOST];
static size_t sent_len;
static uint8_t received[STREAM_MOST];
static size_t received_len;
static unsigned waits;

static void
write_cb(struct bufferevent *bufferevent, void *arg)
{
	(void)arg;
	send_queue_advance(&outbox, bufferevent);
}

static void
setup(int sndbuf, bool direct)
{
	int fds[2];

	memset(&outbox, 0, sizeof(outbox));
	memset(&pool, 0, sizeof(pool));
	sent_len = received_len = 0;
	waits = 0;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     fds),
	    0);
	if (sndbuf > 0)
		setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &sndbuf,
		    sizeof(sndbuf));
	base = event_base_new();
	bev = bufferevent_socket_new(base, fds[0], BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(bev, NULL, write_cb, NULL, NULL);
	fd = direct ? fds[0] : -1;
	peer = fds[1];
}

static void
teardown(void)
{
	send_queue_fini(&outbox);
	bufferevent_free(bev);
	event_base_free(base);
	close(peer);
	ck_assert_uint_eq(pool.bytes, 0);
	chunk_pool_fini(&pool);
}

/* Bytes that nobody has sent yet. */
static struct chunk *
fill(size_t len)
{
	struct chunk *chunk = chunk_create(&pool, len);

	if (chunk == NULL)
		return NULL;
	for (size_t i = 0; i < len; i++)
		chunk->data[i] = (char)((sent_len + i) * 31 >> 3);
	chunk->used = (uint32_t)len;
	return chunk;
}

static enum send_queue_result
note(enum send_queue_result result, const void *data, size_t len)
{
	if (result == SEND_QUEUE_SENT || result == SEND_QUEUE_QUEUED) {
		memcpy(sent + sent_len, data, len);
		sent_len += len;
	}
	if (result != SEND_QUEUE_QUEUED)
		return result;
	waits++;
	return send_queue_carry(&outbox, bev) ? result : SEND_QUEUE_BROKEN;
}

/* In so many pieces of one chunk. */
static enum send_queue_result
send_pieces(size_t len, size_t count, size_t hard, bool transient)
{
	struct chunk *chunk = fill(len);
	struct piece *pieces = calloc(count, sizeof(*pieces));
	enum send_queue_result result = SEND_QUEUE_BROKEN;

	if (chunk == NULL || pieces == NULL)
		goto free_both;
	chunk->transient = transient;
	for (size_t i = 0; i < count; i++) {
		size_t from = len * i / count, to = len * (i + 1) / count;

		pieces[i] = (struct piece){ chunk, (uint32_t)from,
			(uint32_t)(to - from) };
	}
	result = note(send_queue_send(&outbox, bev, fd, pieces, count, hard),
	    chunk->data, len);
	/* What is transient is written over when the turn is over. */
	if (transient)
		memset(chunk->data, 0, len);
free_both:
	if (chunk != NULL)
		chunk_unref(chunk);
	free(pieces);
	return result;
}

static enum send_queue_result
write_bytes(size_t len)
{
	uint8_t data[1024];

	memset(data, (int)sent_len, len);
	return note(send_queue_write(&outbox, fd, &pool, data, len), data, len);
}

static void
receive(size_t most)
{
	ssize_t got = recv(peer, received + received_len, most, 0);

	if (got > 0)
		received_len += (size_t)got;
}

static void
pump(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
check_all_arrives(void)
{
	for (int i = 0; i < 10000 && received_len < sent_len; i++) {
		pump();
		receive(STREAM_MOST - received_len);
	}
	pump();
	ck_assert_uint_eq(received_len, sent_len);
	ck_assert_mem_eq(received, sent, sent_len);
	ck_assert(send_queue_is_empty(&outbox));
	ck_assert_uint_eq(send_queue_bytes(&outbox, bev), 0);
	ck_assert_uint_eq(pool.bytes, 0);
}

START_TEST(a_socket_with_room_takes_all_at_once)
{
	setup(0, true);
	ck_assert_int_eq(send_pieces(1000, 1, NO_LIMIT, false),
	    SEND_QUEUE_SENT);
	ck_assert_int_eq(send_pieces(1000, 7, NO_LIMIT, true), SEND_QUEUE_SENT);
	ck_assert_int_eq(send_pieces(1000, 200, NO_LIMIT, false),
	    SEND_QUEUE_SENT);
	ck_assert_int_eq(write_bytes(100), SEND_QUEUE_SENT);
	ck_assert(send_queue_is_empty(&outbox));
	check_all_arrives();
	teardown();
}
END_TEST

START_TEST(what_must_not_be_written_to_is_not)
{
	setup(0, false);
	ck_assert_int_eq(send_pieces(1000, 3, NO_LIMIT, false),
	    SEND_QUEUE_QUEUED);
	ck_assert_int_eq(write_bytes(100), SEND_QUEUE_QUEUED);
	ck_assert_uint_eq(send_queue_bytes(&outbox, bev), 1100);
	check_all_arrives();
	teardown();
}
END_TEST

/* Anything in any order, to a socket that takes any number of bytes. */
START_TEST(bytes_arrive_in_order_whatever_the_socket_takes)
{
	unsigned seed = (unsigned)_i + 1;

	setup(4608 + 512 * (_i % 8), _i % 4 != 3);
	while (sent_len < 200 * 1000) {
		unsigned choice = (unsigned)rand_r(&seed) % 10;
		size_t len = 1 + (size_t)rand_r(&seed) % 4000;
		size_t count = 1 + (size_t)rand_r(&seed) % 100;

		if (count > len)
			count = len;
		if (choice < 3)
			send_pieces(len, count, NO_LIMIT, false);
		else if (choice < 5)
			send_pieces(len, count, NO_LIMIT, true);
		else if (choice < 6)
			write_bytes(len % 125 + 1);
		else if (choice < 8)
			pump();
		else
			receive(len);
	}
	ck_assert_uint_gt(waits, 0);
	check_all_arrives();
	teardown();
}
END_TEST

static void
fill_socket(void)
{
	while (send_pieces(1000, 1, NO_LIMIT, false) == SEND_QUEUE_SENT)
		;
}

START_TEST(is_full_only_if_something_waits)
{
	size_t waiting;

	setup(4608, true);
	/* However much it is, while nothing waits. */
	ck_assert_int_eq(send_pieces(50 * 1000, 5, 1000, false),
	    SEND_QUEUE_QUEUED);
	waiting = send_queue_bytes(&outbox, bev);
	ck_assert_int_eq(send_pieces(1, 1, 1000, false), SEND_QUEUE_FULL);
	ck_assert_int_eq(send_pieces(100, 3, waiting + 99, false),
	    SEND_QUEUE_FULL);
	ck_assert_uint_eq(send_queue_bytes(&outbox, bev), waiting);
	ck_assert_int_eq(send_pieces(100, 3, waiting + 100, false),
	    SEND_QUEUE_QUEUED);
	ck_assert_uint_eq(send_queue_bytes(&outbox, bev), waiting + 100);
	/* A few bytes of one's own always are taken. */
	ck_assert_int_eq(write_bytes(10), SEND_QUEUE_QUEUED);
	check_all_arrives();
	teardown();
}
END_TEST

START_TEST(what_waits_refers_to_what_was_written_once)
{
	struct chunk *chunk;
	struct piece piece;

	setup(4608, true);
	fill_socket();
	chunk = fill(CHUNK_SIZE);
	for (uint32_t at = 0; at < CHUNK_SIZE; at += 16) {
		piece = (struct piece){ chunk, at, 16 };
		ck_assert_int_eq(note(send_queue_send(&outbox, bev, fd, &piece,
					  1, NO_LIMIT),
				     chunk->data + at, 16),
		    SEND_QUEUE_QUEUED);
	}
	/* Adjoining pieces are one. */
	ck_assert_uint_eq(chunk->refs, 2);
	chunk_unref(chunk);
	check_all_arrives();
	teardown();
}
END_TEST

START_TEST(copies_are_packed)
{
	size_t before;

	setup(4608, true);
	fill_socket();
	before = pool.bytes;
	for (int i = 0; i < 100; i++)
		if (i % 2 == 0)
			write_bytes(50);
		else
			send_pieces(50, 1, NO_LIMIT, true);
	ck_assert_uint_le(pool.bytes - before, 3 * 2048);
	check_all_arrives();
	teardown();
}
END_TEST

START_TEST(what_is_let_go_of_leaves_the_rest_in_order)
{
	size_t lent;

	setup(4608, true);
	fill_socket();
	lent = sent_len;
	for (int i = 0; i < 10; i++)
		send_pieces(1000, 1, NO_LIMIT, false);
	send_queue_shed(&outbox);
	sent_len = lent;
	ck_assert(!send_queue_is_empty(&outbox));
	ck_assert_uint_le(send_queue_bytes(&outbox, bev), 1000);
	/* There is room now, but it is not our turn. */
	receive(2000);
	ck_assert_int_eq(write_bytes(100), SEND_QUEUE_QUEUED);
	check_all_arrives();
	teardown();
}
END_TEST

START_TEST(a_socket_that_failed_is_no_use)
{
	setup(0, true);
	close(peer);
	ck_assert_int_eq(send_pieces(10, 1, NO_LIMIT, false),
	    SEND_QUEUE_BROKEN);
	ck_assert_int_eq(send_pieces(10, 2, NO_LIMIT, true), SEND_QUEUE_BROKEN);
	ck_assert_int_eq(write_bytes(10), SEND_QUEUE_BROKEN);
	peer = -1;
	teardown();
}
END_TEST

START_TEST(knows_whether_the_socket_took_anything)
{
	setup(4608, true);
	ck_assert(send_queue_has_moved(&outbox, bev));
	send_pieces(50 * 1000, 1, NO_LIMIT, false);
	pump();
	send_queue_has_moved(&outbox, bev);
	ck_assert(!send_queue_has_moved(&outbox, bev));
	receive(STREAM_MOST);
	ck_assert(!send_queue_has_moved(&outbox, bev));
	pump();
	ck_assert(send_queue_has_moved(&outbox, bev));
	ck_assert(!send_queue_has_moved(&outbox, bev));
	check_all_arrives();
	ck_assert(send_queue_has_moved(&outbox, bev));
	teardown();
}
END_TEST

/* The n-th allocation fails: what came is a beginning of what was sent. */
START_TEST(without_memory_there_is_no_hole)
{
	enum send_queue_result result = SEND_QUEUE_SENT;
	bool failed;

	if (!malloc_can_fail())
		return;
	setup(4608, true);
	fill_socket();
	malloc_fail_at((unsigned)_i + 1);
	for (int i = 0; i < 30 && result != SEND_QUEUE_BROKEN; i++)
		result = i % 3 == 0   ? write_bytes(100)
			 : i % 3 == 1 ? send_pieces(3000, 20, NO_LIMIT, true)
				      : send_pieces(100, 10, NO_LIMIT, false);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	ck_assert_int_eq(failed, result == SEND_QUEUE_BROKEN);
	/* A connection whose outbox is broken is dropped. */
	if (!failed)
		check_all_arrives();
	teardown();
}
END_TEST

START_TEST(waits_for_memory_to_go_on)
{
	if (!malloc_can_fail())
		return;
	setup(4608, true);
	fill_socket();
	for (int i = 0; i < 10; i++)
		send_pieces(1000, 1, NO_LIMIT, false);
	receive(STREAM_MOST);
	malloc_fail_at(1);
	pump();
	malloc_fail_at(0);
	ck_assert(!send_queue_is_empty(&outbox));
	/* Whatever is sent next gets things going again. */
	write_bytes(10);
	check_all_arrives();
	teardown();
}
END_TEST

START_TEST(spare_chunks_are_used_again)
{
	struct chunk *chunk, *again;

	setup(0, true);
	chunk = chunk_create(&pool, CHUNK_SIZE);
	ck_assert_uint_eq(pool.bytes, CHUNK_SIZE);
	chunk_unref(chunk);
	ck_assert_uint_eq(pool.bytes, 0);
	again = chunk_create(&pool, CHUNK_SIZE);
	ck_assert_ptr_eq(again, chunk);
	ck_assert_uint_eq(again->refs, 1);
	ck_assert_uint_eq(again->used, 0);
	chunk_unref(again);
	ck_assert_ptr_null(chunk_create(&pool, (size_t)UINT32_MAX + 1));
	teardown();
}
END_TEST

SUITE(send_queue)
{
	tcase_add_test(tests, a_socket_with_room_takes_all_at_once);
	tcase_add_test(tests, what_must_not_be_written_to_is_not);
	tcase_add_loop_test(tests,
	    bytes_arrive_in_order_whatever_the_socket_takes, 0, 24);
	tcase_add_test(tests, is_full_only_if_something_waits);
	tcase_add_test(tests, what_waits_refers_to_what_was_written_once);
	tcase_add_test(tests, copies_are_packed);
	tcase_add_test(tests, what_is_let_go_of_leaves_the_rest_in_order);
	tcase_add_test(tests, a_socket_that_failed_is_no_use);
	tcase_add_test(tests, knows_whether_the_socket_took_anything);
	tcase_add_loop_test(tests, without_memory_there_is_no_hole, 0, 40);
	tcase_add_test(tests, waits_for_memory_to_go_on);
	tcase_add_test(tests, spare_chunks_are_used_again);
}
