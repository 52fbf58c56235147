#include "commands/support/post_limits.h"

#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define HI .room = STR("r"), .body = STR("1")

static void
setup(void)
{
	world_begin();
	world.chat.limits.flood_messages = 3;
	world.chat.limits.flood_time_ms = 10000;
	world.chat.limits.flood_mute_ms = 60000;
	connect_members(2);
	fill_room("r", 2);
}

static void
bob_posts(unsigned count)
{
	while (count-- > 0)
		ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
	forget_events();
}

START_TEST(a_flood_mutes_for_a_time)
{
	bob_posts(3);
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_FORBIDDEN);
	EXPECT_EVENTS("room r: role room=r at=1000 member=member2 id=id2 "
		      "role=muted until=61000 by=server reason=flood\n"
		      "id2: failed forbidden right=post text=Muted: too many "
		      "messages\n");
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_FORBIDDEN);
	fake_clock_pass(&world.clock, 60000);
	bob_posts(3);
}
END_TEST

START_TEST(messages_count_for_a_while)
{
	bob_posts(3);
	fake_clock_pass(&world.clock, 10000);
	bob_posts(3);
}
END_TEST

START_TEST(rooms_count_for_themselves)
{
	DO(ROOM_JOIN, "id1", .room = STR("s"), .flags = COMMAND_MAY_CREATE);
	DO(ROOM_JOIN, "id2", .room = STR("s"));
	bob_posts(3);
	ck_assert_int_eq(DO(BROADCAST, "id2", .room = STR("s"),
			     .body = STR("1")),
	    CHAT_OK);
}
END_TEST

START_TEST(who_may_moderate_may_post)
{
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(DO(BROADCAST, "id1", HI), CHAT_OK);
}
END_TEST

START_TEST(is_forgotten_in_time)
{
	bob_posts(2);
	for (int i = 0; i < 3; i++) {
		fake_clock_pass(&world.clock, 60000);
		TICK();
	}
	bob_posts(3);
}
END_TEST

SUITE(post_limits)
{
	tcase_add_checked_fixture(tests, setup, world_end);
	tcase_add_test(tests, a_flood_mutes_for_a_time);
	tcase_add_test(tests, messages_count_for_a_while);
	tcase_add_test(tests, rooms_count_for_themselves);
	tcase_add_test(tests, who_may_moderate_may_post);
	tcase_add_test(tests, is_forgotten_in_time);
}
