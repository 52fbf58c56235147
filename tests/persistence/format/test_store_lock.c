#include "persistence/format/store_lock.h"

#include <errno.h>

#include "tests/suite.h"
#include "tests/support/persistence/memory_disk.h"
#include "tests/support/persistence/temp_store.h"

static struct disk *disk;

static void
setup(void)
{
	disk = temp_store_open();
}

static void
teardown(void)
{
	temp_store_remove(disk);
}

START_TEST(is_locked_by_one_process)
{
	struct disk *other = system_disk_open(temp_store_path());
	int mine, theirs;

	ck_assert_int_eq(store_lock_take(disk, &mine), 0);
	ck_assert_int_eq(store_lock_take(other, &theirs), EAGAIN);
	ck_assert_int_eq(store_lock_take(other, &theirs), EAGAIN);
	store_lock_release(disk, mine);
	ck_assert_int_eq(store_lock_take(other, &theirs), 0);
	ck_assert_int_eq(store_lock_take(disk, &mine), EAGAIN);
	store_lock_release(other, theirs);
	disk_destroy(other);
}
END_TEST

static const struct {
	enum disk_call call;
	int error, posted;
} faults[] = { { DISK_CALL_OPEN, EROFS, EROFS },
	{ DISK_CALL_OPEN, EACCES, EACCES }, { DISK_CALL_LOCK, ENOLCK, ENOLCK },
	{ DISK_CALL_LOCK, EACCES, EAGAIN },
	{ DISK_CALL_LOCK, EAGAIN, EAGAIN } };

START_TEST(returns_why_it_could_not_lock)
{
	struct memory_disk *memory = memory_disk_create();
	int lock;

	memory_disk_fail(memory,
	    (struct disk_fault){ faults[_i].call, 1, faults[_i].error, false });
	ck_assert_int_eq(store_lock_take(memory_disk_disk(memory), &lock),
	    faults[_i].posted);
	ck_assert_uint_eq(memory_disk_open_files(memory), 0);
	memory_disk_destroy(memory);
}
END_TEST

SUITE(store_lock)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, is_locked_by_one_process);
	tcase_add_loop_test(tests, returns_why_it_could_not_lock, 0, 5);
}
