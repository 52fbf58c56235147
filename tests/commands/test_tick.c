#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(expires_old_messages)
{
	size_t empty;

	connect_members(1);
	fill_room("r", 1);
	empty = history_bytes(world.chat.history);
	post("id1", "r", 3);
	ck_assert_uint_gt(history_bytes(world.chat.history), empty);
	fake_clock_pass(&world.clock, 60000);
	ck_assert_int_eq(TICK(), CHAT_OK);
	EXPECT_EVENTS("");
	ck_assert_uint_eq(history_bytes(world.chat.history), empty);
}
END_TEST

START_TEST(expires_messages_at_their_ttl)
{
	size_t empty;

	world.history_limits.messages = 0;
	connect_members(1);
	DO(ROOM_JOIN, "id1", .room = STR("r"), .ttl_ms = 30000,
	    .flags = COMMAND_MAY_CREATE);
	empty = history_bytes(world.chat.history);
	post("id1", "r", 1000);
	fake_clock_pass(&world.clock, 29000);
	TICK();
	ck_assert_uint_gt(history_bytes(world.chat.history), empty + 1000);
	fake_clock_pass(&world.clock, 999);
	TICK();
	ck_assert_uint_gt(history_bytes(world.chat.history), empty + 1000);
	fake_clock_pass(&world.clock, 1);
	TICK();
	EXPECT_EVENTS("");
	ck_assert_uint_eq(history_bytes(world.chat.history), empty);
	post("id1", "r", 1);
	DO(HISTORY, "id1", .room = STR("r"), .limit = 9);
	EXPECT_EVENTS("id1: history room=r epoch=epoch2 "
		      "[1001 at=31000 member1 id1 1]\n");
}
END_TEST

START_TEST(publishes_nothing_without_rooms)
{
	ck_assert_int_eq(TICK(), CHAT_OK);
	EXPECT_EVENTS("");
}
END_TEST

SUITE(tick)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, expires_old_messages);
	tcase_add_test(tests, expires_messages_at_their_ttl);
	tcase_add_test(tests, publishes_nothing_without_rooms);
}
