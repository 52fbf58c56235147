#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define HI .room = STR("r"), .body = STR("\"hi\"")
#define BOB .room = STR("r"), .recipient = STR("id2")

static void
two_in_a_room(void)
{
	connect_members(2);
	fill_room("r", 2);
}

START_TEST(a_muted_member_may_not_post)
{
	two_in_a_room();
	ck_assert_int_eq(DO(MUTE, "id1", BOB, .reason = STR("spam")), CHAT_OK);
	EXPECT_EVENTS("room r: role room=r at=1000 member=member2 id=id2 "
		      "role=muted by=member1 by_id=id1 reason=spam\n"
		      "id1: done room=r\n");
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_FORBIDDEN);
	EXPECT_EVENTS(
	    "id2: failed forbidden right=post text=Muted in this room\n");
	ck_assert_int_eq(DO(TYPING, "id2", .room = STR("r")), CHAT_FORBIDDEN);
	ck_assert_int_eq(DO(HISTORY, "id2", .room = STR("r")), CHAT_OK);
	ck_assert_int_eq(DO(BROADCAST, "id1", HI), CHAT_OK);
}
END_TEST

START_TEST(a_mute_ends_by_itself)
{
	two_in_a_room();
	ck_assert_int_eq(DO(MUTE, "id1", BOB, .duration_ms = 5000), CHAT_OK);
	EXPECT_EVENTS("room r: role room=r at=1000 member=member2 id=id2 "
		      "role=muted until=6000 by=member1 by_id=id1\n"
		      "id1: done room=r\n");
	fake_clock_pass(&world.clock, 4999);
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_FORBIDDEN);
	fake_clock_pass(&world.clock, 1);
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
}
END_TEST

START_TEST(outlives_a_stay)
{
	two_in_a_room();
	DO(MUTE, "id1", BOB);
	DO(ROOM_LEAVE, "id2", .room = STR("r"));
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_FORBIDDEN);
}
END_TEST

START_TEST(hides_a_role_and_leaves_it)
{
	two_in_a_room();
	DO(ROLE, "id1", BOB, .role = STR("moderator"));
	DO(MUTE, "id1", BOB, .duration_ms = 1000);
	ck_assert_int_eq(DO(TOPIC, "id2", .room = STR("r"), .topic = STR("x")),
	    CHAT_FORBIDDEN);
	fake_clock_pass(&world.clock, 1000);
	ck_assert_int_eq(DO(TOPIC, "id2", .room = STR("r"), .topic = STR("x")),
	    CHAT_OK);
}
END_TEST

START_TEST(a_user_need_not_be_connected)
{
	two_in_a_room();
	ck_assert_int_eq(DO(MUTE, "id1", .room = STR("r"),
			     .recipient = STR("uabcdefghijklmnopqrstuvwxyz")),
	    CHAT_OK);
	EXPECT_EVENTS("room r: role room=r at=1000 "
		      "member=uabcdefghijklmnopqrstuvwxyz "
		      "id=uabcdefghijklmnopqrstuvwxyz role=muted by=member1 "
		      "by_id=id1\n"
		      "id1: done room=r\n");
}
END_TEST

START_TEST(unmute_ends_it)
{
	two_in_a_room();
	DO(MUTE, "id1", BOB);
	forget_events();
	ck_assert_int_eq(DO(UNMUTE, "id1", BOB), CHAT_OK);
	EXPECT_EVENTS("room r: role room=r at=1000 member=member2 id=id2 "
		      "role=member by=member1 by_id=id1\n"
		      "id1: done room=r\n");
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
	ck_assert_uint_eq(attribute_store_count(world.chat.attributes,
			      STR("r")),
	    0);
}
END_TEST

START_TEST(unmute_refuses_who_is_not_muted)
{
	two_in_a_room();
	DO(UNMUTE, "id1", BOB);
	EXPECT_EVENTS(
	    "id1: failed bad_field field=member text=This member is not "
	    "muted\n");
}
END_TEST

START_TEST(a_banned_member_is_not_muted_instead)
{
	two_in_a_room();
	DO(BAN, "id1", BOB);
	forget_events();
	DO(MUTE, "id1", BOB);
	EXPECT_EVENTS("id1: failed bad_field field=member text=This member is "
		      "banned\n");
}
END_TEST

START_TEST(waits_for_the_disk)
{
	two_in_a_room();
	world.log.is_slow = true;
	ck_assert_int_eq(DO(MUTE, "id1", BOB), CHAT_OK);
	EXPECT_EVENTS("");
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
	/* The author may go meanwhile. */
	DO(DISCONNECT, "id1");
	forget_events();
	slow_log_do(&world.log);
	EXPECT_EVENTS("room r: role room=r at=1000 member=member2 id=id2 "
		      "role=muted by=member1 by_id=id1\n"
		      "id1: done room=r\n"
		      "room r except=id1: gone room=r member=member1 id=id1\n");
	slow_log_do_all(&world.log);
}
END_TEST

START_TEST(a_mute_that_cannot_be_kept_is_none)
{
	two_in_a_room();
	world.log.is_slow = true;
	DO(MUTE, "id1", BOB);
	slow_log_lose(&world.log);
	EXPECT_EVENTS("id1: failed store_failed retry=1000\n");
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
	slow_log_do_all(&world.log);
}
END_TEST

SUITE(mute)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_muted_member_may_not_post);
	tcase_add_test(tests, a_mute_ends_by_itself);
	tcase_add_test(tests, outlives_a_stay);
	tcase_add_test(tests, hides_a_role_and_leaves_it);
	tcase_add_test(tests, a_user_need_not_be_connected);
	tcase_add_test(tests, unmute_ends_it);
	tcase_add_test(tests, unmute_refuses_who_is_not_muted);
	tcase_add_test(tests, a_banned_member_is_not_muted_instead);
	tcase_add_test(tests, waits_for_the_disk);
	tcase_add_test(tests, a_mute_that_cannot_be_kept_is_none);
}
