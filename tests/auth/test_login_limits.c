#include "auth/login_limits.h"

#include "tests/suite.h"

static struct login_limits limits;
static const uint64_t seed[2] = { 1, 2 };

static void
setup(uint32_t per_minute)
{
	login_limits_init(&limits, seed);
	limits.per_minute = per_minute;
}

START_TEST(allows_so_many_in_a_minute)
{
	uint64_t key;

	setup(6);
	key = login_limits_address_key(&limits, 7);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(login_limits_take(&limits, key, 1000), 0);
	ck_assert_int_eq(login_limits_take(&limits, key, 1000), 10001);
	ck_assert_int_gt(login_limits_take(&limits, key, 10900), 0);
	ck_assert_int_eq(login_limits_take(&limits, key, 11001), 0);
	ck_assert_int_gt(login_limits_take(&limits, key, 11001), 0);
	/* Others are not concerned. */
	key = login_limits_address_key(&limits, 8);
	ck_assert_int_eq(login_limits_take(&limits, key, 11001), 0);
}
END_TEST

START_TEST(an_attempt_can_be_given_back)
{
	uint64_t key;

	setup(1);
	key = login_limits_user_key(&limits, STR("alice"));
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(login_limits_take(&limits, key, 1000), 0);
		login_limits_give_back(&limits, key, 1000);
	}
	ck_assert_int_eq(login_limits_take(&limits, key, 1000), 0);
	ck_assert_int_gt(login_limits_take(&limits, key, 1000), 0);
}
END_TEST

START_TEST(attempts_at_other_nodes_count)
{
	uint64_t key;

	setup(3);
	key = login_limits_address_key(&limits, 7);
	ck_assert_int_eq(login_limits_take(&limits, key, 1000), 0);
	login_limits_note(&limits, key, 1000);
	ck_assert_int_eq(login_limits_take(&limits, key, 1000), 0);
	/* However many: the next one is in 20 s. */
	for (int i = 0; i < 9; i++)
		login_limits_note(&limits, key, 1000);
	ck_assert_int_eq(login_limits_take(&limits, key, 1000), 20001);
	login_limits_note(&limits, 0, 1000); /* no key */
	setup(0);
	login_limits_note(&limits, key, 1000);
	ck_assert_int_eq(login_limits_take(&limits, key, 1000), 0);
}
END_TEST

START_TEST(names_of_one_user_have_one_key)
{
	setup(1);
	ck_assert_uint_eq(login_limits_user_key(&limits, STR("Alice")),
	    login_limits_user_key(&limits, STR("alice")));
	ck_assert_uint_ne(login_limits_user_key(&limits, STR("alice")),
	    login_limits_user_key(&limits, STR("bob")));
	/* No name at all, but a key. */
	ck_assert_uint_ne(login_limits_user_key(&limits, STR("\xff")),
	    login_limits_user_key(&limits, STR("\xfe")));
}
END_TEST

START_TEST(without_a_limit_all_are_allowed)
{
	setup(0);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(login_limits_take(&limits, 5, 1000), 0);
}
END_TEST

/* A flood of other keys does not lift a limit. */
START_TEST(what_is_used_up_stays_in_the_table)
{
	uint64_t key;

	setup(3);
	key = login_limits_user_key(&limits, STR("alice"));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(login_limits_take(&limits, key, 1000), 0);
	for (uint64_t address = 1; address < 100000; address++)
		login_limits_take(&limits,
		    login_limits_address_key(&limits, address), 1000);
	ck_assert_int_gt(login_limits_take(&limits, key, 1000), 0);
}
END_TEST

SUITE(login_limits)
{
	tcase_add_test(tests, allows_so_many_in_a_minute);
	tcase_add_test(tests, an_attempt_can_be_given_back);
	tcase_add_test(tests, attempts_at_other_nodes_count);
	tcase_add_test(tests, names_of_one_user_have_one_key);
	tcase_add_test(tests, without_a_limit_all_are_allowed);
	tcase_add_test(tests, what_is_used_up_stays_in_the_table);
}
