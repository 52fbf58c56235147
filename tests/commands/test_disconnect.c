#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(is_published_in_the_lobby)
{
	connect_members(2);
	world.publisher.records_lobby = true;
	ck_assert_int_eq(DO(DISCONNECT, "id2"), CHAT_OK);
	EXPECT_EVENTS("lobby except=id2: lobby_left member=member2 id=id2\n");
	DO(LIST, "id1");
	EXPECT_EVENTS("id1: list names=member1\n");
}
END_TEST

START_TEST(is_not_published_in_a_large_lobby)
{
	connect_members(3);
	world.publisher.records_lobby = true;
	world.chat.limits.announce_up_to = 2;
	DO(DISCONNECT, "id2");
	EXPECT_EVENTS("");
	DO(DISCONNECT, "id1");
	EXPECT_EVENTS("lobby except=id1: lobby_left member=member1 id=id1\n");
	DO(DISCONNECT, "id3");
	EXPECT_EVENTS("");
}
END_TEST

START_TEST(leaves_every_room_and_notifies_the_others)
{
	connect_members(2);
	fill_room("a", 2);
	fill_room("b", 2);
	DO(DISCONNECT, "id2");
	EXPECT_EVENTS("room a except=id2: gone room=a member=member2 id=id2\n"
		      "room b except=id2: gone room=b member=member2 id=id2\n");
	ck_assert_uint_eq(world.publisher.count, 3);
}
END_TEST

START_TEST(removes_rooms_of_which_it_was_the_last_member)
{
	connect_members(1);
	fill_room("a", 1);
	post("id1", "a", 1);
	DO(ROOM_CREATE, "id1", .room = STR("b"), .name = STR("B"),
	    .flags = COMMAND_PERSISTENT);
	forget_events();
	DO(DISCONNECT, "id1");
	EXPECT_EVENTS("");
	connect_members(1);
	DO(ROOM_LIST, "id4");
	EXPECT_EVENTS(
	    "id4: rooms at=1000 [b B 0 persistent since=1000 alive=1000]\n");
}
END_TEST

START_TEST(releases_the_name)
{
	CONNECT(.name = STR("alice"));
	CONNECT(.name = STR("alice"));
	CONNECT(.name = STR("alice"));
	CONNECT(.name = STR("alice"));
	DO(DISCONNECT, "id2");
	forget_events();
	CONNECT(.name = STR("alice"), .flags = COMMAND_NO_LOBBY);
	CONNECT(.name = STR("alice"), .flags = COMMAND_NO_LOBBY);
	DO(DISCONNECT, "id1");
	CONNECT(.name = STR("alice"), .flags = COMMAND_NO_LOBBY);
	EXPECT_EVENTS("attach id5\n"
		      "id5: welcome member=alice#2 id=id5 server=parley\n"
		      "attach id6\n"
		      "id6: welcome member=alice#5 id=id6 server=parley\n"
		      "attach id7\n"
		      "id7: welcome member=alice id=id7 server=parley\n");
}
END_TEST

START_TEST(is_done_once_only)
{
	connect_members(2);
	DO(DISCONNECT, "id2");
	ck_assert_int_eq(DO(DISCONNECT, "id2"), CHAT_MEMBER_NOT_FOUND);
	EXPECT_EVENTS("");
}
END_TEST

START_TEST(leaves_nothing_behind)
{
	connect_members(3);
	fill_room("a", 3);
	post("id2", "a", 3);
	DO(DISCONNECT, "id1");
	DO(DISCONNECT, "id2");
	DO(DISCONNECT, "id3");
	world_dump(&world.publisher.events);
	EXPECT_EVENTS("history: 0 bytes\n");
}
END_TEST

SUITE(disconnect)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, is_published_in_the_lobby);
	tcase_add_test(tests, is_not_published_in_a_large_lobby);
	tcase_add_test(tests, leaves_every_room_and_notifies_the_others);
	tcase_add_test(tests, removes_rooms_of_which_it_was_the_last_member);
	tcase_add_test(tests, releases_the_name);
	tcase_add_test(tests, is_done_once_only);
	tcase_add_test(tests, leaves_nothing_behind);
}
