#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define DONE(who) who ": done room=r\n"

static void
redact_talk(void)
{
	connect_members(2);
	fill_room("r", 2);
	post("id1", "r", 3);
}

static void
expect_failure(enum chat_error expected, enum chat_error error,
    const char *events)
{
	ck_assert_int_eq(error, expected);
	EXPECT_EVENTS(events);
}

START_TEST(removes_a_text)
{
	redact_talk();
	ck_assert_int_eq(DO(REDACT, "id1", .room = STR("r"), .from_seq = 2,
			     .reason = STR("spam"), .ref = STR("7")),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "room r: redacted room=r seq=2 at=1000 member=member1 id=id1 "
	    "reason=spam\n"
	    "id1: done ref=7 room=r\n");
	ck_assert_int_eq(DO(HISTORY, "id2", .room = STR("r"), .limit = 9),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "id2: history room=r epoch=epoch3 [1 at=1000 member1 id1 1] "
	    "[2 at=1000 member1 id1  redacted] "
	    "[3 at=1000 member1 id1 3]\n");
}
END_TEST

START_TEST(once_is_enough)
{
	redact_talk();
	DO(REDACT, "id1", .room = STR("r"), .from_seq = 2);
	forget_events();
	ck_assert_int_eq(DO(REDACT, "id1", .room = STR("r"), .from_seq = 2),
	    CHAT_OK);
	EXPECT_EVENTS(DONE("id1"));
}
END_TEST

START_TEST(is_for_the_author_and_moderators)
{
	redact_talk();
	expect_failure(CHAT_FORBIDDEN,
	    DO(REDACT, "id2", .room = STR("r"), .from_seq = 2),
	    "id2: failed forbidden right=moderate text=Not allowed without the "
	    "right 'moderate'\n");
	ck_assert_int_eq(DO(REDACT, "id2", .room = STR("r"), .from_seq = 2,
			     .rights = RIGHT_MODERATE),
	    CHAT_OK);
}
END_TEST

START_TEST(moderators_redact_messages_of_others)
{
	redact_talk();
	DO(ROLE, "id1", .room = STR("r"), .recipient = STR("id2"),
	    .role = STR("moderator"));
	ck_assert_int_eq(DO(REDACT, "id2", .room = STR("r"), .from_seq = 2),
	    CHAT_OK);
}
END_TEST

START_TEST(needs_a_message)
{
	static char reason[301];

	redact_talk();
	expect_failure(CHAT_MESSAGE_NOT_FOUND,
	    DO(REDACT, "id1", .room = STR("r"), .from_seq = 4),
	    "id1: failed message_not_found\n");
	expect_failure(CHAT_BAD_FIELD, DO(REDACT, "id1", .room = STR("r")),
	    "id1: failed bad_field field=seq\n");
	expect_failure(CHAT_BAD_FIELD,
	    DO(REDACT, "id1", .room = STR("r"), .from_seq = 1,
		.reason = str_slice(reason, sizeof(reason))),
	    "id1: failed bad_field field=reason\n");
	expect_failure(CHAT_ROOM_NOT_FOUND,
	    DO(REDACT, "id1", .room = STR("s"), .from_seq = 1),
	    "id1: failed room_not_found text=Room s does not exist\n");
}
END_TEST

/* The author is gone by the time it is safe. */
START_TEST(is_published_when_it_is_safe)
{
	redact_talk();
	world.log.is_slow = true;
	ck_assert_int_eq(DO(REDACT, "id1", .room = STR("r"), .from_seq = 2),
	    CHAT_OK);
	EXPECT_EVENTS("");
	DO(DISCONNECT, "id1");
	EXPECT_EVENTS("");
	if (_i == 0) {
		slow_log_do(&world.log);
		EXPECT_EVENTS(
		    "room r: redacted room=r seq=2 at=1000 member=member1 "
		    "id=id1\n"
		    "id1: done room=r\n"
		    "room r except=id1: gone room=r member=member1 "
		    "id=id1\n");
	} else {
		slow_log_lose(&world.log);
		EXPECT_EVENTS("id1: failed store_failed retry=1000\n"
			      "room r except=id1: gone room=r member=member1 "
			      "id=id1\n");
	}
}
END_TEST

SUITE(redact)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, removes_a_text);
	tcase_add_test(tests, once_is_enough);
	tcase_add_test(tests, is_for_the_author_and_moderators);
	tcase_add_test(tests, moderators_redact_messages_of_others);
	tcase_add_test(tests, needs_a_message);
	tcase_add_loop_test(tests, is_published_when_it_is_safe, 0, 2);
}
