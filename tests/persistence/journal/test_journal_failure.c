/* Calls of the disk fail, permanently or temporarily. */
#include <errno.h>
#include <string.h>

#include "domain/log.h"
#include "tests/suite.h"
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
	log_set_sink(NULL, LOG_INFO);
	journal_rig_fini(&rig);
}

static void
journal_disk_refuse(enum disk_call call, int error, bool forever)
{
	memory_disk_fail(rig.memory,
	    (struct disk_fault){ call, 1, error, forever });
}

/* Half of the bytes are written, then the disk is full. */
static void
write_tear(int error)
{
	memory_disk_fail(rig.memory,
	    (struct disk_fault){ DISK_CALL_PWRITE, 1, 0, false });
	memory_disk_fail(rig.memory,
	    (struct disk_fault){ DISK_CALL_PWRITE, 2, error, false });
}

static void
assert_failed(uint64_t first, uint64_t last)
{
	struct journal_progress news = journal_rig_poll(&rig);

	ck_assert_uint_eq(news.failed_first, first);
	ck_assert_uint_eq(news.failed_last, last);
	ck_assert_uint_eq(news.committed, journal_last(rig.journal));
}

static void
assert_trouble(const char *expected)
{
	const char *trouble = journal_error(rig.journal);

	if (expected == NULL)
		ck_assert_ptr_null(trouble);
	else
		ck_assert_str_eq(trouble, expected);
	ck_assert_int_eq(journal_rig_append_text(&rig, "probe") == 0,
	    expected != NULL);
}

static void
let_it_probe(void)
{
	memory_disk_advance(rig.memory, rig.options.probe_ms);
	journal_rig_run(&rig);
}

START_TEST(gives_out_the_numbers_of_what_failed_again)
{
	static const int errors[] = { ENOSPC, EDQUOT, EFBIG };

	journal_rig_open(&rig);
	journal_rig_append_text(&rig, "a");
	journal_rig_run(&rig);
	write_tear(errors[_i]);
	journal_rig_append_text(&rig, "b");
	journal_rig_append_text(&rig, "c");
	ck_assert(journal_step(rig.journal));
	ck_assert_str_eq(journal_error(rig.journal), "disk full");
	ck_assert_uint_eq(journal_rig_append_text(&rig, "refused"), 0);
	let_it_probe();
	/* Not before the loop has the error, although there is space. */
	ck_assert_ptr_null(journal_error(rig.journal));
	ck_assert_uint_eq(journal_rig_append_text(&rig, "refused"), 0);
	assert_failed(3, 4);
	ck_assert_uint_eq(journal_rig_append_text(&rig, "d"), 3);
	journal_rig_run(&rig);
	ck_assert_uint_eq(journal_rig_poll(&rig).committed, 3);
	ck_assert_str_eq(journal_rig_show(rig.memory), "OPEN a d");
}
END_TEST

START_TEST(begins_nothing_new_before_the_old_is_cut)
{
	unsigned renames;

	journal_rig_open(&rig);
	renames = memory_disk_calls(rig.memory, DISK_CALL_RENAME);
	journal_rig_append_text(&rig, "b");
	write_tear(ENOSPC);
	journal_disk_refuse(DISK_CALL_FTRUNCATE, ENOSPC, true);
	journal_rig_run(&rig);
	assert_failed(2, 2);
	let_it_probe();
	assert_trouble("disk full");
	ck_assert_uint_eq(memory_disk_calls(rig.memory, DISK_CALL_RENAME),
	    renames);
	memory_disk_heal(rig.memory);
	let_it_probe();
	assert_trouble(NULL);
	journal_rig_run(&rig);
	ck_assert_str_eq(journal_rig_show(rig.memory), "OPEN probe");
}
END_TEST

START_TEST(is_read_only_until_the_next_start)
{
	static const struct {
		enum disk_call call;
		int error;
	} faults[] = { { DISK_CALL_PWRITE, EIO }, { DISK_CALL_PWRITE, EROFS },
		{ DISK_CALL_FDATASYNC, EIO }, { DISK_CALL_FDATASYNC, ENOSPC },
		{ DISK_CALL_FDATASYNC, EINTR } };

	rig.options.on_io_error = _i % 2 == 0 ? STORE_READ_ONLY : STORE_EXIT;
	journal_rig_open(&rig);
	journal_rig_append_text(&rig, "a");
	journal_rig_run(&rig);
	ck_assert(!journal_rig_poll(&rig).give_up);
	journal_disk_refuse(faults[_i].call, faults[_i].error, false);
	journal_rig_append_text(&rig, "b");
	journal_rig_run(&rig);
	ck_assert_int_eq(journal_rig_poll(&rig).give_up, _i % 2 == 1);
	for (int i = 0; i < 3; i++) {
		unsigned calls = memory_disk_calls(rig.memory, DISK_CALL_ANY);

		let_it_probe();
		assert_trouble("disk error");
		ck_assert_uint_eq(memory_disk_calls(rig.memory, DISK_CALL_ANY),
		    calls);
	}
	ck_assert_uint_eq(journal_last(rig.journal), 2);
}
END_TEST

/* Also not when it ends. */
START_TEST(never_syncs_again_after_a_failure)
{
	unsigned syncs;

	journal_rig_open(&rig);
	journal_disk_refuse(DISK_CALL_FDATASYNC, EIO, false);
	journal_rig_append_text(&rig, "a");
	journal_rig_run(&rig);
	syncs = memory_disk_calls(rig.memory, DISK_CALL_FDATASYNC);
	journal_destroy(rig.journal);
	rig.journal = NULL;
	ck_assert_uint_eq(memory_disk_calls(rig.memory, DISK_CALL_FDATASYNC),
	    syncs);
}
END_TEST

/* Acknowledged before the sync, then writes fail. */
START_TEST(still_syncs_what_was_written_before_a_failure)
{
	struct memory_disk *left;

	rig.options.sync = _i == 0 ? STORE_SYNC_INTERVAL : STORE_SYNC_NEVER;
	journal_rig_open(&rig);
	journal_rig_append_text(&rig, "a");
	journal_rig_run(&rig);
	ck_assert_uint_eq(journal_rig_poll(&rig).committed, 2);
	journal_disk_refuse(DISK_CALL_PWRITE, EIO, false);
	journal_rig_append_text(&rig, "b");
	journal_rig_run(&rig);
	assert_trouble("disk error");
	if (_i == 0) {
		memory_disk_advance(rig.memory, rig.options.sync_interval_ms);
		journal_rig_run(&rig);
	} else {
		journal_destroy(rig.journal);
		rig.journal = NULL;
	}
	left = memory_disk_crash(rig.memory, CRASH_NOTHING, 0);
	ck_assert_str_eq(journal_rig_show(left), "OPEN a");
	memory_disk_destroy(left);
}
END_TEST

static uint64_t
memory_disk_bytes_used(void)
{
	uint64_t left;

	memory_disk_set_capacity(rig.memory, UINT64_C(1) << 40);
	ck_assert_int_eq(disk_free_bytes(rig.disk, &left), 0);
	return (UINT64_C(1) << 40) - left;
}

START_TEST(stops_before_there_is_no_room_and_starts_at_twice_that)
{
	uint64_t used, least = rig.options.min_free_bytes;

	journal_rig_open(&rig);
	used = memory_disk_bytes_used();
	memory_disk_set_capacity(rig.memory, used + least);
	let_it_probe();
	assert_trouble(NULL);
	memory_disk_set_capacity(rig.memory, used + least - 1);
	let_it_probe();
	assert_trouble("disk full");
	/* Records that were accepted are written. */
	ck_assert_uint_eq(journal_committed(rig.journal),
	    journal_last(rig.journal));
	memory_disk_set_capacity(rig.memory, used + 2 * least - 1);
	let_it_probe();
	assert_trouble("disk full");
	memory_disk_set_capacity(rig.memory, used + 2 * least);
	let_it_probe();
	assert_trouble(NULL);
	journal_rig_run(&rig);
	assert_failed(0, 0);
}
END_TEST

START_TEST(makes_sure_of_the_next_segment)
{
	journal_rig_open(&rig);
	journal_rig_fill(&rig, 'x', rig.options.segment_bytes / 2);
	journal_disk_refuse(DISK_CALL_FALLOCATE, ENOSPC, true);
	journal_rig_run(&rig);
	assert_trouble(NULL);
	journal_rig_fill(&rig, 'x', rig.options.segment_bytes / 4);
	journal_rig_run(&rig);
	assert_trouble("disk full");
	assert_failed(0, 0);
	let_it_probe();
	assert_trouble("disk full");
	memory_disk_heal(rig.memory);
	let_it_probe();
	assert_trouble(NULL);
	ck_assert_uint_gt(journal_rig_fill(&rig, 'x',
			      rig.options.segment_bytes / 2),
	    0);
	journal_rig_run(&rig);
	assert_failed(0, 0);
}
END_TEST

/* No file was opened, so none was synced in vain: it is tried again. */
START_TEST(a_lack_of_descriptors_passes)
{
	static const struct {
		enum disk_call call;
		int error;
	} faults[] = { { DISK_CALL_OPEN, EMFILE }, { DISK_CALL_OPEN, ENFILE },
		{ DISK_CALL_SYNC_DIR, EMFILE },
		{ DISK_CALL_SYNC_DIR, ENFILE } };

	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 1024;
	journal_rig_open(&rig);
	journal_rig_fill(&rig, 'a', 600);
	journal_rig_run(&rig);
	journal_disk_refuse(faults[_i].call, faults[_i].error, true);
	journal_rig_fill(&rig, 'b', 600);
	journal_rig_run(&rig);
	ck_assert_str_eq(journal_error(rig.journal), "system out of resources");
	let_it_probe();
	ck_assert_str_eq(journal_error(rig.journal), "system out of resources");
	memory_disk_heal(rig.memory);
	let_it_probe();
	ck_assert_ptr_null(journal_error(rig.journal));
	journal_rig_poll(&rig);
	ck_assert_uint_gt(journal_rig_append_text(&rig, "c"), 0);
	journal_rig_run(&rig);
	ck_assert_uint_eq(journal_committed(rig.journal),
	    journal_last(rig.journal));
}
END_TEST

/* Under every policy the segment is durable before anything is acknowledged. */
START_TEST(waits_for_room_to_begin)
{
	static const enum store_sync policies[] = { STORE_SYNC_ALWAYS,
		STORE_SYNC_INTERVAL, STORE_SYNC_NEVER };
	struct memory_disk *left;

	rig.options.sync = policies[_i];
	memory_disk_set_capacity(rig.memory, 0);
	journal_rig_open(&rig);
	assert_trouble("disk full");
	ck_assert_uint_eq(journal_committed(rig.journal), 0);
	memory_disk_set_capacity(rig.memory, UINT64_MAX);
	let_it_probe();
	ck_assert_uint_eq(journal_committed(rig.journal), 1);
	left = memory_disk_crash(rig.memory, CRASH_NOTHING, 0);
	ck_assert_str_eq(journal_rig_show(left), "OPEN");
	memory_disk_destroy(left);
	assert_trouble(NULL);
	journal_rig_run(&rig);
	ck_assert_str_eq(journal_rig_show(rig.memory), "OPEN probe");
}
END_TEST

START_TEST(does_not_begin_on_a_broken_disk)
{
	static const enum disk_call calls[] = { DISK_CALL_PWRITE,
		DISK_CALL_FSYNC, DISK_CALL_SYNC_DIR, DISK_CALL_FDATASYNC,
		DISK_CALL_RENAME };

	journal_disk_refuse(calls[_i], EIO, false);
	ck_assert_ptr_null(journal_create(&rig.config));
}
END_TEST

/* --- log lines ----------------------------------------------- */

static char logged[1024];

static void
line_note(enum log_level level, const char *line)
{
	(void)level;
	strcat(logged, line);
	strcat(logged, "\n");
}

static void
start_noting(void)
{
	logged[0] = '\0';
	log_set_sink(line_note, LOG_INFO);
}

START_TEST(logs_each_change_once)
{
	rig.options.segment_bytes = SEGMENT_HEAD_SIZE + 1024;
	journal_rig_open(&rig);
	start_noting();
	journal_disk_refuse(DISK_CALL_PWRITE, ENOSPC, true);
	journal_rig_append_text(&rig, "a");
	journal_rig_run(&rig);
	journal_rig_poll(&rig);
	for (int i = 0; i < 3; i++)
		let_it_probe();
	memory_disk_heal(rig.memory);
	for (int i = 0; i < 3; i++)
		let_it_probe();
	journal_disk_refuse(DISK_CALL_FDATASYNC, EIO, true);
	journal_rig_append_text(&rig, "a");
	for (int i = 0; i < 3; i++)
		let_it_probe();
	ck_assert_str_eq(logged,
	    "store: write: No space left on device: read-only\n"
	    "store: writing again\n"
	    "store: sync: Input/output error: read-only until restart\n");
}
END_TEST

static void
take_long(struct memory_disk *memory, enum disk_call call, void *ms)
{
	if (call == DISK_CALL_FDATASYNC)
		memory_disk_advance(memory, *(int64_t *)ms);
}

START_TEST(logs_a_long_sync)
{
	int64_t ms = _i == 0 ? 4999 : 5000;
	struct journal_stats figures;

	journal_rig_open(&rig);
	start_noting();
	memory_disk_watch(rig.memory, take_long, &ms);
	journal_rig_append_text(&rig, "a");
	journal_step(rig.journal);
	memory_disk_watch(rig.memory, NULL, NULL);
	ck_assert_str_eq(logged,
	    _i == 0 ? "" : "store: the disk answered after 5000 ms\n");
	journal_rig_append_text(&rig, "b");
	journal_step(rig.journal);
	journal_stats(rig.journal, &figures);
	ck_assert_uint_eq(figures.sync.sum_us, (uint64_t)ms * 1000);
	ck_assert_uint_eq(histogram_count(&figures.sync), figures.syncs);
}
END_TEST

SUITE(journal_failure)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, gives_out_the_numbers_of_what_failed_again,
	    0, 3);
	tcase_add_test(tests, begins_nothing_new_before_the_old_is_cut);
	tcase_add_loop_test(tests, is_read_only_until_the_next_start, 0, 5);
	tcase_add_test(tests, never_syncs_again_after_a_failure);
	tcase_add_loop_test(tests,
	    still_syncs_what_was_written_before_a_failure, 0, 2);
	tcase_add_test(tests,
	    stops_before_there_is_no_room_and_starts_at_twice_that);
	tcase_add_test(tests, makes_sure_of_the_next_segment);
	tcase_add_loop_test(tests, a_lack_of_descriptors_passes, 0, 4);
	tcase_add_loop_test(tests, waits_for_room_to_begin, 0, 3);
	tcase_add_loop_test(tests, does_not_begin_on_a_broken_disk, 0, 5);
	tcase_add_test(tests, logs_each_change_once);
	tcase_add_loop_test(tests, logs_a_long_sync, 0, 2);
}
