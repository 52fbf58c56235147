#include "tests/suite.h"
#include "tests/support/commands/world.h"

static void
assert_figures(size_t guests, size_t rooms, size_t messages)
{
	struct chat_stats figures;

	chat_stats_collect(&world.chat, &figures);
	ck_assert_uint_eq(figures.guests, guests);
	ck_assert_uint_eq(figures.guest_rooms, rooms);
	ck_assert_uint_eq(figures.guest_messages, messages);
}

START_TEST(count_guests_only)
{
	assert_figures(0, 0, 0);
	connect_members(3);
	fill_room("r", 3);
	post("id1", "r", 4);
	assert_figures(0, 0, 0);
}
END_TEST

START_TEST(count_unexpired_messages_in_rooms_with_guests)
{
	connect_members(2);
	fill_room("a", 2);
	post("id1", "a", 2);
	DO(ROOM_CREATE, "id2", .room = STR("b"), .name = STR("B"),
	    .ttl_ms = 1000);
	post("id2", "b", 3);
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	DO(ROOM_JOIN, "id5", .room = STR("b"), .name = STR("bob"));
	assert_figures(1, 1, 3);
	DO(ROOM_JOIN, "id6", .room = STR("a"), .name = STR("bob"));
	assert_figures(2, 2, 5);
	fake_clock_pass(&world.clock, 1000);
	assert_figures(2, 2, 2);
	DO(DISCONNECT, "id6");
	assert_figures(1, 1, 0);
}
END_TEST

SUITE(stats)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, count_guests_only);
	tcase_add_test(tests, count_unexpired_messages_in_rooms_with_guests);
}
