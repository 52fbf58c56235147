#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/commands/world.h"
#include "tests/support/failing_malloc.h"

static const enum command_kind for_members[] = { COMMAND_DISCONNECT,
	COMMAND_BROADCAST, COMMAND_LIST, COMMAND_ME, COMMAND_DM, COMMAND_RENAME,
	COMMAND_ROOM_CREATE, COMMAND_ROOM_JOIN, COMMAND_ROOM_LEAVE,
	COMMAND_ROOM_LIST, COMMAND_HISTORY, COMMAND_TYPING, COMMAND_PING };

START_TEST(does_nothing_for_a_member_that_left)
{
	ck_assert_int_eq(world_do(&(struct command){ .kind = for_members[_i],
			     .author = STR("id1"),
			     .body = STR("1") }),
	    CHAT_MEMBER_NOT_FOUND);
	EXPECT_EVENTS("");
}
END_TEST

START_TEST(reports_a_failure_with_ref_and_word)
{
	connect_members(1);
	ck_assert_int_eq(DO(ROOM_LEAVE, "id1", .ref = STR("42"),
			     .word = STR("leave"), .room = STR("nope")),
	    CHAT_ROOM_NOT_FOUND);
	EXPECT_EVENTS("id1: failed ref=42 room_not_found command=leave "
		      "text=Room nope does not exist\n");
	ck_assert_int_eq(world.publisher.last_at_ms, world.clock.wall_ms);
}
END_TEST

START_TEST(marks_a_fatal_failure)
{
	connect_members(1);
	DO(ROOM_LEAVE, "id1", .flags = COMMAND_FATAL);
	EXPECT_EVENTS("id1: failed bad_field field=room fatal\n");
}
END_TEST

START_TEST(asks_for_a_message_before_it_looks_for_the_room)
{
	connect_members(1);
	DO(BROADCAST, "id1", .room = STR("nope"));
	EXPECT_EVENTS("id1: failed bad_field field=message\n");
}
END_TEST

START_TEST(measures_messages_by_the_limit_of_the_moment)
{
	connect_members(1);
	world.chat.limits.message_bytes = 3;
	DO(BROADCAST, "id1", .body = STR("1234"));
	EXPECT_EVENTS("id1: failed message_too_large limit=3\n");
	world.chat.limits.message_bytes = 4;
	DO(BROADCAST, "id1", .body = STR("1234"));
	EXPECT_EVENTS("lobby: message member=member1 id=id1 body=1234\n");
	DO(BROADCAST, "id1", .body = STR("12345"), .flags = COMMAND_ANY_SIZE);
	EXPECT_EVENTS("lobby: message member=member1 id=id1 body=12345\n");
}
END_TEST

START_TEST(finds_the_room_one_is_in_if_that_is_meant)
{
	connect_members(2);
	fill_room("r", 2);
	DO(BROADCAST, "id2", .flags = COMMAND_CURRENT_ROOM, .body = STR("1"));
	EXPECT_EVENTS(
	    "room r: message room=r seq=1 at=1000 member=member2 id=id2 "
	    "body=1\n");
	DO(LIST, "id2", .flags = COMMAND_CURRENT_ROOM);
	EXPECT_EVENTS("id2: list room=r names=member1,member2\n");
	fill_room("q", 1);
	DO(LIST, "id1", .flags = COMMAND_CURRENT_ROOM);
	EXPECT_EVENTS("id1: list room=q names=member1\n");
	DO(LIST, "id1", .flags = COMMAND_CURRENT_ROOM, .room = STR("r"));
	EXPECT_EVENTS("id1: list room=r names=member1,member2\n");
}
END_TEST

START_TEST(finds_no_current_room_for_a_member_in_none)
{
	connect_members(1);
	ck_assert_int_eq(DO(BROADCAST, "id1", .flags = COMMAND_CURRENT_ROOM,
			     .body = STR("1")),
	    CHAT_NOT_IN_ROOM);
	EXPECT_EVENTS("id1: failed not_in_room\n");
}
END_TEST

START_TEST(knows_whether_a_member_is_in_a_room)
{
	struct command_handler *handler = dispatcher_handler(world.dispatcher);

	connect_members(1);
	ck_assert(!command_is_in_room(handler, STR("id1")));
	fill_room("r", 1);
	ck_assert(command_is_in_room(handler, STR("id1")));
	DO(ROOM_LEAVE, "id1", .room = STR("r"));
	ck_assert(!command_is_in_room(handler, STR("id1")));
	ck_assert(!command_is_in_room(handler, STR("none")));
}
END_TEST

START_TEST(is_not_made_without_memory)
{
	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	ck_assert_ptr_null(dispatcher_create(&world.chat));
	malloc_fail_at(0);
}
END_TEST

START_TEST(is_destroyed_unused)
{
	dispatcher_destroy(NULL);
}
END_TEST

/* What each command needs; the rest needs no right at all. */
static const struct {
	enum command_kind kind;
	unsigned flags;
	unsigned right;
} righted[] = {
	{ COMMAND_BROADCAST, 0, RIGHT_POST },
	{ COMMAND_DM, 0, RIGHT_DM },
	{ COMMAND_TYPING, 0, RIGHT_POST },
	{ COMMAND_ROOM_JOIN, 0, RIGHT_JOIN },
	{ COMMAND_HISTORY, 0, RIGHT_READ },
	{ COMMAND_LIST, 0, RIGHT_LIST },
	{ COMMAND_ROOM_LIST, 0, RIGHT_LIST },
	{ COMMAND_ROOM_CREATE, 0, RIGHT_CREATE_ROOMS },
	{ COMMAND_ROOM_JOIN, COMMAND_MAY_CREATE, RIGHT_CREATE_ROOMS },
	{ COMMAND_RENAME, 0, RIGHT_RENAME },
};

START_TEST(asks_for_the_right_to_a_command)
{
	struct principal principal = {
		.user_id = _i % 2 == 0 ? STR("42") : STR(""),
	};
	struct command command = {
		.kind = righted[_i / 2].kind,
		.flags = righted[_i / 2].flags,
		.author = STR("id1"),
		.rights = RIGHTS_USUAL & ~righted[_i / 2].right,
		.room = STR("new"),
		.name = STR("new"),
		.recipient = STR("id1"),
		.body = STR("1"),
	};

	struct str word = right_word(righted[_i / 2].right);
	char expected[128];

	CONNECT(.principal = &principal);
	forget_events();
	ck_assert_int_eq(world_do(&command),
	    _i % 2 == 0 ? CHAT_FORBIDDEN : CHAT_UNAUTHORIZED);
	snprintf(expected, sizeof(expected),
	    "id1: failed %s right=%s text=Not allowed without the right '%s'\n",
	    _i % 2 == 0 ? "forbidden" : "unauthorized", word.data, word.data);
	EXPECT_EVENTS(expected);
	/* Another connection may do everything. */
	command.rights = RIGHTS_USUAL;
	world_do(&command);
	ck_assert_ptr_null(strstr(world.publisher.events.text, "unauthorized"));
	ck_assert_ptr_null(strstr(world.publisher.events.text, "forbidden"));
}
END_TEST

#define OUT_OF_SCOPE                        \
	"id1: failed forbidden field=room " \
	"text=Not allowed in this room, which the token does not name\n"

/* Commands that a token for other rooms refuses; the others are allowed. */
static const struct {
	struct command command;
	bool is_refused;
} scoped[] = {
	{ { .kind = COMMAND_ROOM_JOIN, .room = STR("tea") }, false },
	{ { .kind = COMMAND_ROOM_JOIN, .room = STR("builds-") }, false },
	{ { .kind = COMMAND_ROOM_JOIN, .room = STR("builds-7") }, false },
	{ { .kind = COMMAND_ROOM_JOIN, .room = STR("builds") }, true },
	{ { .kind = COMMAND_ROOM_JOIN, .room = STR("teas") }, true },
	{ { .kind = COMMAND_ROOM_CREATE, .room = STR("x"), .name = STR("x") },
	    true },
	{ { .kind = COMMAND_ROOM_CREATE, .name = STR("x") }, true },
	{ { .kind = COMMAND_BROADCAST, .room = STR("x"), .body = STR("1") },
	    true },
	{ { .kind = COMMAND_BROADCAST, .body = STR("1") }, false },
	{ { .kind = COMMAND_HISTORY, .room = STR("x") }, true },
	{ { .kind = COMMAND_LIST, .room = STR("x") }, true },
	{ { .kind = COMMAND_TYPING, .room = STR("x") }, true },
	{ { .kind = COMMAND_ROOM_LEAVE, .room = STR("x") }, true },
	{ { .kind = COMMAND_READ, .room = STR("x"), .from_seq = 1 }, true },
	{ { .kind = COMMAND_REDACT, .room = STR("x"), .from_seq = 1 }, true },
	{ { .kind = COMMAND_KICK, .room = STR("x"), .recipient = STR("id2") },
	    true },
	{ { .kind = COMMAND_BAN, .room = STR("x"), .recipient = STR("id2") },
	    true },
	{ { .kind = COMMAND_TOPIC, .room = STR("x"), .topic = STR("t") },
	    true },
	{ { .kind = COMMAND_ROOM_DELETE, .room = STR("x") }, true },
};

START_TEST(keeps_a_member_to_the_rooms_of_its_token)
{
	struct principal principal = { .user_id = STR("42") };
	struct command command = scoped[_i].command;

	command.flags = COMMAND_MAY_CREATE;
	command.scope = STR("tea builds-* ");
	command.author = STR("id1");
	CONNECT(.principal = &principal);
	forget_events();
	if (scoped[_i].is_refused) {
		ck_assert_int_eq(world_do(&command), CHAT_FORBIDDEN);
		EXPECT_EVENTS(OUT_OF_SCOPE);
	} else
		ck_assert_int_ne(world_do(&command), CHAT_FORBIDDEN);
}
END_TEST

START_TEST(who_may_not_read_joins_without_messages)
{
	struct principal principal = { .user_id = STR("42") };

	connect_members(1);
	fill_room("r", 1);
	post("id1", "r", 2);
	CONNECT(.principal = &principal);
	forget_events();
	DO(ROOM_JOIN, "id3", .room = STR("r"), .limit = 10,
	    .rights = RIGHTS_USUAL & ~RIGHT_READ);
	EXPECT_EVENTS(
	    "id3: joined room=r name=r epoch=epoch2 seq=2 at=1000 "
	    "member=member2 id=id3 count=2 names=member1,member2\n"
	    "room r except=id3: entered room=r member=member2 id=id3\n");
}
END_TEST

SUITE(dispatch)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_loop_test(tests, does_nothing_for_a_member_that_left, 0,
	    COUNT_OF(for_members));
	tcase_add_test(tests, reports_a_failure_with_ref_and_word);
	tcase_add_test(tests, marks_a_fatal_failure);
	tcase_add_test(tests, asks_for_a_message_before_it_looks_for_the_room);
	tcase_add_test(tests, measures_messages_by_the_limit_of_the_moment);
	tcase_add_test(tests, finds_the_room_one_is_in_if_that_is_meant);
	tcase_add_test(tests, finds_no_current_room_for_a_member_in_none);
	tcase_add_test(tests, knows_whether_a_member_is_in_a_room);
	tcase_add_test(tests, is_not_made_without_memory);
	tcase_add_test(tests, is_destroyed_unused);
	tcase_add_loop_test(tests, asks_for_the_right_to_a_command, 0,
	    2 * COUNT_OF(righted));
	tcase_add_loop_test(tests, keeps_a_member_to_the_rooms_of_its_token, 0,
	    COUNT_OF(scoped));
	tcase_add_test(tests, who_may_not_read_joins_without_messages);
}
