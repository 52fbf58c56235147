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
check_room_heard(const char *expected)
{
	struct transcript *heard = &world.publisher.heard;
	static struct transcript told;
	char *line = heard->text;

	transcript_clear(&told);
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
		if (strncmp(line, "room ", 5) == 0)
			transcript_add(&told, "%.*s\n", (int)(end - line),
			    line);
	ck_assert_str_eq(told.text, expected);
	transcript_clear(heard);
}

START_TEST(publishes_a_count_above_the_limit)
{
	people(4);
	gather("r", 2);
	presence_join("id3");
	check_room_heard(
	    "room r except=id3: entered room=r member=member3 id=id3\n");
	presence_join("id4");
	check_room_heard("room r: count room=r count=4\n");
}
END_TEST

START_TEST(publishes_a_count_once_a_second)
{
	people(6);
	gather("r", 3);
	presence_join("id4");
	check_room_heard("room r: count room=r count=4\n");
	fake_clock_pass(&world.clock, 999);
	presence_join("id5");
	presence_join("id6");
	TICK();
	check_room_heard("");
	fake_clock_pass(&world.clock, 1);
	TICK();
	check_room_heard("room r: count room=r count=6\n");
	fake_clock_pass(&world.clock, 1000);
	TICK();
	check_room_heard("");
}
END_TEST

START_TEST(publishes_a_count_at_once_after_a_second)
{
	people(6);
	gather("r", 3);
	presence_join("id4");
	check_room_heard("room r: count room=r count=4\n");
	fake_clock_pass(&world.clock, 1000);
	presence_join("id5");
	check_room_heard("room r: count room=r count=5\n");
	fake_clock_pass(&world.clock, 500);
	TICK();
	presence_join("id6");
	check_room_heard("");
	fake_clock_pass(&world.clock, 500);
	presence_leave("id6");
	check_room_heard("room r: count room=r count=5\n");
	fake_clock_pass(&world.clock, 1000);
	TICK();
	check_room_heard("");
}
END_TEST

START_TEST(publishes_the_fourth_leave_as_count_and_the_third_by_name)
{
	people(4);
	gather("r", 4);
	fake_clock_pass(&world.clock, 1000);
	presence_leave("id4");
	check_room_heard("room r: count room=r count=3\n");
	presence_leave("id3");
	check_room_heard(
	    "room r except=id3: gone room=r member=member3 id=id3\n");
	presence_join("id4");
	check_room_heard(
	    "room r except=id4: entered room=r member=member4 id=id4\n");
}
END_TEST

START_TEST(publishes_counts_of_each_room_independently)
{
	people(4);
	gather("r", 4);
	gather("s", 4);
	DO(DISCONNECT, "id4");
	check_room_heard("");
	fake_clock_pass(&world.clock, 1000);
	TICK();
	check_room_heard("room r: count room=r count=3\n"
			 "room s: count room=s count=3\n");
}
END_TEST

START_TEST(forgets_a_room_that_is_removed)
{
	people(4);
	gather("r", 4);
	for (int i = 0; i < 4; i++) {
		char id[] = { 'i', 'd', (char)('1' + i), '\0' };

		DO(DISCONNECT, id);
	}
	forget_what_was_heard();
	fake_clock_pass(&world.clock, 1000);
	TICK();
	check_room_heard("");
}
END_TEST

/* 1024 copies of counts may be published between two ticks. */
START_TEST(publishes_so_many_counts_between_ticks)
{
	const char *rooms[] = { "a", "b", "c" };

	world.chat.limits.announce_up_to = 0;
	world.chat.limits.room_members = 1000;
	people(1000);
	for (int i = 0; i < 3; i++)
		gather(rooms[i], 1000);
	for (int i = 0; i < 100; i++) {
		fake_clock_pass(&world.clock, 100);
		TICK();
	}
	DO(ROOM_LEAVE, "id1000", .room = STR("a"));
	forget_what_was_heard();
	DO(ROOM_LEAVE, "id1000", .room = STR("b"));
	DO(ROOM_LEAVE, "id1000", .room = STR("c"));
	HEARD("room b: count room=b count=999\n"
	      "id1000: left room=b at=11000 member=member1000 id=id1000\n"
	      "id1000: left room=c at=11000 member=member1000 id=id1000\n");
	fake_clock_pass(&world.clock, 100);
	TICK();
	HEARD("room c: count room=c count=999\n");
	TICK();
	HEARD("");
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
