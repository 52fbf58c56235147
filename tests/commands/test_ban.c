#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define BOB .room = STR("r"), .recipient = STR("id2")

static void
room_of_two(void)
{
	connect_members(2);
	fill_room("r", 2);
}

START_TEST(a_banned_member_is_out_and_stays_out)
{
	room_of_two();
	ck_assert_int_eq(DO(BAN, "id1", BOB, .duration_ms = 5000,
			     .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "room r: role room=r at=1000 member=member2 id=id2 "
	    "role=banned until=6000 by=member1 by_id=id1\n"
	    "id2: role room=r at=1000 member=member2 id=id2 role=banned "
	    "until=6000 by=member1 by_id=id1\n"
	    "room r except=id2: gone room=r member=member2 id=id2\n"
	    "id1: done ref=1 room=r\n");
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r")),
	    CHAT_FORBIDDEN);
	EXPECT_EVENTS("id2: failed forbidden right=join text=Banned from this "
		      "room\n");
	fake_clock_pass(&world.clock, 5000);
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r")), CHAT_OK);
}
END_TEST

START_TEST(takes_the_role_away)
{
	room_of_two();
	DO(ROLE, "id1", BOB, .role = STR("owner"));
	DO(BAN, "id1", BOB);
	DO(UNBAN, "id1", BOB);
	DO(ROOM_JOIN, "id2", .room = STR("r"));
	ck_assert_int_eq(DO(KICK, "id2", .room = STR("r"),
			     .recipient = STR("id1")),
	    CHAT_FORBIDDEN);
}
END_TEST

START_TEST(unban_ends_it)
{
	room_of_two();
	DO(BAN, "id1", BOB);
	forget_events();
	ck_assert_int_eq(DO(UNBAN, "id1", BOB), CHAT_OK);
	EXPECT_EVENTS(
	    "room r: role room=r at=1000 member=member2 id=id2 "
	    "role=member by=member1 by_id=id1\n"
	    "id2: role room=r at=1000 member=member2 id=id2 role=member "
	    "by=member1 by_id=id1\n"
	    "id1: done room=r\n");
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r")), CHAT_OK);
	forget_events();
	DO(UNBAN, "id1", BOB);
	EXPECT_EVENTS(
	    "id1: failed bad_field field=member text=This member is not "
	    "banned\n");
}
END_TEST

START_TEST(a_private_room_is_unseen_by_who_is_banned)
{
	connect_members(2);
	DO(ROOM_JOIN, "id1", .room = STR("r"),
	    .flags = COMMAND_MAY_CREATE | COMMAND_PRIVATE);
	DO(INVITE, "id1", BOB);
	DO(BAN, "id1", BOB);
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r")),
	    CHAT_ROOM_NOT_FOUND);
	/* Invitation and ban are gone together. */
	DO(UNBAN, "id1", BOB);
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r")),
	    CHAT_ROOM_NOT_FOUND);
}
END_TEST

START_TEST(who_is_out_before_the_disk_has_it_is_banned_all_the_same)
{
	room_of_two();
	world.log.is_slow = true;
	DO(BAN, "id1", BOB);
	DO(ROOM_LEAVE, "id2", .room = STR("r"));
	forget_events();
	slow_log_do_all(&world.log);
	EXPECT_EVENTS(
	    "room r: role room=r at=1000 member=member2 id=id2 "
	    "role=banned by=member1 by_id=id1\n"
	    "id2: role room=r at=1000 member=member2 id=id2 role=banned "
	    "by=member1 by_id=id1\n"
	    "id1: done room=r\n");
}
END_TEST

SUITE(ban)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_banned_member_is_out_and_stays_out);
	tcase_add_test(tests, takes_the_role_away);
	tcase_add_test(tests, unban_ends_it);
	tcase_add_test(tests, a_private_room_is_unseen_by_who_is_banned);
	tcase_add_test(tests,
	    who_is_out_before_the_disk_has_it_is_banned_all_the_same);
}
