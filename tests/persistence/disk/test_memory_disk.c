/* Tests of the memory disk, which other tests rely on: files and names. */
#include <errno.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/disk_rig.h"

START_TEST(shows_what_was_written)
{
	char got[8] = "";
	int file;

	disk_rig_begin();
	file = disk_rig_create("a");
	disk_rig_put(file, "hello", 0);
	disk_rig_put(file, "J", 0);
	ck_assert_int_eq(disk_read(disk, file, got, 5, 0, NULL), 0);
	ck_assert_str_eq(got, "Jello");
	disk_rig_end();
}
END_TEST

START_TEST(reads_no_further_than_the_end)
{
	char got[8];
	size_t len;
	int file;

	disk_rig_begin();
	file = disk_rig_create("a");
	disk_rig_put(file, "hello", 0);
	ck_assert_int_eq(disk_read(disk, file, got, 8, 3, &len), 0);
	ck_assert_uint_eq(len, 2);
	ck_assert_int_eq(disk_read(disk, file, got, 8, 99, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(disk_read(disk, file, got, 8, 3, NULL), EIO);
	disk_rig_end();
}
END_TEST

START_TEST(has_zeros_where_nothing_was_written)
{
	uint64_t size = 0;
	size_t len;
	int file;

	disk_rig_begin();
	file = disk_rig_create("a");
	disk_rig_put(file, "b", 3);
	ck_assert_int_eq(disk_fallocate(disk, file, 6), 0);
	ck_assert_int_eq(disk_fallocate(disk, file, 2), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_uint_eq(size, 6);
	ck_assert(memcmp(memory_disk_file(memory, "a", &len), "\0\0\0b\0\0",
		      6) == 0);
	ck_assert_int_eq(disk_ftruncate(disk, file, 3), 0);
	ck_assert_int_eq(disk_ftruncate(disk, file, 4), 0);
	ck_assert(memcmp(memory_disk_file(memory, "a", &len), "\0\0\0\0", 4) ==
		  0);
	ck_assert_uint_eq(len, 4);
	disk_rig_end();
}
END_TEST

START_TEST(need_not_know_how_to_allocate)
{
	struct memory_disk *left;
	uint64_t size = 1;
	int file;

	disk_rig_begin();
	memory_disk_cannot_allocate(memory);
	file = disk_rig_create("a");
	ck_assert_int_eq(disk_fallocate(disk, file, 6), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_uint_eq(size, 0);
	left = memory_disk_crash(memory, CRASH_ALL, 0);
	disk_rig_end();
	memory = left;
	disk = memory_disk_disk(left);
	ck_assert_int_eq(disk_open(disk, "a", DISK_WRITE, &file), 0);
	ck_assert_int_eq(disk_fallocate(disk, file, 6), 0);
	disk_rig_expect(memory, "a", "");
	disk_rig_end();
}
END_TEST

START_TEST(opens_by_name)
{
	int file;

	disk_rig_begin();
	ck_assert_int_eq(disk_open(disk, "a", DISK_READ, &file), ENOENT);
	ck_assert_int_eq(disk_open(disk, "a", DISK_WRITE, &file), ENOENT);
	disk_close(disk, disk_rig_create("a"));
	ck_assert_int_eq(disk_open(disk, "a", DISK_CREATE, &file), EEXIST);
	ck_assert_int_eq(disk_open(disk, "a", DISK_WRITE, &file), 0);
	ck_assert_uint_eq(memory_disk_open_files(memory), 1);
	disk_close(disk, file);
	ck_assert_uint_eq(memory_disk_open_files(memory), 0);
	disk_rig_end();
}
END_TEST

static bool
add_name(const char *name, void *text)
{
	strcat(strcat(text, name), " ");
	return true;
}

static bool
name_visit_once(const char *name, void *text)
{
	add_name(name, text);
	return false;
}

START_TEST(lists_the_files_of_the_directory_itself)
{
	char names[64] = "";
	int file;

	disk_rig_begin();
	ck_assert_int_eq(disk_open(disk, "quarantine/x", DISK_CREATE, &file),
	    ENOENT);
	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	(void)disk_rig_create("quarantine/x");
	(void)disk_rig_create("a");
	(void)disk_rig_create("b");
	ck_assert_int_eq(disk_rename(disk, "a", "c"), 0);
	ck_assert_int_eq(disk_unlink(disk, "quarantine/x"), 0);
	ck_assert_int_eq(disk_list(disk, add_name, names), 0);
	ck_assert_str_eq(names, "b c ");
	names[0] = '\0';
	ck_assert_int_eq(disk_list(disk, name_visit_once, names), 0);
	ck_assert_str_eq(names, "b ");
	ck_assert_int_eq(disk_unlink(disk, "a"), ENOENT);
	ck_assert_int_eq(disk_rename(disk, "a", "b"), ENOENT);
	ck_assert_int_eq(disk_open(disk, "quarantine", DISK_READ, &file),
	    EISDIR);
	disk_rig_end();
}
END_TEST

START_TEST(a_rename_takes_the_place_of_another)
{
	disk_rig_begin();
	(void)disk_rig_create_with("a", "new");
	(void)disk_rig_create_with("b", "old");
	ck_assert_int_eq(disk_rename(disk, "a", "b"), 0);
	disk_rig_expect(memory, "b", "new");
	disk_rig_expect(memory, "a", NULL);
	disk_rig_end();
}
END_TEST

START_TEST(a_file_moves_into_the_quarantine)
{
	disk_rig_begin();
	(void)disk_rig_create_with("a", "text");
	ck_assert_int_eq(disk_rename(disk, "a", "quarantine/a"), ENOENT);
	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	ck_assert_int_eq(disk_rename(disk, "a", "quarantine/a"), 0);
	disk_rig_expect(memory, "quarantine/a", "text");
	disk_rig_expect(memory, "a", NULL);
	disk_rig_end();
}
END_TEST

START_TEST(a_file_can_be_read_after_its_name_is_gone)
{
	char got[4] = "";
	int file;

	disk_rig_begin();
	file = disk_rig_create_with("a", "abc");
	ck_assert_int_eq(disk_unlink(disk, "a"), 0);
	ck_assert_int_eq(disk_read(disk, file, got, 3, 0, NULL), 0);
	ck_assert_str_eq(got, "abc");
	disk_rig_end();
}
END_TEST

START_TEST(a_lock_keeps_others_out_until_it_is_closed)
{
	int first, second;

	disk_rig_begin();
	first = disk_rig_create("LOCK");
	ck_assert_int_eq(disk_open(disk, "LOCK", DISK_WRITE, &second), 0);
	ck_assert_int_eq(disk_lock(disk, first), 0);
	ck_assert_int_eq(disk_lock(disk, first), 0);
	ck_assert_int_eq(disk_lock(disk, second), EAGAIN);
	disk_close(disk, first);
	ck_assert_int_eq(disk_lock(disk, second), 0);
	disk_rig_end();
}
END_TEST

START_TEST(the_clock_is_set_by_the_test)
{
	disk_rig_begin();
	memory_disk_advance(memory, 1500);
	ck_assert_int_eq(disk_wall_ms(disk), 1500);
	ck_assert_int_eq(disk_monotonic_us(disk), 1500000);
	memory_disk_set_wall(memory, 7);
	ck_assert_int_eq(disk_wall_ms(disk), 7);
	ck_assert_int_eq(disk_monotonic_us(disk), 1500000);
	disk_rig_end();
}
END_TEST

START_TEST(is_full_when_its_capacity_is_reached)
{
	uint64_t left = 0;
	int a, b;

	disk_rig_begin();
	memory_disk_set_capacity(memory, 10);
	a = disk_rig_create("a");
	b = disk_rig_create("b");
	ck_assert_int_eq(disk_fallocate(disk, a, 4), 0);
	ck_assert_int_eq(disk_free_bytes(disk, &left), 0);
	ck_assert_uint_eq(left, 6);
	ck_assert_int_eq(disk_fallocate(disk, b, 7), ENOSPC);
	ck_assert_int_eq(disk_write(disk, b, "1234567", 7, 0), ENOSPC);
	disk_rig_expect(memory, "b", "123456");
	disk_rig_put(a, "room", 0);
	ck_assert_int_eq(disk_write(disk, a, "room!", 5, 0), ENOSPC);
	ck_assert_int_eq(disk_unlink(disk, "b"), 0);
	disk_rig_put(a, "room!", 0);
	disk_rig_end();
}
END_TEST

SUITE(memory_disk)
{
	tcase_add_test(tests, shows_what_was_written);
	tcase_add_test(tests, reads_no_further_than_the_end);
	tcase_add_test(tests, has_zeros_where_nothing_was_written);
	tcase_add_test(tests, need_not_know_how_to_allocate);
	tcase_add_test(tests, opens_by_name);
	tcase_add_test(tests, lists_the_files_of_the_directory_itself);
	tcase_add_test(tests, a_rename_takes_the_place_of_another);
	tcase_add_test(tests, a_file_moves_into_the_quarantine);
	tcase_add_test(tests, a_file_can_be_read_after_its_name_is_gone);
	tcase_add_test(tests, a_lock_keeps_others_out_until_it_is_closed);
	tcase_add_test(tests, the_clock_is_set_by_the_test);
	tcase_add_test(tests, is_full_when_its_capacity_is_reached);
}
