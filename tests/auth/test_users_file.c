#include "auth/users_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "auth/file_content.h"
#include "tests/suite.h"

static char dir[64], path[96], why[512];

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/parley-users-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/users", dir);
	why[0] = '\0';
}

static void
teardown(void)
{
	char lock[128];

	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
	unlink(path);
	/* Nothing else is left, no temporary file either. */
	ck_assert_int_eq(rmdir(dir), 0);
}

static void
must_write(const char *name)
{
	struct password_hash password = password_hash_dummy();
	struct users *users = users_create();

	ck_assert_int_eq(users_add(users, str_from(name), USER_ROLE_USER,
			     &password, NULL),
	    USERS_OK);
	ck_assert_msg(users_file_write(path, users, why, sizeof(why)), "%s",
	    why);
	users_destroy(users);
}

START_TEST(reads_what_it_writes)
{
	struct users *users;
	struct stat status;

	setup();
	must_write("alice");
	must_write("bob");
	users = users_file_read(path, &status, why, sizeof(why));
	ck_assert_msg(users != NULL, "%s", why);
	ck_assert_uint_eq(users_count(users), 1);
	ck_assert_ptr_nonnull(users_find(users, STR("bob")));
	ck_assert_int_eq(status.st_mode & 07777, 0600);
	users_destroy(users);
	teardown();
}
END_TEST

START_TEST(names_the_file_in_errors)
{
	struct users *users = users_create();

	setup();
	ck_assert_ptr_null(users_file_read(path, NULL, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "/users: No such file"));
	ck_assert(file_content_replace(path, STR("nonsense\n")));
	ck_assert_ptr_null(users_file_read(path, NULL, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "/users: line 1: expected"));
	ck_assert(!users_file_write("/nowhere/users", users, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "/nowhere/users: No such file"));
	users_destroy(users);
	teardown();
}
END_TEST

START_TEST(one_program_changes_it_at_a_time)
{
	char lock[128];
	int first, other;

	setup();
	snprintf(lock, sizeof(lock), "%s.lock", path);
	first = users_file_lock(path, why, sizeof(why));
	ck_assert_int_ge(first, 0);
	other = open(lock, O_RDWR | O_CLOEXEC);
	ck_assert_int_ne(flock(other, LOCK_EX | LOCK_NB), 0);
	close(first);
	ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
	teardown();
}
END_TEST

START_TEST(content_is_created_once)
{
	char *content;
	size_t len;

	setup();
	ck_assert(file_content_create(path, STR("one")));
	ck_assert(!file_content_create(path, STR("two")));
	content = file_content_read(path, 3, &len, NULL);
	ck_assert_ptr_nonnull(content);
	ck_assert(str_equal(str_slice(content, len), STR("one")));
	free(content);
	ck_assert_ptr_null(file_content_read(path, 2, &len, NULL));
	teardown();
}
END_TEST

SUITE(users_file)
{
	tcase_add_test(tests, reads_what_it_writes);
	tcase_add_test(tests, names_the_file_in_errors);
	tcase_add_test(tests, one_program_changes_it_at_a_time);
	tcase_add_test(tests, content_is_created_once);
}
