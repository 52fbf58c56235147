#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(lists_the_lobby_in_order_of_arrival)
{
	CONNECT(.name = STR("zoe"));
	CONNECT(.name = STR("outside"), .flags = COMMAND_NO_LOBBY);
	CONNECT(.name = STR("adam"));
	forget_events();
	ck_assert_int_eq(DO(LIST, "id1", .ref = STR("1")), CHAT_OK);
	EXPECT_EVENTS("id1: list ref=1 names=zoe,adam\n");
}
END_TEST

START_TEST(lists_a_room_in_order_of_joining)
{
	connect_members(3);
	fill_room("r", 1);
	DO(ROOM_JOIN, "id3", .room = STR("r"));
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	DO(RENAME, "id3", .name = STR("carol"));
	forget_events();
	DO(LIST, "id2", .room = STR("r"));
	EXPECT_EVENTS("id2: list room=r names=member1,carol,member2\n");
}
END_TEST

START_TEST(requires_membership)
{
	CONNECT(.flags = COMMAND_NO_LOBBY);
	connect_members(1);
	DO(ROOM_CREATE, "id2", .room = STR("r"), .name = STR("r"));
	forget_events();
	ck_assert_int_eq(DO(LIST, "id1"), CHAT_NOT_IN_ROOM);
	ck_assert_int_eq(DO(LIST, "id1", .room = STR("r")), CHAT_NOT_IN_ROOM);
	ck_assert_int_eq(DO(LIST, "id1", .room = STR("q")),
	    CHAT_ROOM_NOT_FOUND);
	EXPECT_EVENTS(
	    "id1: failed not_in_room\n"
	    "id1: failed not_in_room\n"
	    "id1: failed room_not_found text=Room q does not exist\n");
}
END_TEST

/* A name costs its length, two quotes and a comma. */
START_TEST(cuts_a_list_that_is_too_long)
{
	connect_members(3);
	world.chat.limits.list_bytes = 20;
	DO(LIST, "id1");
	EXPECT_EVENTS("id1: list names=member1,member2 more_names\n");
	world.chat.limits.list_bytes = 19;
	DO(LIST, "id1");
	EXPECT_EVENTS("id1: list names=member1 more_names\n");
	world.chat.limits.list_bytes = 0;
	DO(LIST, "id1");
	EXPECT_EVENTS("id1: list more_names\n");
}
END_TEST

/* Ids cost their length, two quotes and a comma, too. */
START_TEST(lists_ids_if_they_are_requested)
{
	connect_members(3);
	DO(LIST, "id1", .flags = COMMAND_WITH_IDS);
	EXPECT_EVENTS(
	    "id1: list names=member1,member2,member3 ids=id1,id2,id3\n");
	world.chat.limits.list_bytes = 34;
	DO(LIST, "id1", .flags = COMMAND_WITH_IDS);
	EXPECT_EVENTS(
	    "id1: list names=member1,member2 ids=id1,id2 more_names\n");
	world.chat.limits.list_bytes = 31;
	DO(LIST, "id1", .flags = COMMAND_WITH_IDS);
	EXPECT_EVENTS("id1: list names=member1 ids=id1 more_names\n");
	DO(LIST, "id1", .flags = COMMAND_WITH_IDS, .limit = 1,
	    .after = STR("member1"));
	EXPECT_EVENTS("id1: list names=member2 ids=id2 more_names\n");
}
END_TEST

START_TEST(lists_a_thousand_names)
{
	struct transcript *events = &world.publisher.events;

	world.chat.limits.list_bytes = 1 << 20;
	world.chat.limits.announce_up_to = 0;
	connect_members(1000);
	DO(LIST, "id1");
	ck_assert_ptr_nonnull(strstr(events->text, "names=member1,member2,"));
	ck_assert_ptr_nonnull(strstr(events->text, ",member999,member1000\n"));
}
END_TEST

START_TEST(lists_pages_in_order_of_the_names)
{
	connect_members(1);
	CONNECT(.name = STR("zoe"));
	CONNECT(.name = STR("adam"));
	CONNECT(.name = STR("bob"));
	forget_events();
	DO(LIST, "id1", .limit = 2);
	EXPECT_EVENTS("id1: list names=adam,bob more_names\n");
	DO(LIST, "id1", .limit = 2, .after = STR("bob"));
	EXPECT_EVENTS("id1: list names=member1,zoe\n");
	DO(LIST, "id1", .after = STR("zoe"));
	EXPECT_EVENTS("id1: list\n");
	DO(LIST, "id1", .after = STR("carol"));
	EXPECT_EVENTS("id1: list names=member1,zoe\n");
	DO(LIST, "id1", .after = STR(""));
	EXPECT_EVENTS("id1: list names=adam,bob,member1,zoe\n");
}
END_TEST

/* Guests have names of their own in each room. */
START_TEST(keeps_equal_names_on_one_page)
{
	connect_members(1);
	CONNECT(.name = STR("bob"));
	fill_room("r", 2);
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	DO(ROOM_JOIN, "id4", .room = STR("r"), .name = STR("bob"));
	forget_events();
	DO(LIST, "id1", .room = STR("r"), .limit = 1);
	EXPECT_EVENTS("id1: list room=r names=bob,bob more_names\n");
	DO(LIST, "id1", .room = STR("r"), .limit = 1, .after = STR("bob"));
	EXPECT_EVENTS("id1: list room=r names=member1\n");
}
END_TEST

START_TEST(walks_a_long_list_without_loss)
{
	const char *expected = "id1: list names=member100,member1000,"
			       "member101 more_names\n";

	world.chat.limits.list_bytes = 1 << 20;
	world.chat.limits.announce_up_to = 0;
	connect_members(1000);
	DO(LIST, "id1", .limit = 3, .after = STR("member10"));
	EXPECT_EVENTS(expected);
	/* Within a second a long list is not built again … */
	DO(RENAME, "id1000", .name = STR("zoe"));
	forget_events();
	DO(LIST, "id1", .limit = 3, .after = STR("member10"));
	EXPECT_EVENTS(expected);
	/* … then it is, with or without a tick. */
	fake_clock_pass(&world.clock, 1000);
	DO(LIST, "id1", .limit = 3, .after = STR("member10"));
	EXPECT_EVENTS(
	    "id1: list names=member100,member101,member102 more_names\n");
	fake_clock_pass(&world.clock, 1000);
	TICK();
	DO(LIST, "id1", .after = STR("member999"));
	EXPECT_EVENTS("id1: list names=zoe\n");
}
END_TEST

SUITE(list)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, lists_the_lobby_in_order_of_arrival);
	tcase_add_test(tests, lists_a_room_in_order_of_joining);
	tcase_add_test(tests, requires_membership);
	tcase_add_test(tests, cuts_a_list_that_is_too_long);
	tcase_add_test(tests, lists_ids_if_they_are_requested);
	tcase_add_test(tests, lists_a_thousand_names);
	tcase_add_test(tests, lists_pages_in_order_of_the_names);
	tcase_add_test(tests, keeps_equal_names_on_one_page);
	tcase_add_test(tests, walks_a_long_list_without_loss);
}
