#include "persistence/journal/journal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "persistence/format/watermark.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/journal_rig.h"

static struct journal_rig rig;

static void
setup(void)
{
	journal_rig_init(&rig);
}

static void
teardown(void)
{
	journal_rig_fini(&rig);
}

static bool
is_readable(void)
{
	struct pollfd fd = { .fd = journal_fd(rig.journal), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static void
assert_shown(struct memory_disk *memory, const char *expected)
{
	ck_assert_str_eq(journal_rig_show(memory), expected);
}

/* What a power cut would leave. */
static void
assert_kept(const char *expected)
{
	struct memory_disk *left =
	    memory_disk_crash(rig.memory, CRASH_NOTHING, 1);

	assert_shown(left, expected);
	memory_disk_destroy(left);
}

START_TEST(opens_and_closes)
{
	journal_rig_open(&rig);
	ck_assert_uint_eq(journal_last(rig.journal), 1);
	ck_assert_uint_eq(journal_committed(rig.journal), 1);
	ck_assert_ptr_null(journal_error(rig.journal));
	assert_kept("OPEN");
	journal_destroy(rig.journal);
	rig.journal = NULL;
	assert_kept("OPEN CLOSE");
}
END_TEST

START_TEST(continues_behind_the_recovered_lsn)
{
	struct lost_range lost[] = { { .first = 3, .last = 4, .records = 2 },
		{ .first = 8, .last = 8, .records = 1 } };

	rig.recovered.next_lsn = 77;
	rig.recovered.lost = lost;
	rig.recovered.lost_count = 2;
	journal_rig_open(&rig);
	ck_assert_uint_eq(journal_rig_append_text(&rig, "a"), 80);
	journal_rig_run(&rig);
	assert_kept("OPEN LOST LOST a");
}
END_TEST

START_TEST(commits_what_is_synced)
{
	journal_rig_open(&rig);
	journal_rig_poll(&rig);
	ck_assert(!is_readable());
	ck_assert_uint_eq(journal_rig_append_text(&rig, "a"), 2);
	ck_assert_uint_eq(journal_rig_append_text(&rig, "b"), 3);
	ck_assert_uint_eq(journal_last(rig.journal), 3);
	ck_assert_uint_eq(journal_committed(rig.journal), 1);
	assert_kept("OPEN");
	ck_assert(journal_step(rig.journal));
	ck_assert(!journal_step(rig.journal));
	assert_kept("OPEN a b");
	ck_assert(is_readable());
	ck_assert_uint_eq(journal_rig_poll(&rig).committed, 3);
	ck_assert(!is_readable());
	ck_assert_uint_eq(journal_committed(rig.journal), 3);
}
END_TEST

START_TEST(writes_one_batch_with_one_sync)
{
	unsigned before;

	rig.options.segment_bytes = 1u << 20;
	journal_rig_open(&rig);
	before = memory_disk_calls(rig.memory, DISK_CALL_FDATASYNC);
	for (int i = 0; i < 4000; i++)
		journal_rig_append_text(&rig, "x");
	journal_rig_run(&rig);
	ck_assert_uint_eq(memory_disk_calls(rig.memory, DISK_CALL_FDATASYNC),
	    before + 1);
	ck_assert_uint_eq(journal_committed(rig.journal), 4001);
}
END_TEST

START_TEST(goes_on_in_another_batch)
{
	struct journal_stats figures;

	rig.options.segment_bytes = 1u << 20;
	journal_rig_open(&rig);
	for (uint64_t lsn = 2; lsn <= 10001; lsn++)
		ck_assert_uint_eq(journal_rig_append_text(&rig, "x"), lsn);
	journal_rig_run(&rig);
	ck_assert_uint_eq(journal_committed(rig.journal), 10001);
	journal_stats(rig.journal, &figures);
	ck_assert_uint_eq(figures.batches, 1 + 3);
}
END_TEST

START_TEST(takes_no_record_that_is_too_large)
{
	enum chat_error error;

	journal_rig_open(&rig);
	ck_assert_ptr_null(journal_reserve(rig.journal, RECORD_PAYLOAD_MOST + 1,
	    &error));
	ck_assert_int_eq(error, CHAT_MESSAGE_TOO_LARGE);
}
END_TEST

/* Payloads of all lengths near the place where a segment is full. */
START_TEST(leaves_a_segment_when_it_is_full)
{
	const struct journal_record *records;
	size_t count;

	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 1024;
	journal_rig_open(&rig);
	for (int i = 0; i < 50; i++) {
		ck_assert_uint_gt(journal_rig_fill(&rig, 'x', (size_t)_i * 8),
		    0);
		if (_i % 2 == 0)
			journal_rig_run(&rig);
	}
	journal_rig_run(&rig);
	count = journal_rig_read(rig.memory, &records);
	for (size_t i = 1; i < count; i++)
		ck_assert_int_eq(records[i - 1].type == RECORD_SEAL,
		    records[i].segment == records[i].lsn);
	ck_assert_uint_eq(journal_last(rig.journal), count);
	ck_assert_uint_eq(journal_committed(rig.journal), count);
	ck_assert_uint_gt(records[count - 1].segment, 1);
}
END_TEST

START_TEST(gives_a_large_record_a_segment_of_its_own)
{
	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 1024;
	rig.options.queue_bytes = 4u << 20;
	journal_rig_open(&rig);
	journal_rig_append_text(&rig, "a");
	journal_rig_fill(&rig, 'x', RECORD_PAYLOAD_MOST);
	journal_rig_append_text(&rig, "b");
	journal_rig_run(&rig);
	assert_kept("OPEN a SEAL xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx SEAL b");
}
END_TEST

START_TEST(confirms_the_records_that_were_synced_before)
{
	const struct journal_record *records;

	journal_rig_open(&rig);
	journal_rig_append_text(&rig, "a");
	journal_rig_append_text(&rig, "b");
	journal_rig_run(&rig);
	journal_rig_append_text(&rig, "c");
	journal_rig_run(&rig);
	ck_assert_uint_eq(journal_rig_read(rig.memory, &records), 4);
	ck_assert_uint_eq(records[0].ahead, 1);
	ck_assert_uint_eq(records[1].ahead, 1);
	ck_assert_uint_eq(records[2].ahead, 2);
	ck_assert_uint_eq(records[3].ahead, 1);
}
END_TEST

/* What is known after a power cut that leaves everything. */
static uint64_t
watermark_of_synced(void)
{
	struct memory_disk *left = memory_disk_crash(rig.memory, CRASH_ALL, 0);
	uint64_t lsn = 0;

	ck_assert_int_eq(watermark_read(memory_disk_disk(left),
			     rig.recovered.store_id, &lsn),
	    0);
	memory_disk_destroy(left);
	return lsn;
}

static uint64_t
watermark_of_written(void)
{
	uint64_t lsn = 0;

	ck_assert_int_eq(watermark_read(rig.disk, rig.recovered.store_id, &lsn),
	    0);
	return lsn;
}

START_TEST(the_watermark_follows_each_sync)
{
	journal_rig_open(&rig);
	ck_assert_uint_eq(watermark_of_synced(), 1);
	for (uint64_t lsn = 2; lsn < 7; lsn++) {
		journal_rig_append_text(&rig, "a");
		ck_assert_uint_eq(watermark_of_synced(), lsn - 1);
		journal_rig_run(&rig);
		ck_assert_uint_eq(watermark_of_synced(), lsn);
	}
}
END_TEST

START_TEST(goes_on_without_a_watermark)
{
	for (unsigned nth = 1; nth <= 2; nth++)
		memory_disk_fail(rig.memory,
		    (struct disk_fault){ DISK_CALL_OPEN, nth, EIO, false });
	journal_rig_open(&rig);
	journal_rig_append_text(&rig, "a");
	journal_rig_run(&rig);
	ck_assert_ptr_null(memory_disk_file(rig.memory, WATERMARK_NAME,
	    &(size_t){ 0 }));
	assert_kept("OPEN a");
}
END_TEST

/* --- the queue ------------------------------------------------------------ */

START_TEST(refuses_what_the_queue_does_not_hold)
{
	size_t each = record_size(1000);
	uint64_t count = 0;

	rig.options.queue_bytes = 10 * each + 7;
	journal_rig_open(&rig);
	while (journal_rig_fill(&rig, 'x', 1000) != 0) {
		count++;
		ck_assert_int_eq(journal_is_under_pressure(rig.journal),
		    count >= 8);
	}
	ck_assert_uint_eq(count, 10);
	ck_assert_uint_eq(journal_rig_fill(&rig, 'x', 1000), 0);
	ck_assert_ptr_null(journal_error(rig.journal));
	journal_rig_run(&rig);
	ck_assert(!journal_is_under_pressure(rig.journal));
	ck_assert_uint_eq(journal_rig_fill(&rig, 'x', 1000), 12);
}
END_TEST

START_TEST(counts)
{
	struct journal_stats figures;

	journal_rig_open(&rig);
	journal_rig_append_text(&rig, "a");
	journal_stats(rig.journal, &figures);
	ck_assert_uint_eq(figures.appended, 2);
	ck_assert_uint_eq(figures.batches, 1);
	ck_assert_uint_eq(figures.syncs, 1);
	ck_assert_uint_eq(figures.segments, 1);
	ck_assert_uint_eq(figures.failures, 0);
	ck_assert_uint_eq(figures.pending_bytes, record_size(1));
	journal_rig_run(&rig);
	journal_stats(rig.journal, &figures);
	ck_assert_uint_eq(figures.pending_bytes, 0);
	ck_assert_uint_gt(figures.bytes, SEGMENT_HEAD_SIZE + record_size(1));
}
END_TEST

/* --- policies ------------------------------------------------------------- */

START_TEST(acknowledges_before_the_sync_if_so_asked)
{
	rig.options.sync = _i == 0 ? STORE_SYNC_INTERVAL : STORE_SYNC_NEVER;
	journal_rig_open(&rig);
	assert_kept("OPEN");
	ck_assert_uint_eq(watermark_of_synced(), 1);
	journal_rig_append_text(&rig, "a");
	journal_rig_run(&rig);
	ck_assert_uint_eq(journal_committed(rig.journal), 2);
	ck_assert_uint_eq(watermark_of_written(), 2);
	assert_kept("OPEN");
	assert_shown(rig.memory, "OPEN a");
	memory_disk_advance(rig.memory, 999);
	journal_rig_run(&rig);
	assert_kept("OPEN");
	memory_disk_advance(rig.memory, 1);
	journal_rig_run(&rig);
	assert_kept(_i == 0 ? "OPEN a" : "OPEN");
	ck_assert_uint_eq(watermark_of_synced(), _i == 0 ? 2 : 1);
}
END_TEST

START_TEST(syncs_what_it_leaves_behind)
{
	rig.options.sync = _i == 0 ? STORE_SYNC_INTERVAL : STORE_SYNC_NEVER;
	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 1024;
	journal_rig_open(&rig);
	journal_rig_append_text(&rig, "a");
	journal_rig_fill(&rig, 'x', 900);
	journal_rig_run(&rig);
	assert_kept("OPEN a SEAL");
	journal_destroy(rig.journal);
	rig.journal = NULL;
	assert_kept("OPEN a SEAL xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx CLOSE");
	ck_assert_uint_eq(watermark_of_synced(), 5);
}
END_TEST

/* --- without memory ------------------------------------------------------- */

START_TEST(does_not_begin_without_memory)
{
	unsigned n = 0;

	if (!malloc_can_fail())
		return;
	do {
		malloc_fail_at(++n);
		rig.journal = journal_create(&rig.config);
		malloc_fail_at(0);
		ck_assert_uint_lt(n, 100);
		if (rig.journal == NULL)
			ck_assert_uint_eq(memory_disk_open_files(rig.memory),
			    0);
	} while (rig.journal == NULL);
	ck_assert_uint_gt(n, 1);
}
END_TEST

/* Both where a segment is full and where it is not. */
START_TEST(refuses_what_there_is_no_memory_for)
{
	static const size_t lens[] = { 1, 900 };
	enum chat_error error;
	unsigned n = 0;
	char *payload;

	if (!malloc_can_fail())
		return;
	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 1024;
	journal_rig_open(&rig);
	journal_rig_fill(&rig, 'x', 900);
	do {
		malloc_fail_at(++n);
		payload = journal_reserve(rig.journal, lens[_i], &error);
		malloc_fail_at(0);
		ck_assert_int_eq(error,
		    payload == NULL ? CHAT_UNAVAILABLE : CHAT_OK);
	} while (payload == NULL);
	ck_assert_int_eq(n > 1, _i == 1);
	memset(payload, 'y', lens[_i]);
	journal_commit(rig.journal, RECORD_MESSAGE);
	journal_rig_run(&rig);
	ck_assert_uint_eq(journal_rig_poll(&rig).committed,
	    journal_last(rig.journal));
	ck_assert_ptr_null(journal_error(rig.journal));
}
END_TEST

SUITE(journal)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, opens_and_closes);
	tcase_add_test(tests, continues_behind_the_recovered_lsn);
	tcase_add_test(tests, commits_what_is_synced);
	tcase_add_test(tests, writes_one_batch_with_one_sync);
	tcase_add_test(tests, goes_on_in_another_batch);
	tcase_add_test(tests, takes_no_record_that_is_too_large);
	tcase_add_loop_test(tests, leaves_a_segment_when_it_is_full, 0, 130);
	tcase_add_test(tests, gives_a_large_record_a_segment_of_its_own);
	tcase_add_test(tests, confirms_the_records_that_were_synced_before);
	tcase_add_test(tests, the_watermark_follows_each_sync);
	tcase_add_test(tests, goes_on_without_a_watermark);
	tcase_add_test(tests, refuses_what_the_queue_does_not_hold);
	tcase_add_test(tests, counts);
	tcase_add_loop_test(tests, acknowledges_before_the_sync_if_so_asked, 0,
	    2);
	tcase_add_loop_test(tests, syncs_what_it_leaves_behind, 0, 2);
	tcase_add_test(tests, does_not_begin_without_memory);
	tcase_add_loop_test(tests, refuses_what_there_is_no_memory_for, 0, 2);
}
