#include "auth/users.h"

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "wire/common/wire_text.h"

#define HEAD "{\"parley_users\":1}\n"
#define SALT "AAECAwQFBgcICQoLDA0ODw"
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SCRYPT                                                      \
	"\"scrypt\":{\"log_n\":15,\"r\":8,\"p\":1,\"salt\":\"" SALT \
	"\",\"hash\":\"" HASH "\"}"
#define ALICE "{\"name\":\"alice\",\"role\":\"user\"," SCRYPT "}\n"
#define BOB "{\"name\":\"Bob\",\"role\":\"admin\",\"locked\":true," SCRYPT "}\n"

static struct users *
must_read(const char *text)
{
	char why[256] = "";
	struct users *users = users_read(str_from(text), why, sizeof(why));

	ck_assert_msg(users != NULL, "%s", why);
	return users;
}

START_TEST(reads_users)
{
	struct users *users = must_read(HEAD ALICE "\n" BOB);
	const struct user *alice = users_find(users, STR("alice"));
	const struct user *bob = users_find(users, STR("bob"));

	ck_assert_uint_eq(users_count(users), 2);
	ck_assert_ptr_eq(alice, users_at(users, 0));
	ck_assert_ptr_eq(bob, users_at(users, 1));
	ck_assert_str_eq(alice->name, "alice");
	ck_assert_str_eq(alice->member_id, "ufpmansl7byak6gq7ymzi7j3dve");
	ck_assert_int_eq(alice->role, USER_ROLE_USER);
	ck_assert(!alice->is_locked);
	ck_assert_uint_eq(alice->password.log_n, 15);
	ck_assert_uint_eq(alice->password.salt[15], 15);
	ck_assert_str_eq(bob->name, "Bob");
	ck_assert_int_eq(bob->role, USER_ROLE_ADMIN);
	ck_assert(bob->is_locked);
	ck_assert_ptr_null(users_find(users, STR("carol")));
	ck_assert_ptr_null(users_find(users, STR("")));
	users_destroy(users);
}
END_TEST

START_TEST(writes_what_it_reads)
{
	struct users *users = must_read(HEAD ALICE BOB);
	struct wire_text text;

	wire_text_init(&text);
	users_write(users, &text);
	ck_assert(!text.failed);
	ck_assert_uint_eq(text.len, strlen(HEAD ALICE BOB));
	ck_assert_mem_eq(text.data, HEAD ALICE BOB, text.len);
	wire_text_fini(&text);
	users_destroy(users);
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} wrong[] = {
	{ "", "line 1: expected {\"parley_users\":1}: not a users file" },
	{ "alice:x\n",
	    "line 1: expected {\"parley_users\":1}: not a users file" },
	{ ALICE, "line 1: expected {\"parley_users\":1}: not a users file" },
	{ "{\"parley_users\":2}\n", "line 1: of a newer version of parley" },
	{ HEAD ALICE ALICE, "line 3: name: an earlier line has it, or one "
			    "like it" },
	{ HEAD "x\n", "line 2: Not a JSON object" },
	{ HEAD "{}\n", "line 2: name: expected a text, not too long" },
	{ HEAD "{\"name\":7}\n", "line 2: name: expected a text, not too "
				 "long" },
	{ HEAD "{\"nam\":7}\n", "line 2: unknown field: expected name, role, "
				"locked, scrypt" },
	{ HEAD "{\"name\":\"a\"}\n", "line 2: role: expected user, moderator "
				     "or admin" },
	{ HEAD "{\"name\":\"a\",\"role\":\"guest\"}\n",
	    "line 2: role: expected user, moderator or admin" },
	{ HEAD "{\"name\":\"a\",\"role\":\"user\",\"locked\":1}\n",
	    "line 2: locked: expected true or false" },
	{ HEAD "{\"name\":\"a\",\"role\":\"user\"}\n",
	    "line 2: scrypt: expected an object" },
	{ HEAD "{\"name\":\"a\",\"role\":\"user\",\"scrypt\":{\"x\":1}}\n",
	    "line 2: scrypt: unknown field: expected log_n, r, p, salt, "
	    "hash" },
	{ HEAD "{\"name\":\"a\",\"role\":\"user\",\"scrypt\":{}}\n",
	    "line 2: scrypt: log_n, r, p: missing, or too small or large" },
	{ HEAD "{\"name\":\"a\",\"role\":\"user\",\"scrypt\":"
	       "{\"log_n\":63,\"r\":8,\"p\":1}}\n",
	    "line 2: scrypt: log_n, r, p: missing, or too small or large" },
	{ HEAD "{\"name\":\"a\",\"role\":\"user\",\"scrypt\":"
	       "{\"log_n\":15,\"r\":8,\"p\":1,\"salt\":\"AA\"}}\n",
	    "line 2: scrypt.salt: expected 16 bytes in base64url" },
	{ HEAD "{\"name\":\"a\",\"role\":\"user\",\"scrypt\":"
	       "{\"log_n\":15,\"r\":8,\"p\":1,\"salt\":\"" SALT "\"}}\n",
	    "line 2: scrypt.hash: expected 32 bytes in base64url" },
	{ HEAD "{\"name\":\"admin\",\"role\":\"user\"," SCRYPT "}\n",
	    "line 2: name: not a valid name" },
	{ HEAD "{\"name\":\"Guest\",\"role\":\"user\"," SCRYPT "}\n",
	    "line 2: name: not a valid name" },
};

START_TEST(names_the_line_and_the_field)
{
	char why[256] = "";

	ck_assert_ptr_null(users_read(str_from(wrong[_i].text), why,
	    sizeof(why)));
	ck_assert_str_eq(why, wrong[_i].why);
}
END_TEST

START_TEST(adds_and_removes_users)
{
	struct password_hash password = password_hash_dummy();
	struct users *users = users_create();
	struct user *user;

	ck_assert_int_eq(users_add(users, STR("Zo\xc3\xab"), USER_ROLE_USER,
			     &password, &user),
	    USERS_OK);
	ck_assert_str_eq(user->name, "Zo\xc3\xab");
	/* The same letter, as two characters. */
	ck_assert_int_eq(users_add(users, STR("zoe\xcc\x88"), USER_ROLE_USER,
			     &password, NULL),
	    USERS_EXISTS);
	ck_assert_int_eq(users_add(users, STR(" x"), USER_ROLE_USER, &password,
			     NULL),
	    USERS_NAME_INVALID);
	ck_assert_int_eq(users_add(users, STR("a"), USER_ROLE_USER, &password,
			     NULL),
	    USERS_OK);
	users_remove(users, user);
	ck_assert_uint_eq(users_count(users), 1);
	ck_assert_ptr_null(users_find(users, STR("Zo\xc3\xab")));
	ck_assert_ptr_nonnull(users_find(users, STR("a")));
	users_destroy(users);
}
END_TEST

START_TEST(reports_a_lack_of_memory)
{
	char why[256] = "";
	struct users *users;

	if (!malloc_can_fail())
		return;
	/* OpenSSL does not begin without memory. */
	users_destroy(must_read(HEAD ALICE));
	malloc_fail_at((unsigned)_i + 1);
	users = users_read(STR(HEAD ALICE BOB), why, sizeof(why));
	malloc_fail_at(0);
	/* OpenSSL can do without some of its memory. */
	if (users != NULL)
		ck_assert_uint_eq(users_count(users), 2);
	else
		ck_assert_ptr_nonnull(strstr(why, "no memory"));
	users_destroy(users);
}
END_TEST

SUITE(users)
{
	tcase_add_test(tests, reads_users);
	tcase_add_test(tests, writes_what_it_reads);
	tcase_add_loop_test(tests, names_the_line_and_the_field, 0,
	    COUNT_OF(wrong));
	tcase_add_test(tests, adds_and_removes_users);
	tcase_add_loop_test(tests, reports_a_lack_of_memory, 0, 12);
}
