#include "auth/session_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/file_content.h"
#include "tests/suite.h"

#define NOW 1800000000

static char dir[64], path[96], why[512];
static struct users *users;
static struct user *alice;
static struct session_key *key;
static struct session_claims claims;
static char token[SESSION_TOKEN_SIZE];

static void
setup(void)
{
	struct password_hash password = password_hash_dummy();

	snprintf(dir, sizeof(dir), "/tmp/parley-session-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	users = users_create();
	ck_assert_int_eq(users_add(users, STR("Alice"), USER_ROLE_USER,
			     &password, &alice),
	    USERS_OK);
	key = session_key_load(path, why, sizeof(why));
	ck_assert_msg(key != NULL, "%s", why);
}

static void
teardown(void)
{
	session_key_destroy(key);
	users_destroy(users);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

static struct str
token_make(int64_t expires_s)
{
	size_t len = session_token_sign(key, alice, NOW, expires_s, token);

	ck_assert_uint_gt(len, 0);
	return str_slice(token, len);
}

static const char *
session_token_check(struct str text)
{
	return session_token_verify(key, users, text, NOW, &claims);
}

START_TEST(verifies_what_it_made)
{
	char first[TOKEN_ID_LEN];

	setup();
	ck_assert_ptr_null(session_token_check(token_make(NOW + 60)));
	ck_assert_ptr_eq(claims.user, alice);
	ck_assert_int_eq(claims.jwt.expires_s, NOW + 60);
	ck_assert_uint_eq(claims.id.len, TOKEN_ID_LEN);
	memcpy(first, claims.id.data, TOKEN_ID_LEN);
	ck_assert_ptr_null(session_token_check(token_make(NOW + 60)));
	ck_assert_mem_ne(claims.id.data, first, TOKEN_ID_LEN);
	teardown();
}
END_TEST

START_TEST(refuses_what_is_not_valid_any_more)
{
	struct str text;

	setup();
	ck_assert_str_eq(session_token_check(token_make(NOW)),
	    "Token expired\n");
	text = token_make(NOW + 60);
	alice->is_locked = true;
	ck_assert_str_eq(session_token_check(text), "Account locked\n");
	alice->is_locked = false;
	alice->password.salt[3]++;
	ck_assert_str_eq(session_token_check(text),
	    "Password changed: log in again\n");
	users_remove(users, alice);
	ck_assert_str_eq(session_token_check(text), "Account removed\n");
	teardown();
}
END_TEST

START_TEST(the_key_survives_a_restart)
{
	struct stat status;
	struct str text;

	setup();
	text = token_make(NOW + 60);
	session_key_destroy(key);
	key = session_key_load(path, why, sizeof(why));
	ck_assert_ptr_nonnull(key);
	ck_assert_ptr_null(session_token_check(text));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0600);
	/* Another one makes all tokens invalid. */
	unlink(path);
	session_key_destroy(key);
	key = session_key_load(path, why, sizeof(why));
	ck_assert_str_eq(session_token_check(text),
	    "Token signature invalid\n");
	teardown();
}
END_TEST

START_TEST(names_the_file_of_a_key_that_is_none)
{
	setup();
	ck_assert(file_content_replace(path, STR("secret\n")));
	ck_assert_ptr_null(session_key_load(path, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why,
	    "/key: not a key that the server has made"));
	ck_assert_ptr_null(session_key_load("/nowhere/key", why, sizeof(why)));
	ck_assert_str_eq(why, "/nowhere/key: No such file or directory");
	teardown();
}
END_TEST

SUITE(session_token)
{
	tcase_add_test(tests, verifies_what_it_made);
	tcase_add_test(tests, refuses_what_is_not_valid_any_more);
	tcase_add_test(tests, the_key_survives_a_restart);
	tcase_add_test(tests, names_the_file_of_a_key_that_is_none);
}
