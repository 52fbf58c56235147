#include "cmd/parley/partial_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

/* Of "hello, world". */
#define CONTENT "hello, world"
#define SIZE (sizeof(CONTENT) - 1)
#define ETAG "09ca7e4eaa6e8ae9c7d2611671291848"
#define PART "d/.parley-" ETAG ".part"

static char directory[] = "/tmp/partial_file.XXXXXX";
static int before; /* the working directory */

static void
setup(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	before = open(".", O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(before, 0);
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(mkdir("d", 0755), 0);
}

static void
teardown(void)
{
	static const char *const names[] = { PART, "d/a.b", "d/a (2).b",
		"d/a (3).b", "d/c", "d/w" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		unlink(names[i]);
	ck_assert_int_eq(rmdir("d"), 0);
	/* Other suites may run in this process. */
	ck_assert_int_eq(fchdir(before), 0);
	close(before);
	ck_assert_int_eq(rmdir(directory), 0);
}

static struct partial_file *
partial_open(const char *path)
{
	return partial_file_open(path, "a.b", ETAG, SIZE);
}

static void
check_content(const char *path)
{
	char content[64] = "";
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(content, 1, sizeof(content) - 1, file), SIZE);
	ck_assert_str_eq(content, CONTENT);
	fclose(file);
}

static void
part_save(const char *path, const char *expected)
{
	struct partial_file *file = partial_open(path);
	char saved[PATH_MAX];

	ck_assert_ptr_nonnull(file);
	ck_assert(partial_file_write(file, CONTENT, SIZE));
	ck_assert(partial_file_finish(file, saved));
	partial_file_close(file);
	ck_assert_str_eq(saved, expected);
	check_content(expected);
}

START_TEST(a_file_gets_its_name_when_it_is_whole)
{
	struct partial_file *file = partial_open("d/c");
	char saved[PATH_MAX];

	ck_assert(partial_file_write(file, CONTENT, 5));
	ck_assert_int_ne(access("d/c", F_OK), 0);
	ck_assert_int_eq(access(PART, F_OK), 0);
	ck_assert(partial_file_write(file, &CONTENT[5], SIZE - 5));
	ck_assert(partial_file_finish(file, saved));
	partial_file_close(file);
	ck_assert_str_eq(saved, "d/c");
	check_content("d/c");
	ck_assert_int_ne(access(PART, F_OK), 0);
}
END_TEST

START_TEST(in_a_directory_names_get_numbers)
{
	part_save("d", "d/a.b");
	part_save("d/", "d/a (2).b");
	ck_assert_int_eq(chdir("d"), 0);
	part_save("", "a (3).b");
	ck_assert_int_eq(chdir(".."), 0);
}
END_TEST

START_TEST(nothing_is_overwritten)
{
	struct partial_file *file;
	char saved[PATH_MAX];

	part_save("d/c", "d/c");
	ck_assert_ptr_null(partial_open("d/c"));
	ck_assert_int_eq(errno, EEXIST);
	/* Nor a file that was made meanwhile. */
	file = partial_open("d/w");
	ck_assert(partial_file_write(file, CONTENT, SIZE));
	ck_assert_int_eq(symlink("c", "d/w"), 0);
	ck_assert(!partial_file_finish(file, saved));
	ck_assert_int_eq(errno, EEXIST);
	partial_file_close(file);
	check_content("d/c");
}
END_TEST

START_TEST(a_part_is_continued)
{
	struct partial_file *file = partial_open("d/c");
	char saved[PATH_MAX];

	ck_assert(partial_file_write(file, CONTENT, 5));
	partial_file_close(file);
	file = partial_open("d/w");
	ck_assert_uint_eq(partial_file_done(file), 5);
	ck_assert(partial_file_write(file, &CONTENT[5], SIZE - 5));
	ck_assert(partial_file_finish(file, saved));
	partial_file_close(file);
	check_content("d/w");
}
END_TEST

START_TEST(what_is_damaged_or_too_long_is_not_continued)
{
	struct partial_file *file = partial_open("d/c");
	char saved[PATH_MAX];

	ck_assert(partial_file_write(file, "HELLO", 5));
	partial_file_close(file);
	file = partial_open("d/c");
	ck_assert(partial_file_write(file, &CONTENT[5], SIZE - 5));
	ck_assert(!partial_file_finish(file, saved));
	ck_assert_int_eq(errno, EBADMSG);
	partial_file_close(file);
	ck_assert_int_ne(access("d/c", F_OK), 0);
	ck_assert_int_ne(access(PART, F_OK), 0);
	file = partial_open("d/c");
	ck_assert(partial_file_write(file, CONTENT CONTENT, 2 * SIZE));
	partial_file_close(file);
	file = partial_open("d/c");
	ck_assert_uint_eq(partial_file_done(file), 0);
	partial_file_close(file);
	/* No part of an empty file is kept. */
	ck_assert_int_ne(access(PART, F_OK), 0);
}
END_TEST

START_TEST(one_process_saves_it_at_a_time)
{
	struct partial_file *file = partial_open("d/c");

	ck_assert_ptr_null(partial_open("d/w"));
	ck_assert_int_eq(errno, EWOULDBLOCK);
	ck_assert(partial_file_write(file, CONTENT, 5));
	partial_file_remove(file);
	ck_assert_int_ne(access(PART, F_OK), 0);
	part_save("d/c", "d/c");
}
END_TEST

START_TEST(a_link_is_not_followed)
{
	ck_assert_int_eq(symlink("/tmp/elsewhere", PART), 0);
	ck_assert_ptr_null(partial_open("d/c"));
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_ne(access("/tmp/elsewhere", F_OK), 0);
}
END_TEST

START_TEST(paths_may_be_too_long)
{
	static char path[PATH_MAX];

	memset(path, 'a', sizeof(path) - 1);
	ck_assert_ptr_null(partial_open(path));
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(without_memory_nothing_is_opened)
{
	struct partial_file *file;

	if (!malloc_can_fail())
		return;
	/* OpenSSL takes memory of its own with the first hash. */
	partial_file_close(partial_open("d/c"));
	malloc_fail_at((unsigned)_i);
	file = partial_open("d/c");
	malloc_fail_at(0);
	if (file == NULL)
		ck_assert_int_eq(errno, ENOMEM);
	partial_file_close(file);
}
END_TEST

SUITE(partial_file)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_file_gets_its_name_when_it_is_whole);
	tcase_add_test(tests, in_a_directory_names_get_numbers);
	tcase_add_test(tests, nothing_is_overwritten);
	tcase_add_test(tests, a_part_is_continued);
	tcase_add_test(tests, what_is_damaged_or_too_long_is_not_continued);
	tcase_add_test(tests, one_process_saves_it_at_a_time);
	tcase_add_test(tests, a_link_is_not_followed);
	tcase_add_test(tests, paths_may_be_too_long);
	tcase_add_loop_test(tests, without_memory_nothing_is_opened, 1, 6);
}
