#include "persistence/store_lock.h"

#include <errno.h>

#include "tests/suite.h"
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

START_TEST(lets_one_in)
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

SUITE(store_lock)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, lets_one_in);
}
