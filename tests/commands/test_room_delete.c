#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define IN_R .room = STR("r")

START_TEST(removes_all_members_and_the_room)
{
	connect_members(2);
	fill_room("r", 2);
	DO(TOPIC, "id1", IN_R, .topic = STR("tea"));
	forget_events();
	ck_assert_int_eq(DO(ROOM_DELETE, "id1", IN_R, .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "id1: deleted room=r at=1000 member=member1 id=id1 by=member1 "
	    "by_id=id1\n"
	    "id2: deleted room=r at=1000 member=member2 id=id2 by=member1 "
	    "by_id=id1\n"
	    "id1: done ref=1 room=r\n");
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
	ck_assert_uint_eq(attribute_store_count(world.chat.attributes,
			      STR("r")),
	    0);
	ck_assert_int_eq(DO(BROADCAST, "id2", IN_R, .body = STR("1")),
	    CHAT_ROOM_NOT_FOUND);
	/* Its id is free. */
	ck_assert_int_eq(DO(ROOM_CREATE, "id2", IN_R, .name = STR("x")),
	    CHAT_OK);
}
END_TEST

START_TEST(guests_get_their_name_back)
{
	connect_members(1);
	fill_room("r", 1);
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	DO(ROOM_JOIN, "id3", IN_R, .name = STR("al"),
	    .flags = COMMAND_OF_GUESTS | COMMAND_LEAVES_OTHERS, .max_rooms = 5);
	ck_assert_int_eq(DO(ROOM_DELETE, "id1", IN_R), CHAT_OK);
	ck_assert_int_eq(DO(ROOM_JOIN, "id3", .room = STR("s"),
			     .name = STR("bo"),
			     .flags = COMMAND_OF_GUESTS | COMMAND_MAY_CREATE |
				      COMMAND_LEAVES_OTHERS,
			     .max_rooms = 5),
	    CHAT_OK);
}
END_TEST

START_TEST(is_for_owners)
{
	connect_members(2);
	fill_room("r", 2);
	DO(ROLE, "id1", IN_R, .recipient = STR("id2"),
	    .role = STR("moderator"));
	forget_events();
	ck_assert_int_eq(DO(ROOM_DELETE, "id2", IN_R), CHAT_FORBIDDEN);
	EXPECT_EVENTS(
	    "id2: failed forbidden right=admin text=Not allowed without the "
	    "right 'admin'\n");
}
END_TEST

START_TEST(an_owner_need_not_be_in_the_room)
{
	connect_members(2);
	fill_room("r", 2);
	DO(ROOM_LEAVE, "id1", IN_R);
	ck_assert_int_eq(DO(ROOM_DELETE, "id1", IN_R), CHAT_OK);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
}
END_TEST

START_TEST(nothing_happens_if_the_store_cannot_write)
{
	connect_members(2);
	fill_room("r", 2);
	world.log.is_slow = true;
	DO(ROOM_DELETE, "id1", IN_R);
	slow_log_lose(&world.log);
	EXPECT_EVENTS("id1: failed store_failed retry=1000\n");
	ck_assert(room_store_has(world.chat.rooms, STR("r"), STR("id2")));
}
END_TEST

START_TEST(is_done_when_the_disk_has_it)
{
	connect_members(2);
	fill_room("r", 2);
	world.log.is_slow = true;
	DO(ROOM_DELETE, "id1", IN_R);
	EXPECT_EVENTS("");
	slow_log_do(&world.log);
	EXPECT_EVENTS(
	    "id1: deleted room=r at=1000 member=member1 id=id1 by=member1 "
	    "by_id=id1\n"
	    "id2: deleted room=r at=1000 member=member2 id=id2 by=member1 "
	    "by_id=id1\n");
	slow_log_do(&world.log);
	EXPECT_EVENTS("id1: done room=r\n");
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
}
END_TEST

START_TEST(the_room_stays_empty_if_the_disk_fails_then)
{
	connect_members(2);
	fill_room("r", 2);
	world.log.is_slow = true;
	DO(ROOM_DELETE, "id1", IN_R);
	slow_log_do(&world.log);
	forget_events();
	slow_log_lose(&world.log);
	EXPECT_EVENTS("id1: failed store_failed retry=1000\n");
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 1);
	ck_assert(!room_store_has(world.chat.rooms, STR("r"), STR("id2")));
}
END_TEST

START_TEST(a_deletion_goes_on_without_its_author)
{
	connect_members(2);
	fill_room("r", 2);
	world.log.is_slow = true;
	DO(ROOM_DELETE, "id1", IN_R);
	DO(DISCONNECT, "id1");
	slow_log_do_all(&world.log);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
}
END_TEST

SUITE(room_delete)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, removes_all_members_and_the_room);
	tcase_add_test(tests, guests_get_their_name_back);
	tcase_add_test(tests, is_for_owners);
	tcase_add_test(tests, an_owner_need_not_be_in_the_room);
	tcase_add_test(tests, nothing_happens_if_the_store_cannot_write);
	tcase_add_test(tests, is_done_when_the_disk_has_it);
	tcase_add_test(tests, the_room_stays_empty_if_the_disk_fails_then);
	tcase_add_test(tests, a_deletion_goes_on_without_its_author);
}
