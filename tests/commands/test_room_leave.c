#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(notifies_the_others_and_answers)
{
	connect_members(2);
	fill_room("r", 2);
	ck_assert_int_eq(DO(ROOM_LEAVE, "id2", .room = STR("r"),
			     .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS("room r except=id2: gone room=r member=member2 id=id2\n"
		      "id2: left ref=1 room=r at=1000 member=member2 id=id2\n");
	DO(BROADCAST, "id1", .room = STR("r"), .body = STR("1"),
	    .ref = STR("1"));
	EXPECT_EVENTS(
	    "room r: message room=r seq=1 at=1000 member=member1 id=id1 "
	    "body=1\n"
	    "id1: delivered ref=1 room=r seq=1 at=1000 recipients=1\n");
}
END_TEST

START_TEST(ends_a_room_with_its_last_member)
{
	connect_members(1);
	fill_room("r", 1);
	post("id1", "r", 1);
	DO(ROOM_LEAVE, "id1", .room = STR("r"));
	EXPECT_EVENTS("id1: left room=r at=1000 member=member1 id=id1\n");
	ck_assert_int_eq(DO(ROOM_JOIN, "id1", .room = STR("r")),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_uint_eq(history_bytes(world.chat.history), 0);
}
END_TEST

START_TEST(a_room_that_is_created_again_has_another_epoch)
{
	connect_members(1);
	fill_room("r", 1);
	post("id1", "r", 1);
	DO(ROOM_LEAVE, "id1", .room = STR("r"));
	forget_events();
	DO(ROOM_JOIN, "id1", .room = STR("r"),
	    .flags = COMMAND_MAY_CREATE | COMMAND_HAS_SINCE,
	    .since_epoch = STR("epoch2"), .since_seq = 1);
	EXPECT_EVENTS(
	    "id1: joined room=r name=r epoch=epoch3 at=1000 member=member1 "
	    "id=id1 count=1 role=owner names=member1 "
	    "asked epoch_changed\n");
}
END_TEST

START_TEST(may_mean_the_room_one_is_in_even_if_that_ends)
{
	connect_members(1);
	fill_room("r", 1);
	ck_assert_int_eq(DO(ROOM_LEAVE, "id1", .flags = COMMAND_CURRENT_ROOM),
	    CHAT_OK);
	EXPECT_EVENTS("id1: left room=r at=1000 member=member1 id=id1\n");
	ck_assert_int_eq(DO(ROOM_LEAVE, "id1", .flags = COMMAND_CURRENT_ROOM),
	    CHAT_NOT_IN_ROOM);
	EXPECT_EVENTS("id1: failed not_in_room\n");
}
END_TEST

START_TEST(is_for_members_of_the_room_only)
{
	connect_members(2);
	fill_room("r", 1);
	ck_assert_int_eq(DO(ROOM_LEAVE, "id2"), CHAT_BAD_FIELD);
	ck_assert_int_eq(DO(ROOM_LEAVE, "id2", .room = STR("r")),
	    CHAT_NOT_IN_ROOM);
	ck_assert_int_eq(DO(ROOM_LEAVE, "id2", .room = STR("q")),
	    CHAT_ROOM_NOT_FOUND);
	EXPECT_EVENTS(
	    "id2: failed bad_field field=room\n"
	    "id2: failed not_in_room\n"
	    "id2: failed room_not_found text=Room q does not exist\n");
}
END_TEST

SUITE(room_leave)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, notifies_the_others_and_answers);
	tcase_add_test(tests, ends_a_room_with_its_last_member);
	tcase_add_test(tests, a_room_that_is_created_again_has_another_epoch);
	tcase_add_test(tests, may_mean_the_room_one_is_in_even_if_that_ends);
	tcase_add_test(tests, is_for_members_of_the_room_only);
}
