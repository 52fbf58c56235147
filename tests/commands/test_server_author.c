/* COMMAND_OF_SERVER: commands whose author is no member. */
#include "tests/suite.h"
#include "tests/support/commands/world.h"

static enum chat_error
server_do(struct command command)
{
	command.flags |= COMMAND_OF_SERVER;
	command.author = STR("~1");
	command.rights = RIGHTS_USUAL | RIGHT_MODERATE | RIGHT_ADMIN;
	if (command.as_id.data == NULL) {
		command.as_id = STR("server");
		command.as_name = STR("The server");
	}
	return world_do(&command);
}

#define SERVER(command_kind, ...)   \
	server_do((struct command){ \
	    .kind = COMMAND_##command_kind, __VA_ARGS__ })

START_TEST(posts_in_a_room_that_it_is_not_in)
{
	connect_members(1);
	fill_room("r", 1);
	ck_assert_int_eq(SERVER(BROADCAST, .room = STR("r"),
			     .body = STR("\"hi\""), .ref = STR("7")),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "room r: message room=r seq=1 at=1000 member=The server id=server "
	    "body=\"hi\"\n"
	    "~1: delivered ref=7 room=r epoch=epoch2 seq=1 at=1000 "
	    "recipients=1\n");
	ck_assert_uint_eq(member_store_count(world.chat.members), 1);
}
END_TEST

START_TEST(posts_as_a_member_that_it_names)
{
	connect_members(1);
	fill_room("r", 1);
	SERVER(BROADCAST, .as_id = STR("u1"), .room = STR("r"),
	    .body = STR("1"), .flags = COMMAND_ACK);
	EXPECT_EVENTS(
	    "room r: message room=r seq=1 at=1000 member=u1 id=u1 body=1\n"
	    "~1: delivered room=r epoch=epoch2 seq=1 at=1000 "
	    "recipients=1\n");
}
END_TEST

static const struct {
	struct str id, name;
	const char *events;
} bad_names[] = {
	{ STR("a b"), STR("n"), "~1: failed bad_field field=as.id\n" },
	{ STR(""), STR("n"), "~1: failed bad_field field=as.id\n" },
	{ STR("0123456789012345678901234567890123456"), STR("n"),
	    "~1: failed bad_field field=as.id\n" },
	{ STR("a"), STR("n\x01"), "~1: failed bad_field field=as.name\n" },
	{ STR("a"), STR("n\xff"), "~1: failed bad_field field=as.name\n" },
};

START_TEST(refuses_a_bad_author)
{
	ck_assert_int_eq(SERVER(PING, .as_id = bad_names[_i].id,
			     .as_name = bad_names[_i].name),
	    CHAT_BAD_FIELD);
	EXPECT_EVENTS(bad_names[_i].events);
}
END_TEST

START_TEST(finds_no_room_that_does_not_exist)
{
	ck_assert_int_eq(SERVER(BROADCAST, .room = STR("q"), .body = STR("1"),
			     .ref = STR("1")),
	    CHAT_ROOM_NOT_FOUND);
	EXPECT_EVENTS(
	    "~1: failed ref=1 room_not_found text=Room q does not exist\n");
}
END_TEST

START_TEST(creates_a_room_without_joining_it)
{
	SERVER(ROOM_CREATE, .room = STR("r"), .name = STR("R"),
	    .flags = COMMAND_PERSISTENT);
	EXPECT_EVENTS("~1: created room=r name=R persistent\n");
	SERVER(ROOM_INFO, .room = STR("r"));
	EXPECT_EVENTS("~1: room_info room=r epoch=epoch1 [r R 0 persistent "
		      "since=1000 alive=1000]\n");
}
END_TEST

/* It is swept as a persistent one is. */
START_TEST(an_empty_one_off_room_of_the_server_ends_some_day)
{
	world.chat.limits.room_empty_ms = 1000;
	SERVER(ROOM_CREATE, .room = STR("r"), .name = STR("R"));
	forget_events();
	fake_clock_pass(&world.clock, 1000);
	for (int i = 0; i < 100; i++) {
		fake_clock_pass(&world.clock, 1000);
		TICK();
	}
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
}
END_TEST

START_TEST(broadcasts_to_the_lobby)
{
	connect_members(2);
	SERVER(BROADCAST, .body = STR("\"hi\""), .flags = COMMAND_ACK);
	EXPECT_EVENTS("lobby: message member=The server id=server body=\"hi\"\n"
		      "~1: delivered recipients=2\n");
}
END_TEST

START_TEST(reads_a_room_and_its_history)
{
	connect_members(1);
	fill_room("r", 1);
	post("id1", "r", 2);
	SERVER(ROOM_INFO, .room = STR("r"));
	EXPECT_EVENTS(
	    "~1: room_info room=r epoch=epoch2 seq=2 [r r 1 since=1000 "
	    "alive=1000 messages=2]\n");
	SERVER(HISTORY, .room = STR("r"), .limit = 1);
	EXPECT_EVENTS(
	    "~1: history room=r epoch=epoch2 [2 at=1000 member1 id1 2] "
	    "more\n");
	SERVER(REPLAY, .room = STR("r"), .from_seq = 2, .to_seq = 9,
	    .limit = 10);
	EXPECT_EVENTS("~1: replayed room=r epoch=epoch2 seq=10 "
		      "[2 at=1000 member1 id1 2]\n");
}
END_TEST

START_TEST(lists_members_in_order_of_their_ids)
{
	connect_members(3);
	fill_room("r", 2);
	SERVER(MEMBERS, .limit = 2);
	EXPECT_EVENTS(
	    "~1: members [id1 member1 since=1000] [id2 member2 since=1000] "
	    "more_members\n");
	SERVER(MEMBERS, .limit = 2, .after = STR("id2"));
	EXPECT_EVENTS("~1: members [id3 member3 since=1000]\n");
	SERVER(MEMBERS, .after = STR("id"));
	EXPECT_EVENTS(
	    "~1: members [id1 member1 since=1000] [id2 member2 since=1000] "
	    "[id3 member3 since=1000]\n");
	SERVER(MEMBERS, .room = STR("r"), .limit = 1);
	EXPECT_EVENTS(
	    "~1: members room=r [id1 member1 since=1000] more_members\n");
	SERVER(MEMBERS, .room = STR("r"), .after = STR("id2"));
	EXPECT_EVENTS("~1: members room=r\n");
	SERVER(MEMBERS, .limit = 1001);
	EXPECT_EVENTS("~1: failed bad_field field=limit\n");
	SERVER(MEMBERS, .room = STR("q"));
	EXPECT_EVENTS("~1: failed room_not_found text=Room q does not exist\n");
}
END_TEST

/* The order of arrival does not matter. */
START_TEST(keeps_the_smallest_ids)
{
	static const char *const ids[] = { "d", "b", "e", "a", "c" };

	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		struct member member = { .since_ms = 1000 };

		strcpy(member.id, ids[i]);
		strcpy(member.name, ids[i]);
		member_store_put(world.chat.members, &member);
	}
	SERVER(MEMBERS, .limit = 3);
	EXPECT_EVENTS("~1: members [a a since=1000] [b b since=1000] "
		      "[c c since=1000] more_members\n");
}
END_TEST

/* Two commands of one call keep their order, also if the first one waits. */
START_TEST(a_message_waits_for_its_room)
{
	world.log.is_slow = true;
	SERVER(ROOM_CREATE, .room = STR("r"), .name = STR("r"),
	    .flags = COMMAND_PERSISTENT, .ref = STR("1"));
	SERVER(BROADCAST, .room = STR("r"), .body = STR("1"),
	    .flags = COMMAND_ACK, .ref = STR("2"));
	EXPECT_EVENTS("");
	slow_log_do_all(&world.log);
	EXPECT_EVENTS(
	    "~1: created ref=1 room=r name=r persistent\n"
	    "room r: message room=r seq=1 at=1000 member=The server id=server "
	    "body=1\n"
	    "~1: delivered ref=2 room=r epoch=epoch1 seq=1 at=1000\n");
}
END_TEST

SUITE(server_author)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, posts_in_a_room_that_it_is_not_in);
	tcase_add_test(tests, posts_as_a_member_that_it_names);
	tcase_add_loop_test(tests, refuses_a_bad_author, 0,
	    COUNT_OF(bad_names));
	tcase_add_test(tests, finds_no_room_that_does_not_exist);
	tcase_add_test(tests, creates_a_room_without_joining_it);
	tcase_add_test(tests,
	    an_empty_one_off_room_of_the_server_ends_some_day);
	tcase_add_test(tests, broadcasts_to_the_lobby);
	tcase_add_test(tests, reads_a_room_and_its_history);
	tcase_add_test(tests, lists_members_in_order_of_their_ids);
	tcase_add_test(tests, keeps_the_smallest_ids);
	tcase_add_test(tests, a_message_waits_for_its_room);
}
