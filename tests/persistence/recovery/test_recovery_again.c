/* Recovery is idempotent: it may be stopped at any call and started again. */
#include <errno.h>
#include <string.h>

#include "persistence/recovery/recovery.h"
#include "persistence/store_options.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/recording_replay.h"
#include "tests/support/persistence/store_files.h"

static struct store_file file;

static void
again_begin_store(unsigned messages)
{
	segment_begin(&file, 1);
	store_file_open(&file, STORE_SYNC_ALWAYS, 'b');
	store_file_room(&file, "kitchen");
	for (unsigned i = 1; i <= messages; i++)
		store_file_message(&file, "kitchen", i);
}

static void
file_overwrite(size_t at, size_t len)
{
	memset(file.bytes + at, 0x3c, len);
}

static void
put_torn(struct memory_disk *disk)
{
	again_begin_store(4);
	file_overwrite(file.len - 50, 50);
	store_file_put(&file, disk, 20000);
}

/* Two ranges, and a tail that is lost in part. */
static void
again_put_damaged(struct memory_disk *disk)
{
	size_t at;

	again_begin_store(3);
	at = store_file_message(&file, "kitchen", 4);
	file_overwrite(at, 100);
	store_file_message(&file, "kitchen", 5);
	store_file_message(&file, "kitchen", 6);
	at = store_file_message(&file, "kitchen", 7);
	file_overwrite(at + 40, 4);
	store_file_message(&file, "kitchen", 8);
	at = store_file_message(&file, "kitchen", 9);
	file_overwrite(at, 150);
	store_file_put(&file, disk, 20000);
	store_put_durable(disk, 11);
}

/* The middle one is unreadable, the last one's end is missing. */
static void
put_segments(struct memory_disk *disk)
{
	again_begin_store(3);
	store_file_add(&file, RECORD_SEAL, STR(""));
	store_file_put(&file, disk, 0);
	segment_begin(&file, 7);
	store_file_message(&file, "kitchen", 4);
	store_file_put(&file, disk, 0);
	memory_disk_put(disk, "seg-0000000000000007.log", file.bytes + 64,
	    5000);
	segment_begin(&file, 8);
	store_file_message(&file, "kitchen", 5);
	store_file_put(&file, disk, 20000);
	store_put_durable(disk, 10);
}

/* All records of what was durable are about to be removed. */
static void
put_lonely_end(struct memory_disk *disk)
{
	again_begin_store(3);
	file_overwrite(file.len - 100, 100);
	store_file_put(&file, disk, 0);
	segment_begin(&file, 6);
	store_file_put(&file, disk, 20000);
}

static void
put_snapshot(struct memory_disk *disk)
{
	static struct store_file snapshot;

	snapshot_begin(&snapshot, 20);
	store_file_open(&snapshot, STORE_SYNC_ALWAYS, 'b');
	store_file_room(&snapshot, "kitchen");
	for (unsigned i = 1; i <= 6; i++)
		store_file_message(&snapshot, "kitchen", i);
	memset(snapshot.bytes + snapshot.len - 300, 0x3c, 200);
	snapshot_put(&snapshot, disk);
	/* A segment that the snapshot covers, and one that it does not. */
	segment_begin(&file, 1);
	for (unsigned i = 1; i <= 20; i++)
		store_file_message(&file, "attic", i);
	store_file_put(&file, disk, 0);
	segment_begin(&file, 21);
	store_file_message(&file, "kitchen", 7);
	store_file_put(&file, disk, 20000);
}

static void
put_empty(struct memory_disk *disk)
{
	ck_assert_int_eq(disk_unlink(memory_disk_disk(disk), "FORMAT"), 0);
	ck_assert_int_eq(disk_sync_dir(memory_disk_disk(disk), false), 0);
}

static void
put_without_format(struct memory_disk *disk)
{
	again_put_damaged(disk);
	put_empty(disk);
}

static void (*const stores[])(struct memory_disk *) = { put_torn,
	again_put_damaged, put_segments, put_lonely_end, put_snapshot,
	put_empty, put_without_format };

static struct memory_disk *
store_create_numbered(size_t i)
{
	struct memory_disk *disk = memory_disk_create();

	store_put_format(disk);
	stores[i](disk);
	return disk;
}

static struct seen once, again;
static struct recovery_result once_result, again_result;

static void
assert_same(void)
{
	ck_assert_uint_eq(again.count, once.count);
	ck_assert_mem_eq(again.lsns, once.lsns, sizeof(once.lsns));
	ck_assert_uint_eq(again.lost_count, once.lost_count);
	ck_assert_mem_eq(again.lost, once.lost, sizeof(once.lost));
	ck_assert_uint_eq(again_result.next_lsn, once_result.next_lsn);
	ck_assert_uint_eq(again_result.lost_records, once_result.lost_records);
	ck_assert_uint_eq(again_result.epochs_invalid_up_to,
	    once_result.epochs_invalid_up_to);
	ck_assert_uint_eq(again_result.lost_count, once_result.lost_count);
	if (once_result.lost_count > 0)
		ck_assert_mem_eq(again_result.lost, once_result.lost,
		    once_result.lost_count * sizeof(*once_result.lost));
}

static void
recover_once(size_t store)
{
	struct memory_disk *disk = store_create_numbered(store);

	recover_disk(disk, RECOVERY_REPAIR, &once, &once_result);
	memory_disk_destroy(disk);
}

/* False: recovery ended before so many calls. */
static bool
stop_and_begin_anew(size_t store, unsigned calls, enum crash_shape shape)
{
	struct memory_disk *disk = store_create_numbered(store), *after;
	enum recovery_status end;

	memory_disk_stop_after(disk, calls);
	end = recover_disk(disk, RECOVERY_REPAIR, &again, &again_result);
	after = memory_disk_crash(disk, shape, calls);
	memory_disk_destroy(disk);
	recover_disk(after, RECOVERY_REPAIR, &again, &again_result);
	assert_same();
	memory_disk_destroy(after);
	return end == RECOVERY_FAILED;
}

static void
crash_everywhere(size_t store, enum crash_shape shape)
{
	unsigned calls = 0;

	while (stop_and_begin_anew(store, calls, shape))
		calls++;
	ck_assert_uint_gt(calls, 5);
}

START_TEST(a_crash_anywhere_changes_nothing)
{
	recover_once((size_t)_i);
	for (int shape = 0; shape < CRASH_SHAPES; shape++)
		crash_everywhere((size_t)_i, (enum crash_shape)shape);
}
END_TEST

static const int errors[] = { EIO, ENOSPC, EMFILE, EINTR, 0 };

/*
 * The n-th call fails once: recovery goes on without it, or ends with an error,
 * after which the store is valid. An interrupted call is repeated.
 */
static bool
fail_and_begin_anew(size_t store, unsigned nth, int error)
{
	struct memory_disk *disk = store_create_numbered(store);
	enum recovery_status end;
	bool has_failed;

	memory_disk_fail(disk,
	    (struct disk_fault){ .nth = nth, .error = error });
	end = recover_disk(disk, RECOVERY_REPAIR, &again, &again_result);
	has_failed = memory_disk_failures(disk) > 0;
	memory_disk_heal(disk);
	if (end == RECOVERY_FAILED)
		recover_disk(disk, RECOVERY_REPAIR, &again, &again_result);
	assert_same();
	memory_disk_destroy(disk);
	return has_failed;
}

static void
store_fail_each_call(size_t store, int error)
{
	unsigned nth = 1;

	while (fail_and_begin_anew(store, nth, error))
		nth++;
	ck_assert_uint_gt(nth, 5);
}

START_TEST(a_call_that_fails_changes_nothing)
{
	recover_once((size_t)_i);
	for (size_t i = 0; i < COUNT_OF(errors); i++)
		store_fail_each_call((size_t)_i, errors[i]);
}
END_TEST

START_TEST(memory_that_runs_out_changes_nothing)
{
	unsigned n = 1;
	bool has_failed;

	if (!malloc_can_fail())
		return;
	recover_once((size_t)_i);
	do {
		struct memory_disk *disk = store_create_numbered((size_t)_i);
		enum recovery_status end;

		malloc_fail_at(n++);
		end =
		    recover_disk(disk, RECOVERY_REPAIR, &again, &again_result);
		malloc_fail_at(0);
		has_failed = malloc_has_failed();
		ck_assert(!has_failed || end == RECOVERY_FAILED);
		if (has_failed)
			recover_disk(disk, RECOVERY_REPAIR, &again,
			    &again_result);
		assert_same();
		memory_disk_destroy(disk);
	} while (has_failed);
	ck_assert_uint_gt(n, 2);
}
END_TEST

static void
teardown(void)
{
	recovery_result_fini(&once_result);
	recovery_result_fini(&again_result);
}

SUITE(recovery_again)
{
	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_loop_test(tests, a_crash_anywhere_changes_nothing, 0,
	    COUNT_OF(stores));
	tcase_add_loop_test(tests, a_call_that_fails_changes_nothing, 0,
	    COUNT_OF(stores));
	tcase_add_loop_test(tests, memory_that_runs_out_changes_nothing, 0,
	    COUNT_OF(stores));
}
