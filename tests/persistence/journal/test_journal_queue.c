#include "persistence/journal/journal_queue.h"

#include "tests/suite.h"

static struct journal_queue queue;
static uint64_t next_lsn;

static void
setup(void)
{
	journal_queue_init(&queue);
	next_lsn = 1;
}

static void
teardown(void)
{
	journal_queue_fini(&queue);
}

static void
queue_add_record(void)
{
	if (queue.open == NULL)
		queue.open = batch_create(0);
	ck_assert_ptr_nonnull(queue.open);
	batch_add(queue.open, RECORD_MESSAGE, 8, next_lsn++);
	queue.bytes += record_size(8);
}

static void
assert_taken(uint64_t first_lsn)
{
	struct batch *batch = journal_queue_take(&queue);

	ck_assert_ptr_nonnull(batch);
	ck_assert_uint_eq(batch->first_lsn, first_lsn);
	batches_destroy(journal_queue_give_back(&queue, batch));
}

START_TEST(gives_batches_in_order)
{
	queue_add_record();
	journal_queue_close_batch(&queue);
	queue_add_record();
	queue_add_record();
	journal_queue_close_batch(&queue);
	queue_add_record();
	assert_taken(1);
	assert_taken(2);
	assert_taken(4);
	ck_assert(!journal_queue_is_ready(&queue));
	ck_assert_ptr_null(journal_queue_take(&queue));
	ck_assert_uint_eq(queue.bytes, 0);
	queue_add_record();
	assert_taken(5);
}
END_TEST

START_TEST(leaves_a_pinned_batch_alone)
{
	queue_add_record();
	journal_queue_close_batch(&queue);
	queue_add_record();
	queue.is_pinned = true;
	assert_taken(1);
	ck_assert(!journal_queue_is_ready(&queue));
	ck_assert_ptr_null(journal_queue_take(&queue));
	queue.is_pinned = false;
	assert_taken(2);
}
END_TEST

START_TEST(counts_what_is_taken_until_it_is_given_back)
{
	struct batch *batch;

	queue_add_record();
	batch = journal_queue_take(&queue);
	ck_assert_uint_eq(queue.bytes, record_size(8));
	batches_destroy(journal_queue_give_back(&queue, batch));
	ck_assert_uint_eq(queue.bytes, 0);
}
END_TEST

START_TEST(drops_everything)
{
	for (int i = 0; i < 3; i++) {
		queue_add_record();
		journal_queue_close_batch(&queue);
	}
	queue_add_record();
	batches_destroy(journal_queue_drop(&queue));
	ck_assert(!journal_queue_is_ready(&queue));
	ck_assert_uint_eq(queue.bytes, 0);
	next_lsn = 1;
	queue_add_record();
	assert_taken(1);
}
END_TEST

/* The memory of a burst is freed. */
START_TEST(keeps_some_batches_and_no_more)
{
	unsigned kept = 0;
	struct batch *spare;

	for (int i = 0; i < 20; i++) {
		queue_add_record();
		journal_queue_close_batch(&queue);
	}
	for (uint64_t lsn = 1; lsn <= 20; lsn++)
		assert_taken(lsn);
	while ((spare = journal_queue_spare(&queue)) != NULL) {
		ck_assert_uint_eq(spare->count, 0);
		ck_assert_uint_eq(spare->len, 0);
		batch_destroy(spare);
		kept++;
	}
	ck_assert_uint_eq(kept, 4);
}
END_TEST

START_TEST(keeps_no_large_batch)
{
	queue.open = batch_create(RECORD_PAYLOAD_MOST);
	ck_assert_ptr_nonnull(queue.open);
	batch_add(queue.open, RECORD_MESSAGE, RECORD_PAYLOAD_MOST, next_lsn++);
	queue.bytes += queue.open->len;
	assert_taken(1);
	ck_assert_ptr_null(journal_queue_spare(&queue));
	ck_assert_uint_eq(queue.bytes, 0);
}
END_TEST

SUITE(journal_queue)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, gives_batches_in_order);
	tcase_add_test(tests, leaves_a_pinned_batch_alone);
	tcase_add_test(tests, counts_what_is_taken_until_it_is_given_back);
	tcase_add_test(tests, drops_everything);
	tcase_add_test(tests, keeps_some_batches_and_no_more);
	tcase_add_test(tests, keeps_no_large_batch);
}
