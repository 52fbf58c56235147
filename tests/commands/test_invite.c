#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define IN_R .room = STR("r")

static void
private_room(void)
{
	connect_members(3);
	DO(ROOM_JOIN, "id1", IN_R,
	    .flags = COMMAND_MAY_CREATE | COMMAND_PRIVATE);
	forget_events();
}

START_TEST(a_private_room_is_for_those_who_are_invited)
{
	private_room();
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", IN_R), CHAT_ROOM_NOT_FOUND);
	EXPECT_EVENTS(
	    "id2: failed room_not_found text=Room r does not exist\n");
	ck_assert_int_eq(DO(INVITE, "id1", IN_R, .recipient = STR("member2"),
			     .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS("id2: invited room=r name=r member=member1 id=id1\n"
		      "id1: done ref=1 room=r\n");
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", IN_R), CHAT_OK);
	ck_assert_int_eq(DO(ROOM_JOIN, "id3", IN_R), CHAT_ROOM_NOT_FOUND);
}
END_TEST

START_TEST(a_private_room_exists_for_its_members_only)
{
	private_room();
	DO(BROADCAST, "id2", IN_R, .body = STR("1"));
	DO(HISTORY, "id2", IN_R);
	DO(LIST, "id2", IN_R);
	DO(KICK, "id2", IN_R, .recipient = STR("id1"));
	DO(INVITE, "id2", IN_R, .recipient = STR("id2"));
	DO(ROOM_LEAVE, "id2", IN_R);
	EXPECT_EVENTS(
	    "id2: failed room_not_found text=Room r does not exist\n"
	    "id2: failed room_not_found text=Room r does not exist\n"
	    "id2: failed room_not_found text=Room r does not exist\n"
	    "id2: failed room_not_found text=Room r does not exist\n"
	    "id2: failed room_not_found text=Room r does not exist\n"
	    "id2: failed room_not_found text=Room r does not exist\n");
}
END_TEST

START_TEST(a_private_room_is_listed_for_its_members)
{
	private_room();
	DO(INVITE, "id1", IN_R, .recipient = STR("id3"));
	forget_events();
	DO(ROOM_LIST, "id2");
	EXPECT_EVENTS("id2: rooms at=1000\n");
	DO(ROOM_LIST, "id1");
	EXPECT_EVENTS(
	    "id1: rooms at=1000 [r r 1 private since=1000 alive=1000]\n");
	DO(ROOM_LIST, "id3", .limit = 5);
	EXPECT_EVENTS(
	    "id3: rooms at=1000 [r r 1 private since=1000 alive=1000]\n");
}
END_TEST

START_TEST(members_come_back_without_an_invitation)
{
	private_room();
	DO(INVITE, "id1", IN_R, .recipient = STR("id2"));
	DO(ROOM_JOIN, "id2", IN_R);
	DO(ROOM_LEAVE, "id2", IN_R);
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", IN_R), CHAT_OK);
}
END_TEST

START_TEST(who_may_moderate_every_room_may_join_it)
{
	struct principal principal = { .user_id = STR("u") };

	private_room();
	CONNECT(.principal = &principal);
	forget_events();
	ck_assert_int_eq(DO(ROOM_JOIN, "id5", IN_R, .flags = COMMAND_UNLISTED,
			     .rights = RIGHT_JOIN | RIGHT_MODERATE),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "id5: joined room=r name=r epoch=epoch4 at=1000 member=member4 "
	    "id=id5 count=2 private role=moderator names_left_out\n"
	    "room r except=id5: entered room=r member=member4 id=id5\n");
}
END_TEST

START_TEST(an_open_room_keeps_no_invitations)
{
	connect_members(2);
	fill_room("r", 1);
	ck_assert_int_eq(DO(INVITE, "id1", IN_R, .recipient = STR("id2")),
	    CHAT_OK);
	EXPECT_EVENTS("id2: invited room=r name=r member=member1 id=id1\n"
		      "id1: done room=r\n");
	ck_assert_uint_eq(attribute_store_count(world.chat.attributes,
			      STR("r")),
	    0);
	ck_assert_int_eq(DO(INVITE, "id2", IN_R, .recipient = STR("id2")),
	    CHAT_FORBIDDEN);
}
END_TEST

START_TEST(a_banned_member_is_not_invited)
{
	private_room();
	DO(BAN, "id1", IN_R, .recipient = STR("id2"));
	forget_events();
	DO(INVITE, "id1", IN_R, .recipient = STR("id2"));
	EXPECT_EVENTS("id1: failed bad_field field=member text=This member is "
		      "banned\n");
}
END_TEST

SUITE(invite)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_private_room_is_for_those_who_are_invited);
	tcase_add_test(tests, a_private_room_exists_for_its_members_only);
	tcase_add_test(tests, a_private_room_is_listed_for_its_members);
	tcase_add_test(tests, members_come_back_without_an_invitation);
	tcase_add_test(tests, who_may_moderate_every_room_may_join_it);
	tcase_add_test(tests, an_open_room_keeps_no_invitations);
	tcase_add_test(tests, a_banned_member_is_not_invited);
}
