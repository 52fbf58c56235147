#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define HI .room = STR("r"), .body = STR("1")

START_TEST(a_member_posts_once_per_interval)
{
	connect_members(2);
	fill_room("r", 2);
	ck_assert_int_eq(DO(SLOW, "id1", .room = STR("r"), .slow_ms = 5000),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "room r: slow room=r at=1000 slow=5000 by=member1 by_id=id1\n"
	    "id1: done room=r\n");
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
	fake_clock_pass(&world.clock, 2000);
	forget_events();
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_RATE_LIMITED);
	EXPECT_EVENTS(
	    "id2: failed rate_limited retry=3000 text=This room is slow: "
	    "wait a little\n");
	fake_clock_pass(&world.clock, 3000);
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
	/* Owners and moderators are not slowed down. */
	ck_assert_int_eq(DO(BROADCAST, "id1", HI), CHAT_OK);
	ck_assert_int_eq(DO(BROADCAST, "id1", HI), CHAT_OK);
}
END_TEST

START_TEST(ends)
{
	connect_members(2);
	DO(ROOM_JOIN, "id1", .room = STR("r"), .slow_ms = 1000,
	    .flags = COMMAND_MAY_CREATE);
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_RATE_LIMITED);
	DO(SLOW, "id1", .room = STR("r"), .slow_ms = 0);
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
}
END_TEST

START_TEST(a_retry_costs_nothing)
{
	connect_members(2);
	DO(ROOM_JOIN, "id1", .room = STR("r"), .slow_ms = 1000,
	    .flags = COMMAND_MAY_CREATE);
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	ck_assert_int_eq(DO(BROADCAST, "id2", HI, .key = STR("k")), CHAT_OK);
	ck_assert_int_eq(DO(BROADCAST, "id2", HI, .key = STR("k")), CHAT_OK);
}
END_TEST

START_TEST(is_a_day_at_most)
{
	connect_members(1);
	fill_room("r", 1);
	DO(SLOW, "id1", .room = STR("r"), .slow_ms = 86400001);
	EXPECT_EVENTS("id1: failed bad_field field=slow_ms\n");
	ck_assert_int_eq(DO(ROOM_CREATE, "id1", .name = STR("x"),
			     .slow_ms = 86400001),
	    CHAT_BAD_FIELD);
}
END_TEST

START_TEST(needs_a_moderator)
{
	connect_members(2);
	fill_room("r", 2);
	ck_assert_int_eq(DO(SLOW, "id2", .room = STR("r")), CHAT_FORBIDDEN);
}
END_TEST

SUITE(slow)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_member_posts_once_per_interval);
	tcase_add_test(tests, ends);
	tcase_add_test(tests, a_retry_costs_nothing);
	tcase_add_test(tests, is_a_day_at_most);
	tcase_add_test(tests, needs_a_moderator);
}
