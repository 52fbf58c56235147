#include "persistence/message_ring.h"

#include <stdlib.h>

#include "tests/suite.h"

/* Each message is a second later than the one before. */
static void
push(struct message_ring *ring)
{
	struct message message = { .at_ms = 1000 * (int64_t)(ring->last + 1),
		.author = STR("a"),
		.author_id = STR("b"),
		.body = STR("c") };
	struct kept_message *kept = kept_message_create(&message);

	ck_assert_ptr_nonnull(kept);
	ck_assert(message_ring_reserve(ring));
	message_ring_push(ring, kept);
}

static void
pop_all(struct message_ring *ring)
{
	while (message_ring_count(ring) > 0)
		free(message_ring_pop(ring));
}

/* Every message is in its place, and found by its time. */
static void
assert_in_order(const struct message_ring *ring)
{
	for (uint64_t seq = ring->first; seq <= ring->last; seq++) {
		const struct kept_message *kept = message_ring_at(ring, seq);

		ck_assert_uint_eq(kept->seq, seq);
		ck_assert_int_eq(kept->at_ms, 1000 * (int64_t)seq);
		ck_assert_uint_eq(message_ring_seek(ring, kept->at_ms - 1),
		    seq);
		ck_assert_uint_eq(message_ring_seek(ring, kept->at_ms),
		    seq + 1);
	}
	ck_assert_uint_eq(message_ring_seek(ring, INT64_MIN), ring->first);
	ck_assert_uint_eq(message_ring_seek(ring, INT64_MAX), ring->last + 1);
}

START_TEST(keeps_messages_in_order_at_every_size)
{
	struct message_ring ring;

	message_ring_init(&ring);
	assert_in_order(&ring);
	for (int i = 0; i < 300; i++) {
		push(&ring);
		assert_in_order(&ring);
		if (i % 3 == 0)
			free(message_ring_pop(&ring));
	}
	while (message_ring_count(&ring) > 0) {
		free(message_ring_pop(&ring));
		assert_in_order(&ring);
	}
	ck_assert_uint_eq(ring.last, 300);
	message_ring_fini(&ring);
}
END_TEST

START_TEST(takes_memory_as_it_fills_and_gives_it_back)
{
	struct message_ring ring;

	message_ring_init(&ring);
	ck_assert_uint_eq(message_ring_bytes(&ring), 0);
	for (int i = 0; i < 1000; i++)
		push(&ring);
	ck_assert_uint_eq(message_ring_bytes(&ring), 1024 * sizeof(void *));
	while (message_ring_count(&ring) > 10)
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
		push(&ring);
	bytes = message_ring_bytes(&ring);
	for (int i = 0; i < 1000; i++) {
		push(&ring);
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
	tcase_add_test(tests, takes_memory_as_it_fills_and_gives_it_back);
	tcase_add_test(tests, a_steady_stream_never_changes_its_size);
	tcase_add_test(tests, counts_the_bytes_of_a_message);
}
