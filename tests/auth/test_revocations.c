#include "auth/revocations.h"

#include <stdio.h>

#include "auth/member_id.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static struct revocations *revocations;

static void
revocations_load(const char *content)
{
	char why[128] = "";

	revocations = revocations_read(str_from(content), why, sizeof(why));
	ck_assert_msg(revocations != NULL, "%s", why);
}

static bool
is_revoked(const char *user, const char *jti, int64_t issued_s)
{
	struct principal_mark mark = { .issued_s = issued_s };

	user_member_id(str_from(user), mark.member_id);
	if (jti != NULL)
		mark.token = revocations_token(str_from(jti));
	return revocations_match(revocations, &mark);
}

START_TEST(nothing_is_revoked_without_a_file)
{
	revocations = NULL;
	ck_assert(!is_revoked("alice", "1", 1));
	revocations_load("");
	ck_assert(!is_revoked("alice", "1", 1));
	revocations_destroy(revocations);
	revocations_load("# nothing\n\n  \t\r\n#jti 1");
	ck_assert(!is_revoked("alice", "1", 1));
	revocations_destroy(revocations);
}
END_TEST

START_TEST(revokes_tokens_and_users)
{
	revocations_load("jti one\r\n"
			 "\tjti two \n"
			 "sub alice\n"
			 "sub user with blanks # all of it\n"
			 "jti three");
	ck_assert(is_revoked("bob", "one", 5));
	ck_assert(is_revoked("bob", "two", 5));
	ck_assert(is_revoked("bob", "three", 5));
	ck_assert(!is_revoked("bob", "four", 5));
	ck_assert(!is_revoked("bob", NULL, 5));
	ck_assert(is_revoked("alice", NULL, INT64_MAX - 1));
	ck_assert(is_revoked("user with blanks # all of it", NULL, 5));
	ck_assert(!is_revoked("user", NULL, 5));
	revocations_destroy(revocations);
}
END_TEST

START_TEST(revokes_what_was_issued_before)
{
	revocations_load(
	    "before 100\nbefore 50\nbefore 200 alice\nbefore 150 alice\n");
	ck_assert(is_revoked("bob", NULL, 99));
	ck_assert(!is_revoked("bob", NULL, 100));
	ck_assert(is_revoked("alice", NULL, 199));
	ck_assert(!is_revoked("alice", NULL, 200));
	/* When it was issued is not known. */
	ck_assert(is_revoked("bob", NULL, 0));
	revocations_destroy(revocations);
}
END_TEST

START_TEST(finds_one_of_many)
{
	static char content[100000];
	size_t len = 0;
	char id[16];

	for (int i = 0; i < 2000; i++)
		len += (size_t)snprintf(content + len, sizeof(content) - len,
		    "jti t%d\nsub u%d\n", i * 7919 % 2000, i * 6007 % 2000);
	revocations_load(content);
	for (int i = 0; i < 2000; i++) {
		snprintf(id, sizeof(id), "t%d", i);
		ck_assert(is_revoked("x", id, 1));
		snprintf(id, sizeof(id), "u%d", i);
		ck_assert(is_revoked(id, NULL, 1));
	}
	ck_assert(!is_revoked("u2000", "t2000", 1));
	revocations_destroy(revocations);
}
END_TEST

static const struct {
	const char *content;
	const char *why;
} bad[] = {
	{ "jti", "line 1: jti needs an id" },
	{ "\n\nsub  \n", "line 3: sub needs a user" },
	{ "before", "line 1: before needs a Unix time in seconds" },
	{ "before alice", "line 1: before needs a Unix time in seconds" },
	{ "before -1", "line 1: before needs a Unix time in seconds" },
	{ "before 1e9", "line 1: before needs a Unix time in seconds" },
	{ "before 1234567890123456789",
	    "line 1: before needs a Unix time in seconds" },
	{ "JTI x", "line 1: expected jti, sub or before" },
	{ "{\"jti\":1}", "line 1: expected jti, sub or before" },
};

START_TEST(names_the_line_that_is_wrong)
{
	char why[128];

	ck_assert_ptr_null(revocations_read(str_from(bad[_i].content), why,
	    sizeof(why)));
	ck_assert_str_eq(why, bad[_i].why);
}
END_TEST

START_TEST(without_memory_it_says_so)
{
	char why[128];

	if (!malloc_can_fail())
		return;
	malloc_fail_at((unsigned)_i + 1);
	revocations = revocations_read(STR("jti a\nsub b\n"), why, sizeof(why));
	malloc_fail_at(0);
	ck_assert_ptr_null(revocations);
	ck_assert_ptr_nonnull(strstr(why, "no memory"));
}
END_TEST

SUITE(revocations)
{
	tcase_add_test(tests, nothing_is_revoked_without_a_file);
	tcase_add_test(tests, revokes_tokens_and_users);
	tcase_add_test(tests, revokes_what_was_issued_before);
	tcase_add_test(tests, finds_one_of_many);
	tcase_add_loop_test(tests, names_the_line_that_is_wrong, 0,
	    COUNT_OF(bad));
	tcase_add_loop_test(tests, without_memory_it_says_so, 0, 3);
}
