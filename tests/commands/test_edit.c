#include "tests/suite.h"
#include "tests/support/commands/world.h"

static void
edit_talk(void)
{
	connect_members(2);
	fill_room("r", 2);
	post("id1", "r", 2);
}

#define EDIT(who, seq, text) \
	DO(EDIT, who, .room = STR("r"), .from_seq = (seq), .body = STR(text))

START_TEST(replaces_a_text)
{
	edit_talk();
	world.clock.wall_ms += 10;
	ck_assert_int_eq(EDIT("id1", 1, "\"new\""), CHAT_OK);
	EXPECT_EVENTS(
	    "room r: edited room=r seq=1 at=1010 member=member1 id=id1 "
	    "body=\"new\"\n"
	    "id1: done room=r\n");
	ck_assert_int_eq(DO(HISTORY, "id2", .room = STR("r"), .limit = 9),
	    CHAT_OK);
	EXPECT_EVENTS("id2: history room=r epoch=epoch3 "
		      "[1 at=1000 member1 id1 \"new\" edited=1010] "
		      "[2 at=1000 member1 id1 2]\n");
}
END_TEST

START_TEST(is_for_the_author_and_a_while)
{
	edit_talk();
	ck_assert_int_eq(EDIT("id2", 1, "1"), CHAT_FORBIDDEN);
	EXPECT_EVENTS("id2: failed forbidden\n");
	world.clock.wall_ms += 999;
	ck_assert_int_eq(EDIT("id1", 1, "1"), CHAT_OK);
	forget_events();
	world.clock.wall_ms++;
	ck_assert_int_eq(EDIT("id1", 1, "1"), CHAT_FORBIDDEN);
	EXPECT_EVENTS(
	    "id1: failed forbidden limit=1000 text=The message is too old "
	    "to be edited\n");
	world.chat.limits.edit_ms = 0;
	ck_assert_int_eq(EDIT("id1", 1, "1"), CHAT_OK);
}
END_TEST

START_TEST(needs_a_message_and_a_text)
{
	static char large[101];

	memset(large, '1', sizeof(large));
	edit_talk();
	ck_assert_int_eq(EDIT("id1", 3, "1"), CHAT_MESSAGE_NOT_FOUND);
	EXPECT_EVENTS("id1: failed message_not_found\n");
	ck_assert_int_eq(EDIT("id1", 1, ""), CHAT_BAD_FIELD);
	EXPECT_EVENTS("id1: failed bad_field field=message\n");
	ck_assert_int_eq(DO(EDIT, "id1", .room = STR("r"), .from_seq = 1,
			     .body = str_slice(large, sizeof(large))),
	    CHAT_MESSAGE_TOO_LARGE);
	EXPECT_EVENTS("id1: failed message_too_large limit=100\n");
	DO(REDACT, "id1", .room = STR("r"), .from_seq = 1);
	forget_events();
	ck_assert_int_eq(EDIT("id1", 1, "1"), CHAT_MESSAGE_NOT_FOUND);
	EXPECT_EVENTS("id1: failed message_not_found\n");
}
END_TEST

START_TEST(changes_nothing_without_memory)
{
	edit_talk();
	for (unsigned i = 1; i <= 2; i++) {
		world.fault.to_go = i;
		ck_assert_int_eq(EDIT("id1", 1, "9"), CHAT_UNAVAILABLE);
		EXPECT_EVENTS("id1: failed unavailable retry=1000\n");
		world.fault.to_go = 0;
		DO(HISTORY, "id2", .room = STR("r"), .limit = 9);
		EXPECT_EVENTS("id2: history room=r epoch=epoch3 "
			      "[1 at=1000 member1 id1 1] "
			      "[2 at=1000 member1 id1 2]\n");
	}
}
END_TEST

/* The clock runs back: the change is not older than the last message. */
START_TEST(time_does_not_run_back)
{
	edit_talk();
	world.clock.wall_ms -= 500;
	ck_assert_int_eq(EDIT("id1", 1, "9"), CHAT_OK);
	EXPECT_EVENTS(
	    "room r: edited room=r seq=1 at=1000 member=member1 id=id1 "
	    "body=9\n"
	    "id1: done room=r\n");
}
END_TEST

SUITE(edit)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, replaces_a_text);
	tcase_add_test(tests, is_for_the_author_and_a_while);
	tcase_add_test(tests, needs_a_message_and_a_text);
	tcase_add_test(tests, changes_nothing_without_memory);
	tcase_add_test(tests, time_does_not_run_back);
}
