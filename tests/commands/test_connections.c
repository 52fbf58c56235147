/* A user with several connections is one member. */
#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/commands/world.h"

static const struct principal alice = {
	.user_id = STR("alice@example.com"),
	.member_id = STR("ualice"),
	.name = STR("alice"),
};

static enum chat_error
alice_connect(uint32_t connection, unsigned flags)
{
	return CONNECT(.connection = connection, .principal = &alice,
	    .name = alice.name, .flags = flags);
}

/* alice with connections 1 and 2, and id1 with 9. */
static void
alice_twice(void)
{
	alice_connect(1, COMMAND_SHARED);
	alice_connect(2, COMMAND_SHARED);
	CONNECT(.connection = 9);
	forget_events();
}

static void
all_in_room(void)
{
	alice_twice();
	DO(ROOM_JOIN, "ualice", .connection = 1, .room = STR("r"),
	    .flags = COMMAND_MAY_CREATE);
	DO(ROOM_JOIN, "id1", .connection = 9, .room = STR("r"));
	forget_events();
}

START_TEST(a_further_connection_is_greeted_and_not_announced)
{
	alice_connect(1, COMMAND_SHARED);
	EXPECT_EVENTS("attach ualice/1\n"
		      "ualice/1: welcome member=alice id=ualice server=parley\n"
		      "lobby: announced member=alice id=ualice\n");
	ck_assert_int_eq(alice_connect(2, COMMAND_SHARED), CHAT_OK);
	EXPECT_EVENTS(
	    "attach ualice/2\n"
	    "ualice/2: welcome member=alice id=ualice server=parley\n");
	DO(LIST, "ualice", .connection = 2);
	EXPECT_EVENTS("ualice/2: list names=alice\n");
	ck_assert_uint_eq(member_store_count(world.chat.members), 1);
}
END_TEST

START_TEST(a_further_connection_is_where_its_member_is)
{
	alice_connect(1, COMMAND_SHARED);
	DO(ROOM_JOIN, "ualice", .connection = 1, .room = STR("r"),
	    .flags = COMMAND_MAY_CREATE);
	forget_events();
	alice_connect(2, COMMAND_SHARED);
	EXPECT_EVENTS(
	    "attach ualice/2\n"
	    "ualice/2: welcome member=alice id=ualice server=parley\n");
	world_dump(&world.publisher.events);
	EXPECT_EVENTS("member ualice alice ×2\n"
		      "room r r epoch1 (1): ualice\n"
		      "history: 193 bytes\n"
		      "ualice/1 listens to ''\n"
		      "ualice/1 listens to 'r'\n"
		      "ualice/2 listens to ''\n"
		      "ualice/2 listens to 'r'\n");
}
END_TEST

START_TEST(connections_of_other_dialects_are_members_of_their_own)
{
	alice_connect(1, COMMAND_SHARED);
	forget_events();
	alice_connect(2, 0);
	alice_connect(3, COMMAND_NAMED_BY_ID | COMMAND_NO_LOBBY);
	EXPECT_EVENTS("attach id1/2\n"
		      "id1/2: welcome member=alice#2 id=id1 server=parley\n"
		      "lobby: announced member=alice#2 id=id1\n"
		      "attach id2/3\n"
		      "id2/3: welcome member=alice#3 id=id2 server=parley\n");
}
END_TEST

START_TEST(a_name_of_a_user_is_taken_while_one_connection_is_left)
{
	alice_twice();
	DO(DISCONNECT, "ualice", .connection = 1);
	CONNECT(.connection = 3, .name = STR("Alice"));
	EXPECT_EVENTS("attach id2/3\n"
		      "id2/3: welcome member=Alice#2 id=id2 server=parley\n"
		      "lobby: announced member=Alice#2 id=id2\n");
	DO(DISCONNECT, "ualice", .connection = 2);
	CONNECT(.connection = 4, .name = STR("Alice"));
	EXPECT_EVENTS("attach id3/4\n"
		      "id3/4: welcome member=Alice id=id3 server=parley\n"
		      "lobby: announced member=Alice id=id3\n");
	alice_connect(5, COMMAND_SHARED);
	EXPECT_EVENTS(
	    "attach ualice/5\n"
	    "ualice/5: welcome member=alice#3 id=ualice server=parley\n"
	    "ualice/5: announced member=alice#3 id=ualice\n");
}
END_TEST

START_TEST(a_room_joined_on_one_connection_is_joined_for_all)
{
	alice_twice();
	DO(ROOM_JOIN, "id1", .connection = 9, .room = STR("r"),
	    .flags = COMMAND_MAY_CREATE);
	forget_events();
	DO(ROOM_JOIN, "ualice", .connection = 2, .room = STR("r"));
	EXPECT_EVENTS("ualice/2: joined room=r name=r epoch=epoch2 at=1000 "
		      "member=alice id=ualice count=2 names=member2,alice\n"
		      "room r except=ualice/2: entered room=r member=alice "
		      "id=ualice\n");
	/* A room that it is in is joined again, by one connection. */
	DO(ROOM_JOIN, "ualice", .connection = 1, .room = STR("r"));
	EXPECT_EVENTS(
	    "ualice/1: joined room=r name=r epoch=epoch2 at=1000 "
	    "member=alice id=ualice count=2 duplicate names=member2,alice\n");
	DO(ROOM_LEAVE, "ualice", .connection = 1, .room = STR("r"));
	EXPECT_EVENTS(
	    "room r except=ualice/1: gone room=r member=alice id=ualice\n"
	    "ualice except=ualice/1: gone room=r member=alice id=ualice\n"
	    "ualice/1: left room=r at=1000 member=alice id=ualice\n");
	ck_assert_uint_eq(world.publisher.count, 4);
}
END_TEST

/* Of a room without others, and of one too large for single events. */
START_TEST(the_other_connections_learn_of_every_room)
{
	alice_twice();
	DO(ROOM_CREATE, "ualice", .connection = 1, .room = STR("r"),
	    .name = STR("R"));
	EXPECT_EVENTS("ualice/1: created room=r name=R\n"
		      "ualice except=ualice/1: entered room=r member=alice "
		      "id=ualice\n");
	DO(ROOM_LEAVE, "ualice", .connection = 2, .room = STR("r"));
	EXPECT_EVENTS(
	    "ualice except=ualice/2: gone room=r member=alice id=ualice\n"
	    "ualice/2: left room=r at=1000 member=alice id=ualice\n");
	world.chat.limits.presence_up_to = 1;
	DO(ROOM_JOIN, "id1", .connection = 9, .room = STR("big"),
	    .flags = COMMAND_MAY_CREATE);
	forget_events();
	DO(ROOM_JOIN, "ualice", .connection = 1, .room = STR("big"));
	EXPECT_EVENTS("ualice/1: joined room=big name=big epoch=epoch3 at=1000 "
		      "member=alice id=ualice count=2 names_left_out\n"
		      "room big: count room=big count=2\n"
		      "ualice except=ualice/1: entered room=big member=alice "
		      "id=ualice\n");
}
END_TEST

START_TEST(a_message_is_counted_once_for_each_member)
{
	all_in_room();
	DO(BROADCAST, "ualice", .connection = 2, .room = STR("r"),
	    .body = STR("1"), .ref = STR("7"));
	EXPECT_EVENTS(
	    "room r: message room=r seq=1 at=1000 member=alice id=ualice "
	    "body=1\n"
	    "ualice/2: delivered ref=7 room=r seq=1 at=1000 "
	    "recipients=2\n");
}
END_TEST

START_TEST(only_the_connection_that_asks_is_answered)
{
	alice_twice();
	DO(PING, "ualice", .connection = 2);
	EXPECT_EVENTS("ualice/2: pong at=1000\n");
	DO(HISTORY, "ualice", .connection = 1, .room = STR("x"));
	EXPECT_EVENTS("ualice/1: failed room_not_found text=Room x does not "
		      "exist\n");
	DO(DM, "id1", .connection = 9, .recipient = STR("alice"),
	    .body = STR("1"));
	EXPECT_EVENTS("ualice: dm member=member2 id=id1 body=1\n"
		      "id1/9: dm_sent member=alice id=ualice body=1\n");
}
END_TEST

START_TEST(an_answer_of_the_log_goes_to_the_connection_that_asked)
{
	all_in_room();
	world.log.is_slow = true;
	DO(BROADCAST, "ualice", .connection = 2, .room = STR("r"),
	    .body = STR("1"), .ref = STR("7"));
	DO(DISCONNECT, "ualice", .connection = 2);
	alice_connect(3, COMMAND_SHARED);
	forget_events();
	slow_log_do_all(&world.log);
	EXPECT_EVENTS(
	    "room r: message room=r seq=1 at=1000 member=alice id=ualice "
	    "body=1\n"
	    "ualice/2: delivered ref=7 room=r seq=1 at=1000 "
	    "recipients=2\n");
	world_dump(&world.publisher.events);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "member ualice alice ×2\n"));
	ck_assert_ptr_null(strstr(world.publisher.events.text, "ualice/2"));
}
END_TEST

START_TEST(a_member_is_gone_with_its_last_connection)
{
	all_in_room();
	ck_assert_int_eq(DO(DISCONNECT, "ualice", .connection = 2), CHAT_OK);
	EXPECT_EVENTS("");
	ck_assert_int_eq(DO(DISCONNECT, "ualice", .connection = 1), CHAT_OK);
	EXPECT_EVENTS(
	    "room r except=ualice/1: gone room=r member=alice id=ualice\n");
	world_dump(&world.publisher.events);
	EXPECT_EVENTS("member id1 member2\n"
		      "room r r epoch2 (1): id1\n"
		      "history: 193 bytes\n"
		      "id1/9 listens to ''\n"
		      "id1/9 listens to 'r'\n");
}
END_TEST

START_TEST(a_name_changes_on_all_connections)
{
	all_in_room();
	DO(RENAME, "ualice", .connection = 1, .name = STR("al"));
	EXPECT_EVENTS(
	    "ualice/1: named member=al id=ualice\n"
	    "ualice except=ualice/1: renamed was=alice member=al "
	    "id=ualice\n"
	    "room r except=ualice/1: renamed room=r was=alice member=al "
	    "id=ualice\n");
	/* Not the name of its principal. */
	alice_connect(3, COMMAND_SHARED);
	EXPECT_EVENTS("attach ualice/3\n"
		      "ualice/3: welcome member=al id=ualice server=parley\n");
}
END_TEST

START_TEST(rights_are_those_of_the_connection)
{
	alice_twice();
	ck_assert_int_eq(DO(LIST, "ualice", .connection = 1,
			     .rights = RIGHT_POST),
	    CHAT_FORBIDDEN);
	EXPECT_EVENTS(
	    "ualice/1: failed forbidden right=list text=Not allowed without "
	    "the right 'list'\n");
	ck_assert_int_eq(DO(LIST, "ualice", .connection = 2,
			     .rights = RIGHT_LIST),
	    CHAT_OK);
}
END_TEST

START_TEST(connections_of_a_user_are_limited)
{
	for (uint32_t i = 1; i <= 3; i++)
		ck_assert_int_eq(alice_connect(i, COMMAND_SHARED), CHAT_OK);
	forget_events();
	ck_assert_int_eq(alice_connect(4, COMMAND_SHARED),
	    CHAT_TOO_MANY_CONNECTIONS);
	EXPECT_EVENTS("");
	DO(DISCONNECT, "ualice", .connection = 2);
	ck_assert_int_eq(alice_connect(5, COMMAND_SHARED), CHAT_OK);
}
END_TEST

/* attach, enter the lobby, enter the room: none of them may stay behind. */
START_TEST(a_further_connection_comes_wholly_or_not_at_all)
{
	static struct transcript before, after;

	all_in_room();
	world_dump(&before);
	world.fault.to_go = (unsigned)_i;
	ck_assert_int_eq(alice_connect(3, COMMAND_SHARED), CHAT_UNAVAILABLE);
	world.fault.to_go = 0;
	world_dump(&after);
	ck_assert_str_eq(after.text, before.text);
	ck_assert_uint_eq(world.publisher.attached_count, 3);
}
END_TEST

SUITE(connections)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests,
	    a_further_connection_is_greeted_and_not_announced);
	tcase_add_test(tests, a_further_connection_is_where_its_member_is);
	tcase_add_test(tests,
	    connections_of_other_dialects_are_members_of_their_own);
	tcase_add_test(tests,
	    a_name_of_a_user_is_taken_while_one_connection_is_left);
	tcase_add_test(tests,
	    a_room_joined_on_one_connection_is_joined_for_all);
	tcase_add_test(tests, the_other_connections_learn_of_every_room);
	tcase_add_test(tests, a_message_is_counted_once_for_each_member);
	tcase_add_test(tests, only_the_connection_that_asks_is_answered);
	tcase_add_test(tests,
	    an_answer_of_the_log_goes_to_the_connection_that_asked);
	tcase_add_test(tests, a_member_is_gone_with_its_last_connection);
	tcase_add_test(tests, a_name_changes_on_all_connections);
	tcase_add_test(tests, rights_are_those_of_the_connection);
	tcase_add_test(tests, connections_of_a_user_are_limited);
	tcase_add_loop_test(tests,
	    a_further_connection_comes_wholly_or_not_at_all, 1, 4);
}
