/* Which events are sent, and in which order, while entries wait in the log. */
#include "tests/suite.h"
#include "tests/support/commands/world.h"
#include "tests/support/failing_malloc.h"

/* id1 and id2 are in r, with the message 1; the log is slow from now on. */
static void
setup(void)
{
	world_begin();
	connect_members(3);
	fill_room("r", 2);
	post("id1", "r", 1);
	world.log.is_slow = true;
}

static enum chat_error
broadcast_request(const char *who, const char *body, const char *ref)
{
	return DO(BROADCAST, who, .room = STR("r"), .body = str_from(body),
	    .ref = str_from(ref));
}

static enum chat_error
room_create_request(const char *who, const char *ref)
{
	return DO(ROOM_CREATE, who, .room = STR("new"), .name = STR("New"),
	    .ref = str_from(ref), .flags = COMMAND_PERSISTENT);
}

START_TEST(nothing_is_answered_before_it_is_safe)
{
	ck_assert_int_eq(broadcast_request("id1", "2", "a"), CHAT_OK);
	EXPECT_EVENTS("");
	slow_log_do(&world.log);
	EXPECT_EVENTS(
	    "room r: message room=r seq=2 at=1000 member=member1 id=id1 "
	    "body=2\n"
	    "id1: delivered ref=a room=r seq=2 at=1000 recipients=2\n");
}
END_TEST

START_TEST(only_its_author_is_answered_about_a_lost_entry)
{
	broadcast_request("id1", "2", "a");
	room_create_request("id1", "b");
	slow_log_lose(&world.log);
	EXPECT_EVENTS("id1: failed ref=a store_failed retry=1000\n");
	slow_log_lose(&world.log);
	EXPECT_EVENTS("id1: failed ref=b store_failed retry=1000\n");
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("new")),
	    CHAT_ROOM_NOT_FOUND);
}
END_TEST

START_TEST(members_read_what_they_wrote)
{
	broadcast_request("id1", "2", "a");
	DO(HISTORY, "id1", .room = STR("r"), .limit = 9, .ref = STR("b"));
	EXPECT_EVENTS("");
	slow_log_do(&world.log);
	EXPECT_EVENTS("room r: message room=r seq=2 at=1000 member=member1 "
		      "id=id1 body=2\n"
		      "id1: delivered ref=a room=r seq=2 at=1000 recipients=2\n"
		      "id1: history ref=b room=r epoch=epoch4 "
		      "[1 at=1000 member1 id1 1] [2 at=1000 member1 id1 2]\n");
}
END_TEST

START_TEST(others_do_not_wait)
{
	broadcast_request("id1", "2", "a");
	DO(HISTORY, "id2", .room = STR("r"), .limit = 9);
	EXPECT_EVENTS(
	    "id2: history room=r epoch=epoch4 [1 at=1000 member1 id1 1]\n");
	DO(ROOM_JOIN, "id3", .room = STR("r"));
	forget_events();
	slow_log_do(&world.log);
	EXPECT_EVENTS(
	    "room r: message room=r seq=2 at=1000 member=member1 id=id1 "
	    "body=2\n"
	    "id1: delivered ref=a room=r seq=2 at=1000 recipients=3\n");
}
END_TEST

START_TEST(messages_do_not_wait_for_messages)
{
	for (int i = 0; i < 50; i++)
		broadcast_request("id1", "2", "a");
	ck_assert_uint_eq(world.log.count, 50);
}
END_TEST

/* The second message comes behind the answers to earlier commands. */
START_TEST(commands_keep_their_order)
{
	broadcast_request("id1", "2", "a");
	DO(LIST, "id1", .room = STR("r"), .ref = STR("b"));
	broadcast_request("id1", "3", "c");
	DO(LIST, "id1", .room = STR("r"), .ref = STR("d"));
	broadcast_request("id2", "4", "e");
	ck_assert_uint_eq(world.log.count, 2);
	slow_log_do_all(&world.log);
	EXPECT_EVENTS("room r: message room=r seq=2 at=1000 member=member1 "
		      "id=id1 body=2\n"
		      "id1: delivered ref=a room=r seq=2 at=1000 recipients=2\n"
		      "id1: list ref=b room=r names=member1,member2\n"
		      "room r: message room=r seq=3 at=1000 member=member2 "
		      "id=id2 body=4\n"
		      "id2: delivered ref=e room=r seq=3 at=1000 recipients=2\n"
		      "room r: message room=r seq=4 at=1000 member=member1 "
		      "id=id1 body=3\n"
		      "id1: delivered ref=c room=r seq=4 at=1000 recipients=2\n"
		      "id1: list ref=d room=r names=member1,member2\n");
}
END_TEST

START_TEST(some_answers_may_overtake)
{
	broadcast_request("id1", "2", "a");
	DO(PING, "id1");
	EXPECT_EVENTS("id1: pong at=1000\n");
	DO(DM, "id1", .recipient = STR("id2"), .body = STR("9"));
	EXPECT_EVENTS("id2: dm member=member1 id=id1 body=9\n"
		      "id1: dm_sent member=member2 id=id2 body=9\n");
}
END_TEST

START_TEST(a_room_is_entered_when_it_is_safe)
{
	room_create_request("id1", "a");
	ck_assert_int_eq(DO(BROADCAST, "id1", .room = STR("new"),
			     .body = STR("7"), .ref = STR("b")),
	    CHAT_OK);
	ck_assert_uint_eq(world.log.count, 1);
	EXPECT_EVENTS("");
	slow_log_do(&world.log);
	EXPECT_EVENTS("id1: created ref=a room=new name=New persistent\n");
	slow_log_do(&world.log);
	EXPECT_EVENTS(
	    "room new: message room=new seq=1 at=1000 member=member1 id=id1 "
	    "body=7\n"
	    "id1: delivered ref=b room=new seq=1 at=1000 recipients=1\n");
}
END_TEST

START_TEST(a_room_is_made_by_joining_it_when_it_is_safe)
{
	DO(ROOM_JOIN, "id1", .room = STR("new"), .ref = STR("a"),
	    .flags = COMMAND_MAY_CREATE | COMMAND_PERSISTENT);
	EXPECT_EVENTS("");
	slow_log_do(&world.log);
	EXPECT_EVENTS(
	    "id1: joined ref=a room=new name=new epoch=epoch5 at=1000 "
	    "member=member1 id=id1 count=1 names=member1\n");
}
END_TEST

START_TEST(what_follows_a_lost_room_fails_behind_it)
{
	room_create_request("id1", "a");
	DO(BROADCAST, "id1", .room = STR("new"), .body = STR("7"),
	    .ref = STR("b"));
	slow_log_lose(&world.log);
	EXPECT_EVENTS("id1: failed ref=a store_failed retry=1000\n"
		      "id1: failed ref=b room_not_found "
		      "text=Room new does not exist\n");
}
END_TEST

/* Before that, no event and no answer shows the room. */
START_TEST(others_wait_for_a_room_that_is_being_made)
{
	room_create_request("id1", "a");
	DO(ROOM_JOIN, "id2", .room = STR("new"), .ref = STR("b"));
	DO(ROOM_LEAVE, "id2", .room = STR("new"), .ref = STR("c"));
	room_create_request("id3", "d");
	EXPECT_EVENTS("");
	slow_log_do_all(&world.log);
	EXPECT_EVENTS(
	    "id1: created ref=a room=new name=New persistent\n"
	    "id2: joined ref=b room=new name=New epoch=epoch5 at=1000 "
	    "member=member2 id=id2 count=2 names=member1,member2\n"
	    "room new except=id2: entered room=new member=member2 id=id2\n"
	    "room new except=id2: gone room=new member=member2 id=id2\n"
	    "id2: left ref=c room=new at=1000 member=member2 id=id2\n"
	    "id3: failed ref=d room_exists\n");
}
END_TEST

START_TEST(a_room_that_its_maker_cannot_enter_is_removed)
{
	room_create_request("id1", "a");
	world.fault.to_go = 3; /* it is put, opened, and joined */
	slow_log_do(&world.log);
	EXPECT_EVENTS("id1: failed ref=a unavailable retry=1000\n");
	DO(ROOM_JOIN, "id2", .room = STR("new"), .ref = STR("b"));
	slow_log_do_all(&world.log);
	EXPECT_EVENTS("id2: failed ref=b room_not_found "
		      "text=Room new does not exist\n");
}
END_TEST

START_TEST(a_retry_finds_its_first)
{
	for (int i = 0; i < 2; i++)
		DO(BROADCAST, "id1", .room = STR("r"), .body = STR("2"),
		    .key = STR("k"), .ref = i == 0 ? STR("a") : STR("b"));
	slow_log_do_all(&world.log);
	EXPECT_EVENTS("room r: message room=r seq=2 at=1000 member=member1 "
		      "id=id1 body=2\n"
		      "id1: delivered ref=a room=r seq=2 at=1000 recipients=2\n"
		      "id1: delivered ref=b room=r seq=2 at=1000 duplicate\n");
}
END_TEST

START_TEST(a_failure_is_answered_behind_earlier_answers)
{
	broadcast_request("id1", "2", "a");
	ck_assert_int_eq(DO(BROADCAST, "id1", .room = STR("nope"),
			     .body = STR("3"), .ref = STR("b")),
	    CHAT_OK);
	EXPECT_EVENTS("");
	slow_log_do(&world.log);
	EXPECT_EVENTS("room r: message room=r seq=2 at=1000 member=member1 "
		      "id=id1 body=2\n"
		      "id1: delivered ref=a room=r seq=2 at=1000 recipients=2\n"
		      "id1: failed ref=b room_not_found "
		      "text=Room nope does not exist\n");
}
END_TEST

START_TEST(members_are_removed_once_their_entries_are_safe)
{
	struct member gone;

	broadcast_request("id1", "2", "a");
	DO(DISCONNECT, "id1");
	EXPECT_EVENTS("");
	ck_assert_int_eq(member_store_get(world.chat.members, STR("id1"),
			     &gone),
	    CHAT_OK);
	slow_log_do(&world.log);
	EXPECT_EVENTS("room r: message room=r seq=2 at=1000 member=member1 "
		      "id=id1 body=2\n"
		      "id1: delivered ref=a room=r seq=2 at=1000 recipients=1\n"
		      "room r except=id1: gone room=r member=member1 id=id1\n");
	ck_assert_int_eq(member_store_get(world.chat.members, STR("id1"),
			     &gone),
	    CHAT_MEMBER_NOT_FOUND);
}
END_TEST

START_TEST(knows_where_members_will_be)
{
	struct command_handler *handler = dispatcher_handler(world.dispatcher);

	ck_assert(!command_is_in_room(handler, STR("id3")));
	room_create_request("id3", "a");
	ck_assert(command_is_in_room(handler, STR("id3")));
	DO(ROOM_LEAVE, "id3", .room = STR("new"));
	ck_assert(!command_is_in_room(handler, STR("id3")));
	DO(ROOM_JOIN, "id3", .room = STR("r"));
	ck_assert(command_is_in_room(handler, STR("id3")));
	DO(LIST, "id3", .room = STR("r"));
	ck_assert(command_is_in_room(handler, STR("id3")));
	slow_log_do_all(&world.log);
	ck_assert(command_is_in_room(handler, STR("id3")));
}
END_TEST

START_TEST(counts_what_waits)
{
	struct dispatcher *dispatcher = world.dispatcher;
	static char body[100];

	broadcast_request("id1", "2", "a");
	ck_assert_uint_eq(dispatcher_queued_bytes(dispatcher), 0);
	memset(body, '1', sizeof(body));
	DO(LIST, "id1", .room = STR("r"));
	DO(BROADCAST, "id1", .room = STR("r"), .body = str_slice(body, 100));
	ck_assert_uint_gt(dispatcher_queued_bytes(dispatcher), 100);
	ck_assert(!dispatcher_is_under_pressure(dispatcher));
	slow_log_do_all(&world.log);
	ck_assert_uint_eq(dispatcher_queued_bytes(dispatcher), 0);
}
END_TEST

/* Members may send without a limit while their entries wait. */
START_TEST(refuses_commands_when_too_many_wait)
{
	static char name[1 << 20];
	unsigned count = 0;

	broadcast_request("id1", "2", "a");
	forget_events();
	while (world.publisher.events.len == 0) {
		DO(LIST, "id1", .ref = STR("b"), .room = STR("r"),
		    .name = str_slice(name, sizeof(name)));
		ck_assert_uint_lt(++count, 100);
	}
	EXPECT_EVENTS("id1: failed ref=b unavailable retry=1000\n");
	ck_assert(dispatcher_is_under_pressure(world.dispatcher));
	ck_assert_uint_gt(count, 30);
}
END_TEST

START_TEST(without_memory_to_wait_a_command_is_refused)
{
	if (!malloc_can_fail())
		return;
	broadcast_request("id1", "2", "a");
	malloc_fail_at(1);
	DO(LIST, "id1", .room = STR("r"), .ref = STR("b"));
	malloc_fail_at(0);
	EXPECT_EVENTS("id1: failed ref=b unavailable retry=1000\n");
	malloc_fail_at(1);
	ck_assert_int_eq(DO(DISCONNECT, "id1"), CHAT_OK);
	malloc_fail_at(0);
	EXPECT_EVENTS("room r except=id1: gone room=r member=member1 id=id1\n");
	slow_log_do(&world.log);
	EXPECT_EVENTS(
	    "room r: message room=r seq=2 at=1000 member=member1 id=id1 "
	    "body=2\n"
	    "id1: delivered ref=a room=r seq=2 at=1000 recipients=1\n");
}
END_TEST

/* The rest of them run when the log comes round again. */
START_TEST(few_commands_that_waited_run_at_once)
{
	unsigned lists = 0;

	broadcast_request("id1", "2", "a");
	for (int i = 0; i < 20; i++)
		DO(LIST, "id1", .room = STR("r"), .ref = STR("b"));
	slow_log_do(&world.log);
	for (const char *at = world.publisher.events.text;
	     (at = strstr(at, "list ref=b")) != NULL; at++)
		lists++;
	ck_assert_uint_eq(lists, 8);
	broadcast_request("id1", "3", "c");
	slow_log_do_all(&world.log);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "list ref=b room=r names=member1,member2\nroom r: message room=r "
	    "seq=3"));
	ck_assert_uint_eq(dispatcher_queued_bytes(world.dispatcher), 0);
}
END_TEST

/* The sanitizer would find a leak. */
START_TEST(frees_waiting_commands_at_the_end)
{
	room_create_request("id1", "a");
	for (int i = 0; i < 10; i++)
		broadcast_request(i % 2 == 0 ? "id1" : "id2", "2", "b");
	DO(LIST, "id2", .room = STR("r"));
}
END_TEST

SUITE(order)
{
	tcase_add_checked_fixture(tests, setup, world_end);
	tcase_add_test(tests, nothing_is_answered_before_it_is_safe);
	tcase_add_test(tests, only_its_author_is_answered_about_a_lost_entry);
	tcase_add_test(tests, members_read_what_they_wrote);
	tcase_add_test(tests, others_do_not_wait);
	tcase_add_test(tests, messages_do_not_wait_for_messages);
	tcase_add_test(tests, commands_keep_their_order);
	tcase_add_test(tests, some_answers_may_overtake);
	tcase_add_test(tests, a_room_is_entered_when_it_is_safe);
	tcase_add_test(tests, a_room_is_made_by_joining_it_when_it_is_safe);
	tcase_add_test(tests, what_follows_a_lost_room_fails_behind_it);
	tcase_add_test(tests, others_wait_for_a_room_that_is_being_made);
	tcase_add_test(tests, a_room_that_its_maker_cannot_enter_is_removed);
	tcase_add_test(tests, a_retry_finds_its_first);
	tcase_add_test(tests, a_failure_is_answered_behind_earlier_answers);
	tcase_add_test(tests, members_are_removed_once_their_entries_are_safe);
	tcase_add_test(tests, knows_where_members_will_be);
	tcase_add_test(tests, counts_what_waits);
	tcase_add_test(tests, refuses_commands_when_too_many_wait);
	tcase_add_test(tests, without_memory_to_wait_a_command_is_refused);
	tcase_add_test(tests, few_commands_that_waited_run_at_once);
	tcase_add_test(tests, frees_waiting_commands_at_the_end);
}
