#include "commands/support/unique_name.h"

#include <stdio.h>

#include "persistence/memory/memory_members.h"
#include "tests/suite.h"

static struct unique_names suffixes;
static struct member_store *members;
static unsigned last_id;
static unsigned asked;

static const struct member_store_ops *real_ops;
static struct member_store_ops counting_ops;

static bool
count_and_ask(struct member_store *store, struct str scope, struct str name)
{
	asked++;
	return real_ops->is_taken(store, scope, name);
}

static void
setup(void)
{
	unique_name_init(&suffixes);
	members = memory_members_create();
	real_ops = members->ops;
	counting_ops = *real_ops;
	counting_ops.is_taken = count_and_ask;
	members->ops = &counting_ops;
}

static void
teardown(void)
{
	unique_name_fini(&suffixes);
	member_store_destroy(members);
}

/* Chooses and takes a name, which is valid until the next call. */
static const char *
name_take(const char *name)
{
	static struct member member;
	char wish[MEMBER_NAME_SIZE];

	snprintf(wish, sizeof(wish), "%s", name);
	snprintf(member.id, sizeof(member.id), "%u", ++last_id);
	ck_assert_int_eq(unique_name_choose(&suffixes, members, CHAT_SCOPE,
			     wish, STR_ABSENT, member.name),
	    CHAT_OK);
	ck_assert_int_eq(member_store_put(members, &member), CHAT_OK);
	return member.name;
}

static void
name_release(const char *name)
{
	struct member member;

	ck_assert_int_eq(member_store_get_named(members, str_from(name),
			     &member),
	    CHAT_OK);
	member_store_remove(members, str_from(member.id));
	unique_name_release(&suffixes, CHAT_SCOPE, str_from(name));
}

START_TEST(leaves_a_free_name_as_it_is)
{
	ck_assert_str_eq(name_take("alice"), "alice");
	ck_assert_str_eq(name_take("bob#7"), "bob#7");
}
END_TEST

START_TEST(counts_from_two)
{
	name_take("alice");
	ck_assert_str_eq(name_take("alice"), "alice#2");
	ck_assert_str_eq(name_take("Alice"), "Alice#3");
	ck_assert_str_eq(name_take("alice"), "alice#4");
}
END_TEST

START_TEST(skips_numbers_that_members_chose)
{
	name_take("alice");
	name_take("alice#2");
	name_take("ALICE#4");
	ck_assert_str_eq(name_take("alice"), "alice#3");
	ck_assert_str_eq(name_take("alice"), "alice#5");
}
END_TEST

START_TEST(numbers_numbered_names_too)
{
	name_take("alice#2");
	ck_assert_str_eq(name_take("alice#2"), "alice#2#2");
	ck_assert_str_eq(name_take("alice#2"), "alice#2#3");
	name_release("alice#2#2");
	ck_assert_str_eq(name_take("alice#2"), "alice#2#2");
}
END_TEST

START_TEST(fills_the_first_gap)
{
	for (int i = 0; i < 200; i++)
		name_take("alice");
	name_release("alice#150");
	name_release("alice#65");
	name_release("alice#66");
	ck_assert_str_eq(name_take("alice"), "alice#65");
	ck_assert_str_eq(name_take("alice"), "alice#66");
	ck_assert_str_eq(name_take("alice"), "alice#150");
	ck_assert_str_eq(name_take("alice"), "alice#201");
}
END_TEST

START_TEST(offers_the_name_itself_when_it_is_free_again)
{
	name_take("alice");
	name_take("alice");
	name_release("alice");
	ck_assert_str_eq(name_take("alice"), "alice");
	ck_assert_str_eq(name_take("alice"), "alice#3");
}
END_TEST

START_TEST(takes_no_notice_of_odd_numbers_that_are_given_up)
{
	static const char *const odd[] = { "alice#02", "alice#1", "alice#0",
		"alice#4294967296", "alice#99999999999999999999", "alice#",
		"#3", "12" };

	name_take("alice");
	name_take("alice");
	name_take("alice");
	for (size_t i = 0; i < COUNT_OF(odd); i++) {
		name_take(odd[i]);
		name_release(odd[i]);
	}
	ck_assert_str_eq(name_take("alice"), "alice#4");
}
END_TEST

START_TEST(counts_ones_own_name_as_free)
{
	const char wish[MEMBER_NAME_SIZE] = "ALICE";
	char name[MEMBER_NAME_SIZE];

	name_take("alice");
	name_take("alice");
	name_take("alice");
	unique_name_release(&suffixes, CHAT_SCOPE, STR("alice#2"));
	ck_assert_int_eq(unique_name_choose(&suffixes, members, CHAT_SCOPE,
			     wish, STR("alice#2"), name),
	    CHAT_OK);
	ck_assert_str_eq(name, "ALICE#2");
}
END_TEST

START_TEST(asks_a_few_questions_however_many_want_one_name)
{
	for (int i = 0; i < 5000; i++)
		name_take("alice");
	ck_assert_uint_lt(asked, 5000 * 4);
	asked = 0;
	for (int i = 0; i < 1000; i++) {
		name_release("alice#2500");
		name_take("alice");
		name_take("bob");
	}
	ck_assert_uint_lt(asked, 2000 * 4);
}
END_TEST

START_TEST(keeps_nothing_of_members_that_left)
{
	for (int round = 0; round < 3; round++) {
		char name[MEMBER_NAME_SIZE] = "alice";

		for (int i = 0; i < 100; i++)
			name_take("alice");
		for (int i = 2; i <= 101; i++) {
			name_release(name);
			snprintf(name, sizeof(name), "alice#%d", i);
		}
		ck_assert_uint_eq(id_map_count(&suffixes.by_name), 0);
	}
}
END_TEST

static void
room_name_take(struct str room, const char *id, const char *expected)
{
	const char wish[MEMBER_NAME_SIZE] = "alice";
	char name[MEMBER_NAME_SIZE];
	struct member guest = { .is_guest = true };

	snprintf(guest.id, sizeof(guest.id), "%s", id);
	ck_assert_int_eq(member_store_put(members, &guest), CHAT_OK);
	ck_assert_int_eq(unique_name_choose(&suffixes, members, room, wish,
			     STR_ABSENT, name),
	    CHAT_OK);
	ck_assert_str_eq(name, expected);
	ck_assert_int_eq(member_store_rename(members, str_from(id), room,
			     str_from(name)),
	    CHAT_OK);
}

START_TEST(counts_in_each_scope_on_its_own)
{
	name_take("alice");
	name_take("alice");
	room_name_take(STR("red"), "r1", "alice");
	room_name_take(STR("red"), "r2", "alice#2");
	room_name_take(STR("red"), "r3", "alice#3");
	room_name_take(STR("blue"), "b1", "alice");
	room_name_take(STR("blue"), "b2", "alice#2");
	unique_name_release(&suffixes, STR("red"), STR("alice#2"));
	room_name_take(STR("blue"), "b3", "alice#3");
	member_store_remove(members, STR("r2"));
	room_name_take(STR("red"), "r4", "alice#2");
	ck_assert_str_eq(name_take("alice"), "alice#3");
}
END_TEST

SUITE(unique_name)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, leaves_a_free_name_as_it_is);
	tcase_add_test(tests, counts_from_two);
	tcase_add_test(tests, skips_numbers_that_members_chose);
	tcase_add_test(tests, numbers_numbered_names_too);
	tcase_add_test(tests, fills_the_first_gap);
	tcase_add_test(tests, offers_the_name_itself_when_it_is_free_again);
	tcase_add_test(tests, takes_no_notice_of_odd_numbers_that_are_given_up);
	tcase_add_test(tests, counts_ones_own_name_as_free);
	tcase_add_test(tests, asks_a_few_questions_however_many_want_one_name);
	tcase_add_test(tests, counts_in_each_scope_on_its_own);
	tcase_add_test(tests, keeps_nothing_of_members_that_left);
}
