#include "cmd/parley/sayings.h"

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static struct sayings sayings;

static void
setup(void)
{
	sayings_init(&sayings, 0xabc);
}

static void
teardown(void)
{
	sayings_fini(&sayings);
}

START_TEST(keeps_the_order_and_copies_of_the_texts)
{
	char text[] = "one";

	ck_assert(sayings_add(&sayings, STR("tea"), str_from(text), true));
	ck_assert(sayings_add(&sayings, (struct str){ 0 }, STR("two"), false));
	text[0] = 'x';
	ck_assert_uint_eq(sayings.count, 2);
	ck_assert(str_equal(sayings.first->text, STR("one")));
	ck_assert(str_equal(sayings.first->room, STR("tea")));
	sayings_drop(&sayings);
	ck_assert(str_equal(sayings.first->text, STR("two")));
	ck_assert_ptr_null(sayings.first->room.data);
	sayings_drop(&sayings);
	ck_assert_ptr_null(sayings.first);
	ck_assert(sayings_add(&sayings, STR("tea"), STR("three"), false));
	ck_assert(str_equal(sayings.first->text, STR("three")));
}
END_TEST

START_TEST(gives_each_a_key_of_its_own)
{
	ck_assert(sayings_add(&sayings, STR("a"), STR("x"), true));
	ck_assert(sayings_add(&sayings, STR("a"), STR("x"), true));
	ck_assert(sayings_add(&sayings, STR("a"), STR("x"), false));
	ck_assert_str_eq(sayings.first->key, "0000000000000abc-1");
	ck_assert_str_eq(sayings.first->next->key, "0000000000000abc-2");
	ck_assert_str_eq(sayings.first->next->next->key, "");
	ck_assert_uint_eq(sayings_ref(&sayings), 4);
}
END_TEST

START_TEST(says_so_when_there_is_no_memory)
{
	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert(!sayings_add(&sayings, STR("a"), STR("x"), true));
	malloc_fail_at(0);
	ck_assert_uint_eq(sayings.count, 0);
	ck_assert(sayings_add(&sayings, STR("a"), STR("x"), true));
}
END_TEST

SUITE(sayings)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, keeps_the_order_and_copies_of_the_texts);
	tcase_add_test(tests, gives_each_a_key_of_its_own);
	tcase_add_test(tests, says_so_when_there_is_no_memory);
}
