#include "auth/revoked_tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/file_content.h"
#include "tests/suite.h"

#define A STR("aaaaaaaaaaaaaaaaaaaaaa")
#define B STR("bbbbbbbbbbbbbbbbbbbbbb")
#define C STR("cccccccccccccccccccccc")

static char dir[64], path[96], why[512];
static struct revoked_tokens *tokens;

static void
revoked_load(int64_t now_s)
{
	revoked_tokens_destroy(tokens);
	tokens = revoked_tokens_load(path, now_s, why, sizeof(why));
	ck_assert_msg(tokens != NULL, "%s", why);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/parley-revoked-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/revoked", dir);
	tokens = NULL;
	revoked_load(100);
}

static void
teardown(void)
{
	revoked_tokens_destroy(tokens);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(remembers_tokens_across_restarts)
{
	setup();
	ck_assert(!revoked_tokens_contain(tokens, A));
	ck_assert(revoked_tokens_add(tokens, A, 200, 100));
	ck_assert(revoked_tokens_add(tokens, A, 200, 100));
	ck_assert(revoked_tokens_add(tokens, B, 300, 100));
	ck_assert(revoked_tokens_contain(tokens, A));
	revoked_load(199);
	ck_assert(revoked_tokens_contain(tokens, A));
	ck_assert(revoked_tokens_contain(tokens, B));
	ck_assert(!revoked_tokens_contain(tokens, C));
	revoked_load(200);
	ck_assert(!revoked_tokens_contain(tokens, A));
	ck_assert(revoked_tokens_contain(tokens, B));
	teardown();
}
END_TEST

/* A crash, or a full disk. */
START_TEST(passes_over_lines_that_are_cut)
{
	setup();
	ck_assert(file_content_replace(path,
	    STR("aaaaaaaaaaaaaaaaaaaaaa 200\nbbbb\n\n"
		"bbbbbbbbbbbbbbbbbbbbbb x\n"
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb 200\n"
		"cccccccccccccccccccccc 200\nbbbbbbbbbbbbbbbbbbbbbb 20")));
	revoked_load(100);
	ck_assert(revoked_tokens_contain(tokens, A));
	ck_assert(!revoked_tokens_contain(tokens, B));
	ck_assert(revoked_tokens_contain(tokens, C));
	teardown();
}
END_TEST

START_TEST(the_file_does_not_grow_for_ever)
{
	struct stat status;
	char id[TOKEN_ID_LEN + 1];

	setup();
	for (int i = 0; i < 10000; i++) {
		snprintf(id, sizeof(id), "%022d", i);
		ck_assert(revoked_tokens_add(tokens, str_from(id), 101 + i,
		    100 + i));
	}
	ck_assert(revoked_tokens_contain(tokens, str_from(id)));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_lt(status.st_size, 300000);
	teardown();
}
END_TEST

SUITE(revoked_tokens)
{
	tcase_add_test(tests, remembers_tokens_across_restarts);
	tcase_add_test(tests, passes_over_lines_that_are_cut);
	tcase_add_test(tests, the_file_does_not_grow_for_ever);
}
