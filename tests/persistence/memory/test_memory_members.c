/* The memory of a member. */
#include "persistence/memory/memory_members.h"

#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static enum chat_error
numbered_member_put(struct member_store *members, int i)
{
	struct member member = { .in_lobby = true };

	snprintf(member.id, sizeof(member.id), "%08x", (unsigned)i);
	snprintf(member.name, sizeof(member.name), "member%d", i);
	return member_store_put(members, &member);
}

/* Returns how many bytes were asked for by the members from first to last. */
static size_t
put_many(struct member_store *members, int first, int last)
{
	enum chat_error error = CHAT_OK;
	size_t asked;

	malloc_fail_at(0);
	for (int i = first; i <= last && error == CHAT_OK; i++)
		error = numbered_member_put(members, i);
	asked = malloc_asked();
	ck_assert_int_eq(error, CHAT_OK);
	return asked;
}

START_TEST(a_member_is_one_small_block)
{
	struct member_store *members = memory_members_create();

	put_many(members, 12341, 12344);
	ck_assert_uint_le(put_many(members, 12345, 12345), 56);
	member_store_destroy(members);
}
END_TEST

/* This includes the growth of the maps, twice their final size. */
START_TEST(ten_thousand_members_cost_little_more)
{
	struct member_store *members = memory_members_create();

	ck_assert_uint_le(put_many(members, 10001, 20000) / 10000, 56 + 2 * 40);
	member_store_destroy(members);
}
END_TEST

START_TEST(looking_up_asks_for_no_memory)
{
	struct member_store *members = memory_members_create();
	struct member member;
	enum chat_error error;
	bool is_taken;

	put_many(members, 1, 3);
	malloc_fail_at(0);
	error = member_store_get(members, STR("00000001"), &member);
	is_taken = member_store_is_taken(members, CHAT_SCOPE, STR("MEMBER1"));
	ck_assert_uint_eq(malloc_asked(), 0);
	ck_assert_int_eq(error, CHAT_OK);
	ck_assert(is_taken);
	member_store_destroy(members);
}
END_TEST

SUITE(memory_members)
{
	tcase_add_test(tests, a_member_is_one_small_block);
	tcase_add_test(tests, ten_thousand_members_cost_little_more);
	tcase_add_test(tests, looking_up_asks_for_no_memory);
}
