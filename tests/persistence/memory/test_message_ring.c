#include "persistence/memory/message_ring.h"

#include <stdlib.h>

#include "tests/suite.h"

/* Each message is a second later than the one before. */
static void
push_number(struct message_ring *ring, uint64_t seq)
{
	struct message message = { .at_ms = 1000 * (int64_t)seq,
		.author = STR("a"),
		.author_id = STR("b"),
		.body = STR("c") };
	struct kept_message *kept = kept_message_create(&message);

	ck_assert_ptr_nonnull(kept);
	ck_assert(message_ring_reserve(ring));
	message_ring_push(ring, kept, seq);
}

static void
ring_push_next(struct message_ring *ring)
{
	push_number(ring, ring->last + 1);
}

static void
pop_all(struct message_ring *ring)
{
	while (ring->count > 0)
		free(message_ring_pop(ring));
}

/* Every message is in its place, and found by its number and its time. */
static void
assert_in_order(const struct message_ring *ring)
{
	uint64_t before = 0;

	for (size_t i = 0; i < ring->count; i++) {
		const struct kept_message *kept = message_ring_at(ring, i);

		ck_assert_uint_gt(kept->seq, before);
		ck_assert_uint_eq(message_ring_number(ring, i), kept->seq);
		ck_assert_uint_eq(message_ring_find(ring, before + 1), i);
		ck_assert_uint_eq(message_ring_find(ring, kept->seq), i);
		ck_assert_int_eq(kept->at_ms, 1000 * (int64_t)kept->seq);
		ck_assert_uint_eq(message_ring_seek(ring, kept->at_ms - 1), i);
		ck_assert_uint_eq(message_ring_seek(ring, kept->at_ms), i + 1);
		before = kept->seq;
	}
	ck_assert_uint_eq(message_ring_find(ring, 0), 0);
	ck_assert_uint_eq(message_ring_find(ring, before + 1), ring->count);
	ck_assert_uint_eq(message_ring_find(ring, UINT64_MAX), ring->count);
	ck_assert_uint_eq(message_ring_number(ring, ring->count),
	    ring->last + 1);
	ck_assert_uint_eq(message_ring_seek(ring, INT64_MIN), 0);
	ck_assert_uint_eq(message_ring_seek(ring, INT64_MAX), ring->count);
}

START_TEST(keeps_messages_in_order_at_every_size)
{
	struct message_ring ring;

	message_ring_init(&ring);
	assert_in_order(&ring);
	for (int i = 0; i < 300; i++) {
		ring_push_next(&ring);
		assert_in_order(&ring);
		if (i % 3 == 0)
			free(message_ring_pop(&ring));
	}
	while (ring.count > 0) {
		free(message_ring_pop(&ring));
		assert_in_order(&ring);
	}
	ck_assert_uint_eq(ring.last, 300);
	message_ring_fini(&ring);
}
END_TEST

/* For any missing messages. */
START_TEST(keeps_messages_in_order_with_holes)
{
	static const uint64_t steps[] = { 1, 1, 2, 1, 1000000, 1, 7,
		UINT64_C(1) << 40, 1 };
	struct message_ring ring;

	message_ring_init(&ring);
	for (size_t i = 0; i < 100; i++) {
		push_number(&ring, ring.last + steps[i % 9]);
		assert_in_order(&ring);
		if (i % 4 == 0)
			free(message_ring_pop(&ring));
	}
	ck_assert_uint_le(message_ring_bytes(&ring), 128 * sizeof(void *));
	pop_all(&ring);
	message_ring_fini(&ring);
}
END_TEST

/* A ring that shrinks keeps the places that are reserved. */
START_TEST(keeps_places_for_what_is_to_come)
{
	struct message_ring ring;

	message_ring_init(&ring);
	for (int i = 0; i < 100; i++)
		ring_push_next(&ring);
	for (int i = 0; i < 50; i++)
		ck_assert(message_ring_reserve(&ring));
	pop_all(&ring);
	ck_assert_uint_ge(message_ring_bytes(&ring), 50 * sizeof(void *));
	for (int i = 0; i < 50; i++)
		message_ring_release(&ring);
	ck_assert_uint_eq(message_ring_bytes(&ring), 0);
	ring_push_next(&ring);
	assert_in_order(&ring);
	ck_assert_uint_eq(ring.last, 101);
	pop_all(&ring);
	message_ring_fini(&ring);
}
END_TEST

START_TEST(takes_memory_as_it_fills_and_gives_it_back)
{
	struct message_ring ring;

	message_ring_init(&ring);
	ck_assert_uint_eq(message_ring_bytes(&ring), 0);
	for (int i = 0; i < 1000; i++)
		ring_push_next(&ring);
	ck_assert_uint_eq(message_ring_bytes(&ring), 1024 * sizeof(void *));
	while (ring.count > 10)
		free(message_ring_pop(&ring));
	ck_assert_uint_le(message_ring_bytes(&ring), 128 * sizeof(void *));
	pop_all(&ring);
	ck_assert_uint_eq(message_ring_bytes(&ring), 0);
	message_ring_fini(&ring);
}
END_TEST

START_TEST(a_steady_stream_never_changes_its_size)
{
	struct message_ring ring;
	size_t bytes;

	message_ring_init(&ring);
	for (int i = 0; i < 100; i++)
		ring_push_next(&ring);
	bytes = message_ring_bytes(&ring);
	for (int i = 0; i < 1000; i++) {
		ring_push_next(&ring);
		free(message_ring_pop(&ring));
		ck_assert_uint_eq(message_ring_bytes(&ring), bytes);
	}
	assert_in_order(&ring);
	pop_all(&ring);
	message_ring_fini(&ring);
}
END_TEST

START_TEST(counts_the_bytes_of_a_message)
{
	struct message message = { .author = STR("Alice"),
		.author_id = STR("a1"),
		.body = STR("hello") };
	struct kept_message *kept = kept_message_create(&message);

	ck_assert_uint_eq(kept_message_bytes(kept), sizeof(*kept) + 12);
	free(kept);
	message.key = STR("k1");
	kept = kept_message_create(&message);
	ck_assert_uint_eq(kept_message_bytes(kept), sizeof(*kept) + 14);
	free(kept);
}
END_TEST

SUITE(message_ring)
{
	tcase_add_test(tests, keeps_messages_in_order_at_every_size);
	tcase_add_test(tests, keeps_messages_in_order_with_holes);
	tcase_add_test(tests, keeps_places_for_what_is_to_come);
	tcase_add_test(tests, takes_memory_as_it_fills_and_gives_it_back);
	tcase_add_test(tests, a_steady_stream_never_changes_its_size);
	tcase_add_test(tests, counts_the_bytes_of_a_message);
}
