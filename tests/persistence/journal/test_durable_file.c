#include "persistence/journal/durable_file.h"

#include <errno.h>

#include "tests/suite.h"
#include "tests/support/persistence/memory_disk.h"

static struct memory_disk *memory;
static const uint8_t store_id[STORE_ID_SIZE] = "0123456789abcde";

static void
setup(void)
{
	memory = memory_disk_create();
}

static void
teardown(void)
{
	ck_assert_uint_eq(memory_disk_open_files(memory), 0);
	memory_disk_destroy(memory);
}

static uint64_t
marked(void)
{
	size_t len = 0;
	const char *bytes = memory_disk_file(memory, DURABLE_NAME, &len);

	return durable_mark_read(bytes, len, store_id, NULL);
}

static void
write_in_a_row(uint64_t first, uint64_t last)
{
	struct durable_file durable;

	durable_file_open(&durable, memory_disk_disk(memory), store_id);
	for (uint64_t lsn = first; lsn <= last; lsn++)
		durable_file_write(&durable, lsn);
	durable_file_close(&durable);
}

START_TEST(is_kept_from_one_run_to_the_next)
{
	for (uint64_t lsn = 1; lsn < 10; lsn++) {
		write_in_a_row(lsn, lsn);
		ck_assert_uint_eq(marked(), lsn);
	}
	write_in_a_row(10, 15);
	ck_assert_uint_eq(marked(), 15);
}
END_TEST

static void
wipe_slot(int slot)
{
	static const char zeros[DURABLE_SLOT_SIZE];
	struct disk *disk = memory_disk_disk(memory);
	int file;

	ck_assert_int_eq(disk_open(disk, DURABLE_NAME, DISK_WRITE, &file), 0);
	ck_assert_int_eq(disk_write(disk, file, zeros, sizeof(zeros),
			     DURABLE_SLOT_AT(slot)),
	    0);
	disk_close(disk, file);
}

/* A slot that is being written may come to nothing: the other one holds. */
START_TEST(holds_with_one_slot)
{
	uint64_t last = 5 + (uint64_t)_i / 2;

	write_in_a_row(1, last - 1);
	write_in_a_row(last, last);
	wipe_slot(_i % 2);
	ck_assert_uint_ge(marked(), last - 1);
	wipe_slot(1 - _i % 2);
	ck_assert_uint_eq(marked(), 0);
}
END_TEST

START_TEST(is_never_synced)
{
	write_in_a_row(1, 5);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_FDATASYNC), 0);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_FSYNC), 0);
}
END_TEST

static const enum disk_call calls[] = { DISK_CALL_OPEN, DISK_CALL_PREAD,
	DISK_CALL_PWRITE };

START_TEST(may_fail)
{
	memory_disk_fail(memory,
	    (struct disk_fault){ calls[_i], 1, EIO, true });
	write_in_a_row(1, 5);
}
END_TEST

SUITE(durable_file)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, is_kept_from_one_run_to_the_next);
	tcase_add_loop_test(tests, holds_with_one_slot, 0, 4);
	tcase_add_test(tests, is_never_synced);
	tcase_add_loop_test(tests, may_fail, 0, 3);
}
