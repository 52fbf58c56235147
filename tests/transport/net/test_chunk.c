#include "transport/net/chunk.h"

#include "tests/suite.h"

START_TEST(spare_chunks_are_used_again)
{
	struct chunk_pool pool = { 0 };
	struct chunk *chunk = chunk_create(&pool, CHUNK_SIZE), *again;

	ck_assert_uint_eq(pool.bytes, CHUNK_SIZE);
	chunk_unref(chunk);
	ck_assert_uint_eq(pool.bytes, 0);
	again = chunk_create(&pool, CHUNK_SIZE);
	ck_assert_ptr_eq(again, chunk);
	ck_assert_uint_eq(again->refs, 1);
	ck_assert_uint_eq(again->used, 0);
	chunk_unref(again);
	ck_assert_ptr_null(chunk_create(&pool, (size_t)UINT32_MAX + 1));
	chunk_pool_fini(&pool);
}
END_TEST

START_TEST(adjoining_pieces_are_made_one)
{
	struct chunk_pool pool = { 0 };
	struct chunk *chunk = chunk_create(&pool, 100);
	struct piece last = { chunk, 10, 5 }, next = { chunk, 15, 3 };

	ck_assert(piece_extend(&last, &next));
	ck_assert_uint_eq(last.len, 8);
	ck_assert(!piece_extend(&last, &next));
	chunk_unref(chunk);
	chunk_pool_fini(&pool);
}
END_TEST

SUITE(chunk)
{
	tcase_add_test(tests, spare_chunks_are_used_again);
	tcase_add_test(tests, adjoining_pieces_are_made_one);
}
