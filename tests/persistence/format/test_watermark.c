#include "persistence/format/watermark.h"

#include <errno.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/memory_disk.h"

static struct memory_disk *memory;
static struct disk *disk;
static const uint8_t store_id[STORE_ID_SIZE] = "0123456789abcde";
static const uint8_t other_id[STORE_ID_SIZE] = "another store's";

static void
setup(void)
{
	memory = memory_disk_create();
	disk = memory_disk_disk(memory);
}

static void
teardown(void)
{
	ck_assert_uint_eq(memory_disk_open_files(memory), 0);
	memory_disk_destroy(memory);
}

static uint64_t
known_on(struct memory_disk *which)
{
	uint64_t lsn = 99;

	ck_assert_int_eq(watermark_read(memory_disk_disk(which), store_id,
			     &lsn),
	    0);
	return lsn;
}

static uint64_t
watermark_known(void)
{
	return known_on(memory);
}

static void
set_synced(uint64_t first, uint64_t last)
{
	struct watermark watermark;

	watermark_init(&watermark, disk, store_id);
	for (uint64_t lsn = first; lsn <= last; lsn++)
		watermark_set_synced(&watermark, lsn);
	watermark_fini(&watermark);
}

static void
set_written(uint64_t lsn)
{
	struct watermark watermark;

	watermark_init(&watermark, disk, store_id);
	watermark_set_written(&watermark, lsn);
	watermark_fini(&watermark);
}

static void
change_byte(uint64_t at)
{
	char byte;
	int file;

	ck_assert_int_eq(disk_open(disk, WATERMARK_NAME, DISK_WRITE, &file), 0);
	ck_assert_int_eq(disk_read(disk, file, &byte, 1, at, NULL), 0);
	byte ^= 0x10;
	ck_assert_int_eq(disk_write(disk, file, &byte, 1, at), 0);
	disk_close(disk, file);
}

START_TEST(nothing_is_known_without_the_file)
{
	ck_assert_uint_eq(watermark_known(), 0);
}
END_TEST

START_TEST(the_highest_lsn_is_known_in_each_run)
{
	for (uint64_t lsn = 1; lsn < 10; lsn++) {
		set_synced(lsn, lsn);
		ck_assert_uint_eq(watermark_known(), lsn);
	}
	set_synced(10, 15);
	ck_assert_uint_eq(watermark_known(), 15);
}
END_TEST

/* A slot may be damaged during its write: then the other one is valid. */
START_TEST(one_damaged_slot_leaves_the_other)
{
	set_synced(5, 6);
	change_byte(WATERMARK_SLOT_AT(0) + (uint64_t)_i);
	ck_assert_uint_eq(watermark_known(), 5);
	set_synced(7, 7);
	ck_assert_uint_eq(watermark_known(), 7);
	change_byte(WATERMARK_SLOT_AT(1) + (uint64_t)_i);
	ck_assert_uint_eq(watermark_known(), 7);
	change_byte(WATERMARK_SLOT_AT(0) + (uint64_t)_i);
	ck_assert_uint_eq(watermark_known(), 0);
}
END_TEST

START_TEST(a_short_file_has_only_its_whole_slots)
{
	char bytes[WATERMARK_SIZE];
	const char *whole;
	size_t len;

	set_synced(5, 6); /* 6 is in slot 0 */
	whole = memory_disk_file(memory, WATERMARK_NAME, &len);
	memcpy(bytes, whole, len);
	memory_disk_put(memory, WATERMARK_NAME, bytes, 63);
	ck_assert_uint_eq(watermark_known(), 0);
	memory_disk_put(memory, WATERMARK_NAME, bytes, 64);
	ck_assert_uint_eq(watermark_known(), 6);
	memory_disk_put(memory, WATERMARK_NAME, bytes, len - 1);
	ck_assert_uint_eq(watermark_known(), 6);
}
END_TEST

START_TEST(the_file_of_another_store_is_ignored)
{
	uint64_t lsn;

	set_synced(5, 5);
	ck_assert_int_eq(watermark_read(disk, other_id, &lsn), 0);
	ck_assert_uint_eq(lsn, 0);
}
END_TEST

START_TEST(what_is_written_counts_until_the_next_boot)
{
	struct memory_disk *killed, *other_boot;

	set_synced(5, 5);
	set_written(9);
	ck_assert_uint_eq(watermark_known(), 9);
	killed = memory_disk_crash(memory, CRASH_KILL, 0);
	ck_assert_uint_eq(known_on(killed), 9);
	other_boot = memory_disk_crash(memory, CRASH_ALL, 0);
	ck_assert_uint_eq(known_on(other_boot), 5);
	memory_disk_destroy(killed);
	memory_disk_destroy(other_boot);
}
END_TEST

START_TEST(a_boot_that_is_not_known_is_no_boot)
{
	static const uint8_t unknown[BOOT_ID_SIZE];
	char bytes[WATERMARK_SIZE] = { 0 };

	watermark_slot_write(bytes + WATERMARK_SLOT_AT(WATERMARK_WRITTEN),
	    store_id, unknown, 9);
	memory_disk_put(memory, WATERMARK_NAME, bytes, sizeof(bytes));
	ck_assert_uint_eq(watermark_known(), 0);
}
END_TEST

START_TEST(is_not_synced_while_the_journal_is_written)
{
	set_synced(1, 5);
	set_written(6);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_FDATASYNC), 0);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_FSYNC), 0);
}
END_TEST

/*
 * A written value that is not synced does not survive: it is ignored when the
 * watermark is raised.
 */
START_TEST(what_is_raised_survives_a_power_cut)
{
	struct memory_disk *left;

	set_written(9);
	ck_assert_int_eq(watermark_raise(disk, store_id, 7), 0);
	left = memory_disk_crash(memory, CRASH_NOTHING, 0);
	ck_assert_uint_eq(known_on(left), 7);
	memory_disk_destroy(left);
	ck_assert_int_eq(watermark_raise(disk, store_id, 3), 0);
	set_written(1);
	ck_assert_uint_eq(watermark_known(), 7);
}
END_TEST

static uint64_t
cursor_known(void)
{
	uint64_t lsn;

	ck_assert_int_eq(watermark_read_cursor(disk, store_id, &lsn), 0);
	return lsn;
}

static void
set_cursor(uint64_t lsn)
{
	struct watermark watermark;

	watermark_init(&watermark, disk, store_id);
	watermark_set_cursor(&watermark, lsn);
	watermark_fini(&watermark);
}

START_TEST(the_highest_cursor_counts)
{
	ck_assert_uint_eq(cursor_known(), 0);
	set_synced(1, 5);
	ck_assert_uint_eq(cursor_known(), 0);
	set_cursor(3);
	set_cursor(4);
	ck_assert_uint_eq(cursor_known(), 4);
	ck_assert_uint_eq(watermark_known(), 5);
}
END_TEST

START_TEST(one_damaged_cursor_leaves_the_other)
{
	set_synced(5, 5);
	set_cursor(3);
	set_cursor(4);
	change_byte(WATERMARK_SLOT_AT(WATERMARK_CURSOR) + (uint64_t)_i);
	ck_assert_uint_eq(cursor_known(), 3);
	set_cursor(5);
	ck_assert_uint_eq(cursor_known(), 5);
	change_byte(WATERMARK_SLOT_AT(WATERMARK_CURSOR + 1) + (uint64_t)_i);
	ck_assert_uint_eq(cursor_known(), 5);
	ck_assert_uint_eq(watermark_known(), 5);
}
END_TEST

START_TEST(a_cursor_that_is_put_survives_a_power_cut)
{
	struct memory_disk *left;
	uint64_t lsn;

	set_cursor(8);
	set_cursor(9);
	ck_assert_int_eq(watermark_put_cursor(disk, store_id, 7), 0);
	left = memory_disk_crash(memory, CRASH_NOTHING, 0);
	ck_assert_int_eq(watermark_read_cursor(memory_disk_disk(left), store_id,
			     &lsn),
	    0);
	ck_assert_uint_eq(lsn, 7);
	memory_disk_destroy(left);
}
END_TEST

static const enum disk_call calls[] = { DISK_CALL_OPEN, DISK_CALL_PREAD,
	DISK_CALL_PWRITE };

START_TEST(a_failure_stops_nothing)
{
	memory_disk_fail(memory,
	    (struct disk_fault){ calls[_i], 1, EIO, true });
	set_synced(1, 5);
	set_written(5);
}
END_TEST

SUITE(watermark)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_is_known_without_the_file);
	tcase_add_test(tests, the_highest_lsn_is_known_in_each_run);
	tcase_add_loop_test(tests, one_damaged_slot_leaves_the_other, 0,
	    WATERMARK_SLOT_SIZE);
	tcase_add_test(tests, a_short_file_has_only_its_whole_slots);
	tcase_add_test(tests, the_file_of_another_store_is_ignored);
	tcase_add_test(tests, what_is_written_counts_until_the_next_boot);
	tcase_add_test(tests, a_boot_that_is_not_known_is_no_boot);
	tcase_add_test(tests, is_not_synced_while_the_journal_is_written);
	tcase_add_test(tests, what_is_raised_survives_a_power_cut);
	tcase_add_test(tests, the_highest_cursor_counts);
	tcase_add_loop_test(tests, one_damaged_cursor_leaves_the_other, 0,
	    WATERMARK_SLOT_SIZE);
	tcase_add_test(tests, a_cursor_that_is_put_survives_a_power_cut);
	tcase_add_loop_test(tests, a_failure_stops_nothing, 0, 3);
}
