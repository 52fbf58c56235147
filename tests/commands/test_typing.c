#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(is_published_to_the_other_members)
{
	connect_members(2);
	fill_room("r", 2);
	ck_assert_int_eq(DO(TYPING, "id2", .room = STR("r"), .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "room r except=id2: typing room=r member=member2 id=id2\n");
}
END_TEST

START_TEST(requires_membership)
{
	connect_members(2);
	fill_room("r", 1);
	ck_assert_int_eq(DO(TYPING, "id2"), CHAT_BAD_FIELD);
	ck_assert_int_eq(DO(TYPING, "id2", .room = STR("r")), CHAT_NOT_IN_ROOM);
	ck_assert_int_eq(DO(TYPING, "id2", .room = STR("q")),
	    CHAT_ROOM_NOT_FOUND);
	EXPECT_EVENTS(
	    "id2: failed bad_field field=room\n"
	    "id2: failed not_in_room\n"
	    "id2: failed room_not_found text=Room q does not exist\n");
}
END_TEST

SUITE(typing)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, is_published_to_the_other_members);
	tcase_add_test(tests, requires_membership);
}
