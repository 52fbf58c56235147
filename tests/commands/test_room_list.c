#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(lists_every_room_in_order_of_creation)
{
	connect_members(3);
	DO(ROOM_CREATE, "id1", .room = STR("z"), .name = STR("Zoo"),
	    .flags = COMMAND_PERSISTENT);
	fill_room("a", 2);
	DO(ROOM_LIST, "id3", .ref = STR("1"));
	EXPECT_EVENTS("id3: rooms ref=1 at=1000 [z Zoo 1 persistent since=1000 "
		      "alive=1000] "
		      "[a a 2 since=1000 alive=1000]\n");
}
END_TEST

START_TEST(lists_times_of_creation_and_of_activity)
{
	connect_members(2);
	fill_room("r", 1);
	fake_clock_pass(&world.clock, 10);
	fill_room("r", 2);
	DO(ROOM_LIST, "id1");
	EXPECT_EVENTS("id1: rooms at=1010 [r r 2 since=1000 alive=1010]\n");
	fake_clock_pass(&world.clock, 10);
	post("id1", "r", 12);
	fake_clock_pass(&world.clock, 10);
	DO(ROOM_LIST, "id1");
	EXPECT_EVENTS(
	    "id1: rooms at=1030 [r r 2 since=1000 alive=1020 messages=12]\n");
	DO(ROOM_LEAVE, "id2", .room = STR("r"));
	forget_events();
	fake_clock_pass(&world.clock, 60000);
	TICK();
	DO(ROOM_LIST, "id1");
	EXPECT_EVENTS(
	    "id1: rooms at=61030 [r r 1 since=1000 alive=1030 messages=12]\n");
}
END_TEST

START_TEST(lists_rooms_with_guests_only)
{
	connect_members(1);
	fill_room("a", 1);
	fill_room("b", 1);
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	DO(ROOM_JOIN, "id4", .room = STR("b"), .name = STR("bob"));
	forget_events();
	DO(ROOM_LIST, "id4", .flags = COMMAND_OF_GUESTS);
	EXPECT_EVENTS("id4: rooms at=1000 [b b 2 since=1000 alive=1000]\n");
	DO(ROOM_LEAVE, "id4", .room = STR("b"));
	forget_events();
	DO(ROOM_LIST, "id4", .flags = COMMAND_OF_GUESTS);
	EXPECT_EVENTS("id4: rooms at=1000\n");
}
END_TEST

START_TEST(lists_nothing_without_rooms)
{
	connect_members(1);
	DO(ROOM_LIST, "id1");
	EXPECT_EVENTS("id1: rooms at=1000\n");
}
END_TEST

START_TEST(cuts_a_list_that_is_too_long)
{
	connect_members(1);
	fill_room("a", 1);
	fill_room("b", 1);
	world.chat.limits.list_bytes = 2 * 152;
	DO(ROOM_LIST, "id1");
	EXPECT_EVENTS("id1: rooms at=1000 [a a 1 since=1000 alive=1000] "
		      "[b b 1 since=1000 alive=1000]\n");
	world.chat.limits.list_bytes = 2 * 152 - 1;
	DO(ROOM_LIST, "id1");
	EXPECT_EVENTS("id1: rooms at=1000 [a a 1 since=1000 alive=1000] "
		      "more_rooms\n");
}
END_TEST

START_TEST(lists_pages_in_order_of_the_ids)
{
	connect_members(1);
	fill_room("c", 1);
	fill_room("a", 1);
	fill_room("b", 1);
	DO(ROOM_LIST, "id1", .limit = 1);
	EXPECT_EVENTS("id1: rooms at=1000 [a a 1 since=1000 alive=1000] "
		      "more_rooms\n");
	DO(ROOM_LEAVE, "id1", .room = STR("a"));
	forget_events();
	DO(ROOM_LIST, "id1", .limit = 2, .after = STR("a"));
	EXPECT_EVENTS("id1: rooms at=1000 [b b 1 since=1000 alive=1000] "
		      "[c c 1 since=1000 alive=1000]\n");
	DO(ROOM_LIST, "id1", .limit = 2, .after = STR("c"));
	EXPECT_EVENTS("id1: rooms at=1000\n");
}
END_TEST

START_TEST(builds_a_long_list_once_a_second)
{
	char id[16];

	connect_members(1);
	world.chat.limits.rooms = 300;
	for (int i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "r%03d", i);
		DO(ROOM_CREATE, "id1", .room = str_from(id), .name = STR("x"),
		    .flags = COMMAND_PERSISTENT);
		DO(ROOM_LEAVE, "id1", .room = str_from(id));
	}
	forget_events();
	DO(ROOM_LIST, "id1", .limit = 1);
	EXPECT_EVENTS(
	    "id1: rooms at=1000 [r000 x 0 persistent since=1000 alive=1000] "
	    "more_rooms\n");
	fill_room("r000", 1);
	DO(ROOM_LIST, "id1", .limit = 1);
	EXPECT_EVENTS(
	    "id1: rooms at=1000 [r000 x 0 persistent since=1000 alive=1000] "
	    "more_rooms\n");
	fake_clock_pass(&world.clock, 1000);
	DO(ROOM_LIST, "id1", .limit = 1);
	EXPECT_EVENTS(
	    "id1: rooms at=2000 [r000 x 1 persistent since=1000 alive=1000] "
	    "more_rooms\n");
}
END_TEST

SUITE(room_list)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, lists_every_room_in_order_of_creation);
	tcase_add_test(tests, lists_times_of_creation_and_of_activity);
	tcase_add_test(tests, lists_rooms_with_guests_only);
	tcase_add_test(tests, lists_nothing_without_rooms);
	tcase_add_test(tests, cuts_a_list_that_is_too_long);
	tcase_add_test(tests, lists_pages_in_order_of_the_ids);
	tcase_add_test(tests, builds_a_long_list_once_a_second);
}
