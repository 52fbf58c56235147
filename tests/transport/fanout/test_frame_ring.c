#include "transport/fanout/frame_ring.h"

#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static struct chunk_pool pool;
static struct frame_ring ring;
static bool copies;

static void
setup(void)
{
	memset(&pool, 0, sizeof(pool));
	memset(&ring, 0, sizeof(ring));
	copies = false;
}

/* Nothing is left, nor any chunk of it. */
static void
teardown(void)
{
	frame_ring_fini(&ring);
	ck_assert_uint_eq(pool.bytes, 0);
	chunk_pool_fini(&pool);
}

/* Adds frames of one letter, in a chunk of their own or behind the last. */
static void
frame_add(struct chunk **chunk, char letter, uint32_t len, const void *except,
    size_t most)
{
	struct ring_piece frames = { .except = except };

	if (*chunk == NULL)
		*chunk = chunk_create(&pool, CHUNK_SIZE);
	ck_assert_ptr_nonnull(*chunk);
	memset((*chunk)->data + (*chunk)->used, letter, len);
	frames.piece = (struct piece){ *chunk, (*chunk)->used, len };
	(*chunk)->used += len;
	frame_ring_add(&ring, &frames, copies, most);
}

/* Reads from a position to the end; what is not for `reader` is left out. */
static void
frame_ring_check(uint64_t position, const void *reader, const char *expected)
{
	char text[256] = "";

	while (position != frame_ring_end(&ring)) {
		struct piece piece;
		const struct ring_piece *found =
		    frame_ring_at(&ring, position, &piece);

		ck_assert_ptr_nonnull(found);
		if (reader == NULL || found->except != reader)
			strncat(text, piece.chunk->data + piece.offset,
			    piece.len);
		position += piece.len;
	}
	ck_assert_str_eq(text, expected);
}

START_TEST(is_read_from_any_position)
{
	struct chunk *chunk = NULL, *other = NULL;
	uint64_t middle;
	struct piece piece;

	setup();
	ck_assert_uint_gt(frame_ring_end(&ring), 0);
	frame_add(&chunk, 'a', 2, NULL, 1000);
	middle = frame_ring_end(&ring);
	frame_add(&chunk, 'b', 2, NULL, 1000);
	frame_add(&other, 'c', 3, &pool, 1000);
	frame_add(&other, 'd', 1, NULL, 1000);
	chunk_unref(chunk);
	chunk_unref(other);
	frame_ring_check(1, NULL, "aabbcccd");
	frame_ring_check(middle, NULL, "bbcccd");
	frame_ring_check(middle, &pool, "bbd");
	ck_assert_ptr_null(frame_ring_at(&ring, frame_ring_end(&ring), &piece));
	teardown();
}
END_TEST

START_TEST(lets_the_oldest_go_but_never_the_newest)
{
	uint64_t second = 0;
	struct piece piece;

	setup();
	for (int i = 0; i < 40; i++) {
		struct chunk *chunk = NULL;

		frame_add(&chunk, (char)('A' + i), 10, NULL, i == 39 ? 5 : 100);
		chunk_unref(chunk);
		if (i == 0)
			second = frame_ring_end(&ring);
		if (i == 9)
			frame_ring_check(1, NULL,
			    "AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDDDDDD"
			    "EEEEEEEEEEFFFFFFFFFFGGGGGGGGGGHHHHHHHHHH"
			    "IIIIIIIIIIJJJJJJJJJJ");
		if (i == 10) {
			ck_assert_ptr_null(frame_ring_at(&ring, 1, &piece));
			ck_assert_ptr_nonnull(frame_ring_at(&ring, second,
			    &piece));
		}
	}
	frame_ring_check(frame_ring_end(&ring) - 10, NULL, "hhhhhhhhhh");
	ck_assert_ptr_null(frame_ring_at(&ring, frame_ring_end(&ring) - 11,
	    &piece));
	teardown();
}
END_TEST

/* Positions go on; what was before is gone. */
START_TEST(keeps_nothing_without_memory)
{
	struct chunk *chunk = NULL;
	struct ring_piece frames = { .except = NULL };
	uint64_t position;
	struct piece piece;

	if (!malloc_can_fail())
		return;
	setup();
	frame_add(&chunk, 'a', 2, NULL, 1000);
	frame_ring_clear(&ring);
	position = frame_ring_end(&ring);
	frames.piece = (struct piece){ chunk, 0, 2 };
	copies = _i % 2 == 1;
	malloc_fail_at((unsigned)_i / 2 + 1);
	frame_ring_add(&ring, &frames, copies, 1000);
	malloc_fail_at(0);
	ck_assert_uint_eq(frame_ring_end(&ring), position + 2);
	ck_assert_ptr_null(frame_ring_at(&ring, position, &piece));
	position = frame_ring_end(&ring);
	frame_add(&chunk, 'c', 2, NULL, 1000);
	frame_ring_check(position, NULL, "cc");
	chunk_unref(chunk);
	teardown();
}
END_TEST

START_TEST(copies_hold_no_other_chunk)
{
	struct chunk *chunk = NULL;
	uint64_t begin;

	setup();
	copies = true;
	begin = frame_ring_end(&ring);
	frame_add(&chunk, 'a', 2, NULL, 1000);
	frame_add(&chunk, 'b', 2, NULL, 1000);
	chunk_unref(chunk);
	ck_assert_uint_lt(pool.bytes, 4096);
	frame_ring_check(begin, NULL, "aabb");
	chunk = NULL;
	frame_add(&chunk, 'c', 5000, NULL, 1000);
	chunk_unref(chunk);
	ck_assert_uint_lt(pool.bytes, 8192);
	teardown();
}
END_TEST

START_TEST(pieces_end_where_a_message_comes_between)
{
	struct chunk *chunk;
	struct ring_piece frames = { .except = NULL };
	struct piece piece;

	setup();
	chunk = chunk_create(&pool, CHUNK_SIZE);
	ck_assert_ptr_nonnull(chunk);
	for (uint32_t i = 0; i < 4; i++) {
		frames.piece = (struct piece){ chunk, i, 1 };
		frames.after_seq = i / 2;
		frame_ring_add(&ring, &frames, false, 1000);
	}
	ck_assert_uint_eq(frame_ring_at(&ring, 1, &piece)->after_seq, 0);
	ck_assert_uint_eq(piece.len, 2);
	ck_assert_uint_eq(frame_ring_at(&ring, 4, &piece)->after_seq, 1);
	ck_assert_uint_eq(piece.len, 1);
	chunk_unref(chunk);
	teardown();
}
END_TEST

START_TEST(knows_whether_a_change_is_gone)
{
	struct chunk *chunk;
	struct ring_piece frames = { .is_change = true };
	uint64_t begin, behind;

	setup();
	begin = frame_ring_end(&ring);
	chunk = chunk_create(&pool, CHUNK_SIZE);
	ck_assert_ptr_nonnull(chunk);
	frames.piece = (struct piece){ chunk, 0, 10 };
	frame_ring_add(&ring, &frames, false, 25);
	behind = frame_ring_end(&ring);
	frames.is_change = false;
	frames.piece.offset = 10;
	frame_ring_add(&ring, &frames, false, 25);
	ck_assert(!frame_ring_lost_change(&ring, begin));
	frames.piece.offset = 20;
	frames.after_seq = 1;
	frame_ring_add(&ring, &frames, false, 25);
	ck_assert(frame_ring_lost_change(&ring, begin));
	ck_assert(!frame_ring_lost_change(&ring, behind));
	chunk_unref(chunk);
	teardown();
}
END_TEST

SUITE(frame_ring)
{
	tcase_add_test(tests, is_read_from_any_position);
	tcase_add_test(tests, lets_the_oldest_go_but_never_the_newest);
	tcase_add_loop_test(tests, keeps_nothing_without_memory, 0, 2);
	tcase_add_test(tests, copies_hold_no_other_chunk);
	tcase_add_test(tests, knows_whether_a_change_is_gone);
	tcase_add_test(tests, pieces_end_where_a_message_comes_between);
}
