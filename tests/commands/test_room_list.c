#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(lists_every_room_in_order_of_creation)
{
	people(3);
	DO(ROOM_CREATE, "id1", .room = STR("z"), .name = STR("Zoo"),
	    .flags = COMMAND_PERSISTENT);
	gather("a", 2);
	DO(ROOM_LIST, "id3", .ref = STR("1"));
	HEARD("id3: rooms ref=1 at=1000 [z Zoo 1 persistent since=1000 "
	      "alive=1000] "
	      "[a a 2 since=1000 alive=1000]\n");
}
END_TEST

START_TEST(lists_times_of_creation_and_of_activity)
{
	people(2);
	gather("r", 1);
	fake_clock_pass(&world.clock, 10);
	gather("r", 2);
	DO(ROOM_LIST, "id1");
	HEARD("id1: rooms at=1010 [r r 2 since=1000 alive=1010]\n");
	fake_clock_pass(&world.clock, 10);
	say("id1", "r", 12);
	fake_clock_pass(&world.clock, 10);
	DO(ROOM_LIST, "id1");
	HEARD("id1: rooms at=1030 [r r 2 since=1000 alive=1020 said=12]\n");
	DO(ROOM_LEAVE, "id2", .room = STR("r"));
	forget_what_was_heard();
	fake_clock_pass(&world.clock, 60000);
	TICK();
	DO(ROOM_LIST, "id1");
	HEARD("id1: rooms at=61030 [r r 1 since=1000 alive=1030 said=12]\n");
}
END_TEST

START_TEST(lists_rooms_with_guests_only)
{
	people(1);
	gather("a", 1);
	gather("b", 1);
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	DO(ROOM_JOIN, "id4", .room = STR("b"), .name = STR("bob"));
	forget_what_was_heard();
	DO(ROOM_LIST, "id4", .flags = COMMAND_OF_GUESTS);
	HEARD("id4: rooms at=1000 [b b 2 since=1000 alive=1000]\n");
	DO(ROOM_LEAVE, "id4", .room = STR("b"));
	forget_what_was_heard();
	DO(ROOM_LIST, "id4", .flags = COMMAND_OF_GUESTS);
	HEARD("id4: rooms at=1000\n");
}
END_TEST

START_TEST(lists_nothing_without_rooms)
{
	people(1);
	DO(ROOM_LIST, "id1");
	HEARD("id1: rooms at=1000\n");
}
END_TEST

START_TEST(cuts_a_list_that_is_too_long)
{
	people(1);
	gather("a", 1);
	gather("b", 1);
	world.chat.limits.list_bytes = 2 * 152;
	DO(ROOM_LIST, "id1");
	HEARD("id1: rooms at=1000 [a a 1 since=1000 alive=1000] "
	      "[b b 1 since=1000 alive=1000]\n");
	world.chat.limits.list_bytes = 2 * 152 - 1;
	DO(ROOM_LIST, "id1");
	HEARD("id1: rooms at=1000 [a a 1 since=1000 alive=1000] "
	      "more_rooms\n");
}
END_TEST

START_TEST(lists_pages_in_order_of_the_ids)
{
	people(1);
	gather("c", 1);
	gather("a", 1);
	gather("b", 1);
	DO(ROOM_LIST, "id1", .limit = 1);
	HEARD("id1: rooms at=1000 [a a 1 since=1000 alive=1000] "
	      "more_rooms\n");
	DO(ROOM_LEAVE, "id1", .room = STR("a"));
	forget_what_was_heard();
	DO(ROOM_LIST, "id1", .limit = 2, .after = STR("a"));
	HEARD("id1: rooms at=1000 [b b 1 since=1000 alive=1000] "
	      "[c c 1 since=1000 alive=1000]\n");
	DO(ROOM_LIST, "id1", .limit = 2, .after = STR("c"));
	HEARD("id1: rooms at=1000\n");
}
END_TEST

START_TEST(builds_a_long_list_once_a_second)
{
	char id[16];

	people(1);
	world.chat.limits.rooms = 300;
	for (int i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "r%03d", i);
		DO(ROOM_CREATE, "id1", .room = str_from(id), .name = STR("x"),
		    .flags = COMMAND_PERSISTENT);
		DO(ROOM_LEAVE, "id1", .room = str_from(id));
	}
	forget_what_was_heard();
	DO(ROOM_LIST, "id1", .limit = 1);
	HEARD("id1: rooms at=1000 [r000 x 0 persistent since=1000 alive=1000] "
	      "more_rooms\n");
	gather("r000", 1);
	DO(ROOM_LIST, "id1", .limit = 1);
	HEARD("id1: rooms at=1000 [r000 x 0 persistent since=1000 alive=1000] "
	      "more_rooms\n");
	fake_clock_pass(&world.clock, 1000);
	DO(ROOM_LIST, "id1", .limit = 1);
	HEARD("id1: rooms at=2000 [r000 x 1 persistent since=1000 alive=1000] "
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
