#include "tests/suite.h"
#include "tests/support/commands/world.h"

static void
react_talk(void)
{
	connect_members(3);
	fill_room("r", 3);
	post("id1", "r", 2);
}

#define REACT(who, seq, text, ...)                          \
	DO(REACT, who, .room = STR("r"), .from_seq = (seq), \
	    .reaction = STR(text), __VA_ARGS__)

START_TEST(counts_who_reacts)
{
	react_talk();
	ck_assert_int_eq(REACT("id1", 1, "+1"), CHAT_OK);
	EXPECT_EVENTS(
	    "room r: reacted room=r seq=1 at=1000 member=member1 id=id1 "
	    "count=1 reaction=+1\n"
	    "id1: done room=r\n");
	ck_assert_int_eq(REACT("id2", 1, "+1"), CHAT_OK);
	EXPECT_EVENTS(
	    "room r: reacted room=r seq=1 at=1000 member=member2 id=id2 "
	    "count=2 reaction=+1\n"
	    "id2: done room=r\n");
	ck_assert_int_eq(REACT("id2", 1, "-1"), CHAT_OK);
	forget_events();
	ck_assert_int_eq(DO(HISTORY, "id2", .room = STR("r"), .limit = 9),
	    CHAT_OK);
	EXPECT_EVENTS("id2: history room=r epoch=epoch4 "
		      "[1 at=1000 member1 id1 1 +1:2* -1:1*] "
		      "[2 at=1000 member1 id1 2]\n");
	forget_events();
	DO(HISTORY, "id1", .room = STR("r"), .limit = 9);
	EXPECT_EVENTS("id1: history room=r epoch=epoch4 "
		      "[1 at=1000 member1 id1 1 +1:2* -1:1] "
		      "[2 at=1000 member1 id1 2]\n");
}
END_TEST

START_TEST(each_member_reacts_once)
{
	react_talk();
	REACT("id1", 1, "+1");
	forget_events();
	ck_assert_int_eq(REACT("id1", 1, "+1"), CHAT_OK);
	EXPECT_EVENTS("id1: done room=r\n");
}
END_TEST

START_TEST(is_taken_back)
{
	react_talk();
	REACT("id1", 1, "+1");
	REACT("id2", 1, "+1");
	forget_events();
	ck_assert_int_eq(REACT("id1", 1, "+1", .flags = COMMAND_REMOVE),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "room r: reacted room=r seq=1 at=1000 member=member1 id=id1 "
	    "count=1 reaction=+1 removed\n"
	    "id1: done room=r\n");
	ck_assert_int_eq(REACT("id1", 1, "+1", .flags = COMMAND_REMOVE),
	    CHAT_OK);
	EXPECT_EVENTS("id1: done room=r\n");
}
END_TEST

START_TEST(needs_a_text_that_can_be_shown)
{
	static const struct str bad[] = { STR_ABSENT, STR(""), STR("a\nb"),
		STR("\x7f"), STR("123456789012345678901234567890123") };

	react_talk();
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		ck_assert_int_eq(DO(REACT, "id1", .room = STR("r"),
				     .from_seq = 1, .reaction = bad[i]),
		    CHAT_BAD_FIELD);
		EXPECT_EVENTS("id1: failed bad_field field=reaction\n");
	}
	ck_assert_int_eq(REACT("id1", 1, "12345678901234567890123456789012"),
	    CHAT_OK);
}
END_TEST

START_TEST(needs_a_message)
{
	react_talk();
	ck_assert_int_eq(REACT("id1", 3, "+1"), CHAT_MESSAGE_NOT_FOUND);
	EXPECT_EVENTS("id1: failed message_not_found\n");
	DO(REDACT, "id1", .room = STR("r"), .from_seq = 1);
	forget_events();
	ck_assert_int_eq(REACT("id2", 1, "+1"), CHAT_MESSAGE_NOT_FOUND);
	EXPECT_EVENTS("id2: failed message_not_found\n");
}
END_TEST

START_TEST(there_are_only_so_many)
{
	react_talk();
	REACT("id1", 1, "a");
	REACT("id1", 1, "b");
	REACT("id1", 1, "c");
	forget_events();
	ck_assert_int_eq(REACT("id2", 1, "d"), CHAT_TOO_MANY_ATTRIBUTES);
	EXPECT_EVENTS("id2: failed too_many_attributes limit=3\n");
	ck_assert_int_eq(REACT("id2", 1, "a"), CHAT_OK);
	REACT("id1", 1, "c", .flags = COMMAND_REMOVE);
	ck_assert_int_eq(REACT("id2", 1, "d"), CHAT_OK);
	world.chat.limits.room_attributes = 4;
	forget_events();
	ck_assert_int_eq(REACT("id3", 1, "a"), CHAT_TOO_MANY_ATTRIBUTES);
	EXPECT_EVENTS("id3: failed too_many_attributes limit=4\n");
}
END_TEST

/* The room is full of them, but redacting needs no place. */
START_TEST(a_redaction_removes_reactions)
{
	react_talk();
	REACT("id1", 1, "a");
	REACT("id2", 1, "a");
	world.chat.limits.room_attributes = 2;
	ck_assert_int_eq(DO(REDACT, "id1", .room = STR("r"), .from_seq = 1),
	    CHAT_OK);
	forget_events();
	ck_assert_uint_eq(attribute_store_count(world.chat.attributes,
			      STR("r")),
	    1);
	DO(HISTORY, "id2", .room = STR("r"), .limit = 9);
	EXPECT_EVENTS("id2: history room=r epoch=epoch4 "
		      "[1 at=1000 member1 id1  redacted] "
		      "[2 at=1000 member1 id1 2]\n");
}
END_TEST

SUITE(react)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, counts_who_reacts);
	tcase_add_test(tests, each_member_reacts_once);
	tcase_add_test(tests, is_taken_back);
	tcase_add_test(tests, needs_a_text_that_can_be_shown);
	tcase_add_test(tests, needs_a_message);
	tcase_add_test(tests, there_are_only_so_many);
	tcase_add_test(tests, a_redaction_removes_reactions);
}
