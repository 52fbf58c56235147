/* Faults of a memory disk. */
#include <errno.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/disk_rig.h"

START_TEST(a_failed_sync_drops_what_it_was_to_make_last)
{
	int file;

	disk_rig_begin();
	file = disk_rig_create_with("a", "old");
	disk_rig_put(file, "new", 0);
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_FDATASYNC, 1, EIO, false });
	ck_assert_int_eq(disk_fdatasync(disk, file), EIO);
	disk_rig_expect(memory, "a", "new");
	ck_assert_int_eq(disk_fdatasync(disk, file), 0);
	disk_rig_expect(memory, "a", "new");
	disk_rig_expect_after(CRASH_KILL, "a", "new");
	disk_rig_expect_after(CRASH_ALL, "a", "old");
	disk_drop_cache(disk, file);
	disk_rig_expect(memory, "a", "old");
	disk_rig_end();
}
END_TEST

START_TEST(dropping_the_cache_loses_nothing_else)
{
	int file;

	disk_rig_begin();
	file = disk_rig_create_with("a", "old");
	disk_rig_put(file, "new", 0);
	disk_drop_cache(disk, file);
	disk_rig_expect(memory, "a", "new");
	disk_rig_expect_after(CRASH_NOTHING, "a", "old");
	disk_rig_end();
}
END_TEST

START_TEST(the_nth_call_fails_once_or_forever)
{
	uint64_t size;
	int file;

	disk_rig_begin();
	file = disk_rig_create("a");
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_SIZE, 2, EIO, false });
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_SIZE, 4, ENOMEM, true });
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), EIO);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_int_eq(disk_ftruncate(disk, file, 3), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), ENOMEM);
	ck_assert_int_eq(disk_size(disk, file, &size), ENOMEM);
	ck_assert_uint_eq(memory_disk_failures(memory), 3);
	memory_disk_heal(memory);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_SIZE), 6);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_ANY), 8);
	disk_rig_end();
}
END_TEST

static int
call_open(int file)
{
	return disk_open(disk, "b", DISK_CREATE, &file);
}

static int
call_pread(int file)
{
	char byte;

	return disk_read(disk, file, &byte, 1, 0, NULL);
}

static int
call_pwrite(int file)
{
	return disk_write(disk, file, "x", 1, 0);
}

static int
call_fdatasync(int file)
{
	return disk_fdatasync(disk, file);
}

static int
call_fsync(int file)
{
	return disk_fsync(disk, file);
}

static int
call_ftruncate(int file)
{
	return disk_ftruncate(disk, file, 0);
}

static int
call_fallocate(int file)
{
	return disk_fallocate(disk, file, 9);
}

static int
call_size(int file)
{
	uint64_t size;

	return disk_size(disk, file, &size);
}

static int
call_rename(int file)
{
	(void)file;
	return disk_rename(disk, "a", "c");
}

static int
call_unlink(int file)
{
	(void)file;
	return disk_unlink(disk, "a");
}

static bool
list_visit_once(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return false;
}

static int
call_list(int file)
{
	(void)file;
	return disk_list(disk, list_visit_once, NULL);
}

static int
call_sync_dir(int file)
{
	(void)file;
	return disk_sync_dir(disk, false);
}

static int
call_make_quarantine(int file)
{
	(void)file;
	return disk_make_quarantine(disk);
}

static int
call_lock(int file)
{
	return disk_lock(disk, file);
}

static int
call_free_bytes(int file)
{
	uint64_t bytes;

	(void)file;
	return disk_free_bytes(disk, &bytes);
}

static int (*const calls[DISK_CALLS])(int file) = { NULL, call_open, call_pread,
	call_pwrite, call_fdatasync, call_fsync, call_ftruncate, call_fallocate,
	call_size, call_rename, call_unlink, call_list, call_sync_dir,
	call_make_quarantine, call_lock, call_free_bytes };

/* A call with a fault fails and changes nothing; the next one succeeds. */
START_TEST(every_call_can_fail)
{
	struct memory_disk *before;
	int file;

	disk_rig_begin();
	file = disk_rig_create("a");
	disk_rig_put(file, "text", 0);
	before = memory_disk_crash(memory, CRASH_KILL, 0);
	memory_disk_fail(memory,
	    (struct disk_fault){ (enum disk_call)_i, 1, ENXIO, false });
	ck_assert_int_eq(calls[_i](file), ENXIO);
	disk_rig_expect(memory, "a", "text");
	ck_assert_ptr_null(memory_disk_name(memory, 1));
	if (_i != DISK_CALL_FSYNC && _i != DISK_CALL_FDATASYNC)
		ck_assert(memory_disk_equal(before, memory));
	ck_assert_int_eq(calls[_i](file), 0);
	memory_disk_destroy(before);
	disk_rig_end();
}
END_TEST

START_TEST(a_stopped_process_changes_nothing)
{
	struct memory_disk *before;
	int file;

	disk_rig_begin();
	file = disk_rig_create("a");
	memory_disk_stop_after(memory, 1);
	disk_rig_put(file, "text", 0);
	before = memory_disk_crash(memory, CRASH_KILL, 0);
	for (int i = DISK_CALL_ANY + 1; i < DISK_CALLS; i++)
		ck_assert_int_eq(calls[i](file), EIO);
	ck_assert(memory_disk_equal(before, memory));
	disk_rig_expect_after(CRASH_NOTHING, "a", NULL);
	disk_rig_expect_after(CRASH_ALL, "a", "text");
	memory_disk_destroy(before);
	disk_rig_end();
}
END_TEST

START_TEST(reads_and_writes_may_stop_halfway)
{
	char got[8] = "";
	int file;

	disk_rig_begin();
	file = disk_rig_create("a");
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_PWRITE, 1, 0, false });
	ck_assert_int_eq(disk->ops->pwrite(disk, file, "12345678", 8, 0), 4);
	disk_rig_expect(memory, "a", "1234");
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_PREAD, 1, 0, true });
	ck_assert_int_eq(disk->ops->pread(disk, file, got, 4, 0), 2);
	ck_assert_int_eq(disk_read(disk, file, got, 4, 0, NULL), 0);
	ck_assert_str_eq(got, "1234");
	disk_rig_end();
}
END_TEST

static void
count_call(struct memory_disk *of, enum disk_call call, void *counts)
{
	(void)of;
	((unsigned *)counts)[call]++;
}

START_TEST(changes_are_watched)
{
	static const bool changes[DISK_CALLS] = { [DISK_CALL_OPEN] = true,
		[DISK_CALL_PWRITE] = true,
		[DISK_CALL_FDATASYNC] = true,
		[DISK_CALL_FSYNC] = true,
		[DISK_CALL_FTRUNCATE] = true,
		[DISK_CALL_FALLOCATE] = true,
		[DISK_CALL_RENAME] = true,
		[DISK_CALL_UNLINK] = true,
		[DISK_CALL_SYNC_DIR] = true,
		[DISK_CALL_MAKE_QUARANTINE] = true };
	unsigned counts[DISK_CALLS] = { 0 };
	int file;

	disk_rig_begin();
	file = disk_rig_create("a");
	disk_rig_put(file, "text", 0);
	memory_disk_watch(memory, count_call, counts);
	(void)calls[_i](file);
	for (int i = 0; i < DISK_CALLS; i++)
		ck_assert_uint_eq(counts[i], i == _i && changes[i]);
	disk_rig_end();
}
END_TEST

SUITE(memory_disk_faults)
{
	tcase_add_test(tests, a_failed_sync_drops_what_it_was_to_make_last);
	tcase_add_test(tests, dropping_the_cache_loses_nothing_else);
	tcase_add_test(tests, the_nth_call_fails_once_or_forever);
	tcase_add_loop_test(tests, every_call_can_fail, DISK_CALL_ANY + 1,
	    DISK_CALLS);
	tcase_add_test(tests, a_stopped_process_changes_nothing);
	tcase_add_test(tests, reads_and_writes_may_stop_halfway);
	tcase_add_loop_test(tests, changes_are_watched, DISK_CALL_ANY + 1,
	    DISK_CALLS);
}
