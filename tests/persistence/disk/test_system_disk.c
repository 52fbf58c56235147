#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "persistence/disk/disk.h"
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

static int
disk_file_create(const char *name)
{
	int file;

	ck_assert_int_eq(disk_open(disk, name, DISK_CREATE, &file), 0);
	return file;
}

static mode_t
mode_of(const char *name)
{
	struct stat status;
	char full[128];

	snprintf(full, sizeof(full), "%s/%s", temp_store_path(), name);
	ck_assert_int_eq(stat(full, &status), 0);
	return status.st_mode & 0777;
}

START_TEST(keeps_others_out)
{
	disk_close(disk, disk_file_create("file"));
	ck_assert_uint_eq(mode_of("."), 0700);
	ck_assert_uint_eq(mode_of("file"), 0600);
}
END_TEST

START_TEST(opens_by_the_rules_of_each_mode)
{
	int file;

	ck_assert_int_eq(disk_open(disk, "a", DISK_READ, &file), ENOENT);
	ck_assert_int_eq(disk_open(disk, "a", DISK_WRITE, &file), ENOENT);
	disk_close(disk, disk_file_create("a"));
	ck_assert_int_eq(disk_open(disk, "a", DISK_CREATE, &file), EEXIST);
	ck_assert_int_eq(disk_open(disk, "a", DISK_READ, &file), 0);
	ck_assert_int_eq(disk_write(disk, file, "x", 1, 0), EBADF);
	disk_close(disk, file);
}
END_TEST

START_TEST(reads_what_was_written)
{
	int file = disk_file_create("a");
	char got[6] = "";
	uint64_t size;

	ck_assert_int_eq(disk_write(disk, file, "hello", 5, 3), 0);
	ck_assert_int_eq(disk_fdatasync(disk, file), 0);
	ck_assert_int_eq(disk_fsync(disk, file), 0);
	ck_assert_int_eq(disk_sync_dir(disk, false), 0);
	disk_drop_cache(disk, file);
	ck_assert_int_eq(disk_read(disk, file, got, 5, 3, NULL), 0);
	ck_assert_str_eq(got, "hello");
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_uint_eq(size, 8);
	ck_assert_int_eq(disk_ftruncate(disk, file, 4), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_uint_eq(size, 4);
	ck_assert_int_eq(disk_read(disk, file, got, 5, 3, NULL), EIO);
	disk_close(disk, file);
}
END_TEST

/* Where the file system cannot, the file stays as it is. */
START_TEST(allocates_zeros)
{
	int file = disk_file_create("a");
	char got[4] = "xxx";
	uint64_t size;

	ck_assert_int_eq(disk_fallocate(disk, file, 8192), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert(size == 8192 || size == 0);
	if (size > 0) {
		ck_assert_int_eq(disk_read(disk, file, got, 3, 8189, NULL), 0);
		ck_assert_mem_eq(got, "\0\0\0", 3);
	}
	disk_close(disk, file);
}
END_TEST

/* With or without support of the file system. */
START_TEST(fills_with_nothing_but_zeros)
{
	int file = disk_file_create("a");
	char got[6] = "";
	uint64_t size;

	ck_assert_int_eq(disk_write(disk, file, "hello", 5, 0), 0);
	ck_assert_int_eq(disk_fallocate(disk, file, 200000), 0);
	ck_assert_int_eq(disk_size(disk, file, &size), 0);
	ck_assert_int_eq(disk_zero(disk, file, 4096, 150000), 0);
	if (size == 200000) {
		ck_assert_int_eq(disk_size(disk, file, &size), 0);
		ck_assert_uint_eq(size, 200000);
		ck_assert_int_eq(disk_read(disk, file, got, 5, 4096 + 149995,
				     NULL),
		    0);
		ck_assert_mem_eq(got, "\0\0\0\0\0", 5);
	}
	ck_assert_int_eq(disk_read(disk, file, got, 5, 0, NULL), 0);
	ck_assert_str_eq(got, "hello");
	disk_close(disk, file);
}
END_TEST

static bool
count_it(const char *name, void *arg)
{
	ck_assert_str_eq(name, "b");
	++*(int *)arg;
	return true;
}

START_TEST(survives_a_limit_on_how_long_files_may_be)
{
	int file = disk_file_create("file");
	struct rlimit before, limit;
	int written, allocated;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ 4, before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	written = disk_write(disk, file, "12345", 5, 0);
	allocated = disk_fallocate(disk, file, 5);
	/* Restored before any check: the output of tests may be a file, too.
	 */
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_eq(written, EFBIG);
	ck_assert_int_eq(allocated, EFBIG);
	disk_close(disk, file);
}
END_TEST

START_TEST(lists_files_alone)
{
	int count = 0;

	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	ck_assert_int_eq(disk_make_quarantine(disk), 0);
	disk_close(disk, disk_file_create("quarantine/c"));
	ck_assert_int_eq(disk_sync_dir(disk, true), 0);
	disk_close(disk, disk_file_create("a"));
	ck_assert_int_eq(disk_rename(disk, "a", "b"), 0);
	for (int twice = 0; twice < 2; twice++)
		ck_assert_int_eq(disk_list(disk, count_it, &count), 0);
	ck_assert_int_eq(count, 2);
	ck_assert_int_eq(disk_unlink(disk, "quarantine/c"), 0);
}
END_TEST

/* Objects that are no files, in the place of a file. */
static int
make_pipe(const char *path)
{
	return mkfifo(path, 0600);
}

static int
make_link(const char *path)
{
	return symlink("elsewhere", path);
}

static int
make_directory(const char *path)
{
	return mkdir(path, 0700);
}

static const struct other_kind {
	int (*make)(const char *path);
	int error;
	int listed;
} other_kinds[] = {
	{ make_pipe, EINVAL, 1 },
	{ make_link, ELOOP, 1 },
	{ make_directory, EISDIR, 0 },
};

/*
 * A pipe is not waited for, a link is not followed; it is an error, and not a
 * missing file.
 */
START_TEST(opens_nothing_but_files)
{
	const struct other_kind *kind = &other_kinds[_i];
	char full[128];
	int file, count = 0;

	snprintf(full, sizeof(full), "%s/b", temp_store_path());
	ck_assert_int_eq(kind->make(full), 0);
	ck_assert_int_eq(disk_open(disk, "b", DISK_READ, &file), kind->error);
	ck_assert_int_eq(disk_open(disk, "b", DISK_WRITE, &file), kind->error);
	ck_assert_int_eq(disk_open(disk, "b", DISK_CREATE, &file), EEXIST);
	ck_assert_int_eq(disk_list(disk, count_it, &count), 0);
	ck_assert_int_eq(count, kind->listed);
	ck_assert_int_eq(remove(full), 0);
}
END_TEST

static bool
name_count_and_stop(const char *name, void *arg)
{
	(void)name;
	++*(int *)arg;
	return false;
}

START_TEST(stops_listing_when_asked_to)
{
	int count = 0;

	disk_close(disk, disk_file_create("a"));
	disk_close(disk, disk_file_create("b"));
	ck_assert_int_eq(disk_list(disk, name_count_and_stop, &count), 0);
	ck_assert_int_eq(count, 1);
}
END_TEST

START_TEST(locks_against_everybody_else)
{
	int mine = disk_file_create("LOCK"), other, error;

	ck_assert_int_eq(disk_open(disk, "LOCK", DISK_WRITE, &other), 0);
	ck_assert_int_eq(disk_lock(disk, mine), 0);
	error = disk_lock(disk, other);
	ck_assert(error == EAGAIN || error == EACCES);
	disk_close(disk, mine);
	ck_assert_int_eq(disk_lock(disk, other), 0);
	disk_close(disk, other);
}
END_TEST

START_TEST(knows_room_and_time)
{
	int64_t then = disk_monotonic_us(disk);
	uint64_t bytes;

	ck_assert_int_eq(disk_free_bytes(disk, &bytes), 0);
	ck_assert_uint_gt(bytes, 0);
	ck_assert_int_gt(disk_wall_ms(disk), 1600000000000);
	ck_assert_int_ge(disk_monotonic_us(disk), then);
}
END_TEST

START_TEST(random_bytes_differ)
{
	char bytes[2][600];

	for (int i = 0; i < 2; i++)
		disk_random(disk, bytes[i], sizeof(bytes[i]));
	ck_assert_mem_ne(bytes[0], bytes[1], sizeof(bytes[0]));
	ck_assert_mem_ne(bytes[0] + 300, bytes[1] + 300, 16);
}
END_TEST

START_TEST(knows_since_when_the_machine_runs)
{
	uint8_t ids[2][BOOT_ID_SIZE], none[BOOT_ID_SIZE] = { 0 };

	for (int i = 0; i < 2; i++)
		disk_boot_id(disk, ids[i]);
	ck_assert_mem_eq(ids[0], ids[1], BOOT_ID_SIZE);
	ck_assert_mem_ne(ids[0], none, BOOT_ID_SIZE);
}
END_TEST

START_TEST(needs_a_directory)
{
	static const char *const none[] = { "/dev/null", "/nowhere/at/all" };

	ck_assert_ptr_null(system_disk_open(none[_i]));
}
END_TEST

START_TEST(opens_a_directory_that_is_there)
{
	struct disk *again = system_disk_open(temp_store_path());

	ck_assert_ptr_nonnull(again);
	disk_destroy(again);
}
END_TEST

SUITE(system_disk)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, keeps_others_out);
	tcase_add_test(tests, opens_by_the_rules_of_each_mode);
	tcase_add_test(tests, reads_what_was_written);
	tcase_add_test(tests, allocates_zeros);
	tcase_add_test(tests, fills_with_nothing_but_zeros);
	tcase_add_test(tests, survives_a_limit_on_how_long_files_may_be);
	tcase_add_test(tests, lists_files_alone);
	tcase_add_loop_test(tests, opens_nothing_but_files, 0,
	    COUNT_OF(other_kinds));
	tcase_add_test(tests, stops_listing_when_asked_to);
	tcase_add_test(tests, locks_against_everybody_else);
	tcase_add_test(tests, knows_room_and_time);
	tcase_add_test(tests, random_bytes_differ);
	tcase_add_test(tests, knows_since_when_the_machine_runs);
	tcase_add_loop_test(tests, needs_a_directory, 0, 2);
	tcase_add_test(tests, opens_a_directory_that_is_there);
}
