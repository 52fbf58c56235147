#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/commands/world.h"

/* A room of more than three members gets counts. */

static void
presence_join(const char *who)
{
	DO(ROOM_JOIN, who, .room = STR("r"));
}

static void
presence_leave(const char *who)
{
	DO(ROOM_LEAVE, who, .room = STR("r"));
}

/* Direct answers are tested elsewhere. */
static void
expect_room_events(const char *expected)
{
	struct transcript *events = &world.publisher.events;
	static struct transcript notified;
	char *line = events->text;

	transcript_clear(&notified);
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
		if (strncmp(line, "room ", 5) == 0)
			transcript_add(&notified, "%.*s\n", (int)(end - line),
			    line);
	ck_assert_str_eq(notified.text, expected);
	transcript_clear(events);
}

START_TEST(publishes_a_count_above_the_limit)
{
	connect_members(4);
	fill_room("r", 2);
	presence_join("id3");
	expect_room_events(
	    "room r except=id3: entered room=r member=member3 id=id3\n");
	presence_join("id4");
	expect_room_events("room r: count room=r count=4\n");
}
END_TEST

START_TEST(publishes_a_count_once_a_second)
{
	connect_members(6);
	fill_room("r", 3);
	presence_join("id4");
	expect_room_events("room r: count room=r count=4\n");
	fake_clock_pass(&world.clock, 999);
	presence_join("id5");
	presence_join("id6");
	TICK();
	expect_room_events("");
	fake_clock_pass(&world.clock, 1);
	TICK();
	expect_room_events("room r: count room=r count=6\n");
	fake_clock_pass(&world.clock, 1000);
	TICK();
	expect_room_events("");
}
END_TEST

START_TEST(publishes_a_count_at_once_after_a_second)
{
	connect_members(6);
	fill_room("r", 3);
	presence_join("id4");
	expect_room_events("room r: count room=r count=4\n");
	fake_clock_pass(&world.clock, 1000);
	presence_join("id5");
	expect_room_events("room r: count room=r count=5\n");
	fake_clock_pass(&world.clock, 500);
	TICK();
	presence_join("id6");
	expect_room_events("");
	fake_clock_pass(&world.clock, 500);
	presence_leave("id6");
	expect_room_events("room r: count room=r count=5\n");
	fake_clock_pass(&world.clock, 1000);
	TICK();
	expect_room_events("");
}
END_TEST

START_TEST(publishes_the_fourth_leave_as_count_and_the_third_by_name)
{
	connect_members(4);
	fill_room("r", 4);
	fake_clock_pass(&world.clock, 1000);
	presence_leave("id4");
	expect_room_events("room r: count room=r count=3\n");
	presence_leave("id3");
	expect_room_events(
	    "room r except=id3: gone room=r member=member3 id=id3\n");
	presence_join("id4");
	expect_room_events(
	    "room r except=id4: entered room=r member=member4 id=id4\n");
}
END_TEST

START_TEST(publishes_counts_of_each_room_independently)
{
	connect_members(4);
	fill_room("r", 4);
	fill_room("s", 4);
	DO(DISCONNECT, "id4");
	expect_room_events("");
	fake_clock_pass(&world.clock, 1000);
	TICK();
	expect_room_events("room r: count room=r count=3\n"
			   "room s: count room=s count=3\n");
}
END_TEST

START_TEST(forgets_a_room_that_is_removed)
{
	connect_members(4);
	fill_room("r", 4);
	for (int i = 0; i < 4; i++) {
		char id[] = { 'i', 'd', (char)('1' + i), '\0' };

		DO(DISCONNECT, id);
	}
	forget_events();
	fake_clock_pass(&world.clock, 1000);
	TICK();
	expect_room_events("");
}
END_TEST

/* 1024 copies of counts may be published between two ticks. */
START_TEST(publishes_so_many_counts_between_ticks)
{
	const char *rooms[] = { "a", "b", "c" };

	world.chat.limits.announce_up_to = 0;
	world.chat.limits.room_members = 1000;
	connect_members(1000);
	for (int i = 0; i < 3; i++)
		fill_room(rooms[i], 1000);
	for (int i = 0; i < 100; i++) {
		fake_clock_pass(&world.clock, 100);
		TICK();
	}
	DO(ROOM_LEAVE, "id1000", .room = STR("a"));
	forget_events();
	DO(ROOM_LEAVE, "id1000", .room = STR("b"));
	DO(ROOM_LEAVE, "id1000", .room = STR("c"));
	EXPECT_EVENTS(
	    "room b: count room=b count=999\n"
	    "id1000: left room=b at=11000 member=member1000 id=id1000\n"
	    "id1000: left room=c at=11000 member=member1000 id=id1000\n");
	fake_clock_pass(&world.clock, 100);
	TICK();
	EXPECT_EVENTS("room c: count room=c count=999\n");
	TICK();
	EXPECT_EVENTS("");
}
END_TEST

SUITE(presence)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, publishes_a_count_above_the_limit);
	tcase_add_test(tests, publishes_a_count_once_a_second);
	tcase_add_test(tests, publishes_a_count_at_once_after_a_second);
	tcase_add_test(tests,
	    publishes_the_fourth_leave_as_count_and_the_third_by_name);
	tcase_add_test(tests, publishes_counts_of_each_room_independently);
	tcase_add_test(tests, forgets_a_room_that_is_removed);
	tcase_add_test(tests, publishes_so_many_counts_between_ticks);
}
