#include "transport/net/send_queue.h"

#include <stdlib.h>
#include <string.h>

#include "domain/base/pack.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define STREAM_MOST (1 << 20)

/* A queue, what was appended to it, and what came out. */
static struct send_queue queue;
static struct chunk_pool pool;
static uint8_t in[STREAM_MOST];
static size_t in_len;
static uint8_t out[STREAM_MOST];
static size_t out_len;

static void
setup(void)
{
	memset(&queue, 0, sizeof(queue));
	memset(&pool, 0, sizeof(pool));
	in_len = out_len = 0;
}

static void
teardown(void)
{
	send_queue_fini(&queue);
	ck_assert_uint_eq(pool.bytes, 0);
	chunk_pool_fini(&pool);
}

/* The next bytes of the stream. */
static struct chunk *
chunk_fill(size_t len)
{
	struct chunk *chunk = chunk_create(&pool, len);

	if (chunk == NULL)
		return NULL;
	for (size_t i = 0; i < len; i++)
		chunk->data[i] = (char)((in_len + i) * 31 >> 3);
	chunk->used = (uint32_t)len;
	return chunk;
}

static bool
append_note(bool appended, const void *data, size_t len)
{
	if (!appended)
		return false;
	memcpy(in + in_len, data, len);
	in_len += len;
	return true;
}

/* In so many pieces of one chunk, without its first bytes. */
static bool
chunk_append(size_t len, size_t count, size_t skip, bool transient)
{
	struct chunk *chunk = chunk_fill(len);
	struct piece *pieces = calloc(count, sizeof(*pieces));
	bool appended = false;

	if (chunk == NULL || pieces == NULL)
		goto free_both;
	chunk->transient = transient;
	for (size_t i = 0; i < count; i++) {
		size_t from = len * i / count, to = len * (i + 1) / count;

		pieces[i] = (struct piece){ chunk, (uint32_t)from,
			(uint32_t)(to - from) };
	}
	appended = append_note(send_queue_append(&queue, pieces, count, skip),
	    chunk->data + skip, len - skip);
	/* What is transient is written over when the turn is over. */
	if (transient)
		memset(chunk->data, 0, len);
free_both:
	if (chunk != NULL)
		chunk_unref(chunk);
	free(pieces);
	return appended;
}

static bool
append_copy(size_t len, size_t skip)
{
	uint8_t data[1024];

	memset(data, (int)in_len, len);
	return append_note(send_queue_append_copy(&queue, &pool, data, len,
			       skip),
	    data + skip, len - skip);
}

/* A socket that takes no more than `most` bytes, of so many vectors. */
static void
send_some(size_t most, int vectors_most)
{
	struct iovec vectors[64];
	int count = send_queue_peek(&queue, vectors, vectors_most);
	size_t sent = 0;

	for (int i = 0; i < count && sent < most; i++) {
		size_t len = vectors[i].iov_len < most - sent
				 ? vectors[i].iov_len
				 : most - sent;

		memcpy(out + out_len + sent, vectors[i].iov_base, len);
		sent += len;
	}
	out_len += sent;
	send_queue_consume(&queue, sent);
}

static void
check_all_comes_out(void)
{
	while (!send_queue_is_empty(&queue))
		send_some(STREAM_MOST, 64);
	ck_assert_uint_eq(out_len, in_len);
	ck_assert_mem_eq(out, in, in_len);
	ck_assert_uint_eq(send_queue_bytes(&queue), 0);
	ck_assert_uint_eq(pool.bytes, 0);
}

START_TEST(an_empty_queue_has_nothing_to_send)
{
	struct iovec vectors[4];

	setup();
	ck_assert(send_queue_is_empty(&queue));
	ck_assert_int_eq(send_queue_peek(&queue, vectors, 4), 0);
	send_queue_consume(&queue, 0);
	send_queue_shed(&queue);
	teardown();
}
END_TEST

/* Anything in any order, to a socket that takes any number of bytes. */
START_TEST(bytes_come_out_in_order)
{
	unsigned seed = (unsigned)_i + 1;

	setup();
	while (in_len < 200 * 1000) {
		unsigned choice = (unsigned)rand_r(&seed) % 10;
		size_t len = 1 + (size_t)rand_r(&seed) % 4000;
		size_t count = 1 + (size_t)rand_r(&seed) % 100;
		size_t skip = 0;

		if (count > len)
			count = len;
		if (send_queue_is_empty(&queue))
			skip = (size_t)rand_r(&seed) % (len / count);
		if (choice < 3)
			chunk_append(len, count, skip, false);
		else if (choice < 5)
			chunk_append(len, count, skip, true);
		else if (choice < 6)
			append_copy(len % 125 + 1, skip % (len % 125 + 1));
		else
			send_some(len, 1 + (int)count % 64);
		ck_assert_uint_eq(send_queue_bytes(&queue), in_len - out_len);
	}
	check_all_comes_out();
	teardown();
}
END_TEST

START_TEST(refers_to_what_was_written_once)
{
	struct chunk *chunk;
	struct piece piece;

	setup();
	chunk = chunk_fill(CHUNK_SIZE);
	for (uint32_t at = 0; at < CHUNK_SIZE; at += 16) {
		piece = (struct piece){ chunk, at, 16 };
		ck_assert(append_note(send_queue_append(&queue, &piece, 1, 0),
		    chunk->data + at, 16));
	}
	/* Adjoining pieces are one. */
	ck_assert_uint_eq(chunk->refs, 2);
	chunk_unref(chunk);
	check_all_comes_out();
	teardown();
}
END_TEST

START_TEST(packs_copies)
{
	setup();
	chunk_append(1000, 1, 0, false);
	for (int i = 0; i < 100; i++)
		if (i % 2 == 0)
			append_copy(50, 0);
		else
			chunk_append(50, 1, 0, true);
	ck_assert_uint_le(pool.bytes, 1000 + 3 * 2048);
	check_all_comes_out();
	teardown();
}
END_TEST

/* What is appended next follows a whole frame. */
START_TEST(a_chunk_is_divided_among_those_that_refer_to_it)
{
	struct send_queue other = { .backlog = NULL };
	struct chunk *chunk;
	struct piece pieces[2];

	setup();
	ck_assert_uint_eq(send_queue_share(&queue), 0);
	chunk = chunk_create(&pool, 9000);
	ck_assert_ptr_nonnull(chunk);
	pieces[0] = (struct piece){ chunk, 0, 10 };
	pieces[1] = (struct piece){ chunk, 20, 10 };
	ck_assert(send_queue_append(&queue, pieces, 2, 0));
	ck_assert(send_queue_append(&other, pieces, 1, 0));
	chunk_unref(chunk);
	ck_assert_uint_eq(send_queue_share(&queue), 3000);
	ck_assert_uint_eq(send_queue_share(&other), 3000);
	send_queue_fini(&other);
	ck_assert_uint_eq(send_queue_share(&queue), 4500);
	send_queue_fini(&queue);
	teardown();
}
END_TEST

START_TEST(sheds_all_but_what_is_sent_in_part)
{
	setup();
	chunk_append(1000, 1, 0, false);
	for (int i = 0; i < 10; i++)
		chunk_append(1000, 1, 0, false);
	if (_i == 0)
		send_some(1500, 64);
	send_queue_shed(&queue);
	in_len = _i == 0 ? 2000 : 0;
	ck_assert_uint_eq(send_queue_bytes(&queue), _i == 0 ? 500 : 0);
	ck_assert_int_eq(send_queue_is_empty(&queue), _i != 0);
	append_copy(100, 0);
	check_all_comes_out();
	teardown();
}
END_TEST

/* The socket took the beginning before anything was queued. */
START_TEST(sheds_not_the_rest_of_what_was_sent_directly)
{
	setup();
	if (_i == 0)
		chunk_append(1000, 2, 100, false);
	else
		append_copy(500, 100);
	chunk_append(1000, 1, 0, false);
	send_queue_shed(&queue);
	in_len = 400;
	append_copy(100, 0);
	check_all_comes_out();
	teardown();
}
END_TEST

/* The n-th allocation fails: what comes out is a beginning of what went in. */
START_TEST(without_memory_there_is_no_hole)
{
	bool appended = true, failed;

	if (!malloc_can_fail())
		return;
	setup();
	malloc_fail_at((unsigned)_i + 1);
	for (int i = 0; i < 30 && appended; i++)
		appended = i % 3 == 0   ? append_copy(100, 0)
			   : i % 3 == 1 ? chunk_append(3000, 20, 0, true)
					: chunk_append(100, 10, 0, false);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	ck_assert_int_eq(failed, !appended);
	while (!send_queue_is_empty(&queue))
		send_some(STREAM_MOST, 64);
	ck_assert_uint_ge(out_len, in_len);
	ck_assert_mem_eq(out, in, in_len);
	teardown();
}
END_TEST

/* As to another process; a pool of its own. */
static bool
queue_move(struct str bytes)
{
	struct unpacker from = { .rest = bytes };

	send_queue_fini(&queue);
	return send_queue_unpack(&queue, &pool, &from) && from.rest.len == 0;
}

START_TEST(another_queue_goes_on)
{
	struct packer packer = { .len = 0 };
	size_t waits;

	setup();
	ck_assert(chunk_append(1000, 3, 0, false));
	ck_assert(append_copy(100, 0));
	ck_assert(chunk_append(5000, 1, 0, false));
	send_some(10, 64);
	waits = send_queue_bytes(&queue);
	send_queue_pack(&queue, &packer);
	ck_assert(queue_move(packer_str(&packer)));
	ck_assert_uint_eq(send_queue_bytes(&queue), waits);
	check_all_comes_out();
	packer_fini(&packer);
	teardown();
}
END_TEST

/* The rest of a frame that was sent in part is not dropped. */
START_TEST(another_queue_knows_what_was_sent_in_part)
{
	struct packer packer = { .len = 0 };

	setup();
	ck_assert(append_copy(100, 0));
	send_some(10, 64);
	send_queue_pack(&queue, &packer);
	ck_assert(queue_move(packer_str(&packer)));
	ck_assert(append_copy(100, 0));
	send_queue_shed(&queue);
	ck_assert_uint_eq(send_queue_bytes(&queue), 90);
	send_queue_shed(&queue);
	in_len -= 100;
	check_all_comes_out();
	packer_fini(&packer);
	teardown();
}
END_TEST

START_TEST(a_part_of_a_queue_is_refused)
{
	struct packer packer = { .len = 0 };

	setup();
	ck_assert(chunk_append(100, 3, 0, false));
	send_queue_pack(&queue, &packer);
	for (size_t len = 0; len < packer.len; len++)
		ck_assert(!queue_move(str_slice(packer.bytes, len)));
	packer_fini(&packer);
	teardown();
}
END_TEST

SUITE(send_queue)
{
	tcase_add_test(tests, an_empty_queue_has_nothing_to_send);
	tcase_add_loop_test(tests, bytes_come_out_in_order, 0, 24);
	tcase_add_test(tests, refers_to_what_was_written_once);
	tcase_add_test(tests, packs_copies);
	tcase_add_test(tests, a_chunk_is_divided_among_those_that_refer_to_it);
	tcase_add_loop_test(tests, sheds_all_but_what_is_sent_in_part, 0, 2);
	tcase_add_loop_test(tests, sheds_not_the_rest_of_what_was_sent_directly,
	    0, 2);
	tcase_add_loop_test(tests, without_memory_there_is_no_hole, 0, 40);
	tcase_add_test(tests, another_queue_goes_on);
	tcase_add_test(tests, another_queue_knows_what_was_sent_in_part);
	tcase_add_test(tests, a_part_of_a_queue_is_refused);
}
