#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(lists_every_room_in_order_of_creation)
{
	people(3);
	DO(ROOM_CREATE, "id1", .room = STR("z"), .name = STR("Zoo"),
	    .flags = COMMAND_PERSISTENT);
	gather("a", 2);
	DO(ROOM_LIST, "id3", .ref = STR("1"));
	HEARD("id3: rooms ref=1 [z Zoo 1 persistent] [a a 2]\n");
}
END_TEST

START_TEST(lists_nothing_if_there_is_nothing)
{
	people(1);
	DO(ROOM_LIST, "id1");
	HEARD("id1: rooms\n");
}
END_TEST

START_TEST(cuts_a_list_before_it_grows_too_long)
{
	people(1);
	gather("a", 1);
	gather("b", 1);
	world.chat.limits.list_bytes = 2 * 62;
	DO(ROOM_LIST, "id1");
	HEARD("id1: rooms [a a 1] [b b 1]\n");
	world.chat.limits.list_bytes = 2 * 62 - 1;
	DO(ROOM_LIST, "id1");
	HEARD("id1: rooms [a a 1]\n");
}
END_TEST

SUITE(room_list)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, lists_every_room_in_order_of_creation);
	tcase_add_test(tests, lists_nothing_if_there_is_nothing);
	tcase_add_test(tests, cuts_a_list_before_it_grows_too_long);
}
