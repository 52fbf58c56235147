#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define PSST .body = STR("\"psst\"")

START_TEST(is_delivered_then_confirmed)
{
	connect_members(3);
	ck_assert_int_eq(DO(DM, "id2", PSST, .recipient = STR("member1"),
			     .ref = STR("9")),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "id1: dm member=member2 id=id2 body=\"psst\"\n"
	    "id2: dm_sent ref=9 member=member1 id=id1 body=\"psst\"\n");
}
END_TEST

START_TEST(may_be_sent_to_oneself)
{
	connect_members(1);
	DO(DM, "id1", PSST, .recipient = STR("member1"));
	EXPECT_EVENTS("id1: dm member=member1 id=id1 body=\"psst\"\n"
		      "id1: dm_sent member=member1 id=id1 body=\"psst\"\n");
}
END_TEST

static const struct str spellings[] = { STR("id1"), STR("Alice"),
	STR("ALICE") };

START_TEST(finds_the_recipient_by_id_or_by_name_in_any_case)
{
	CONNECT(.name = STR("Alice"));
	connect_members(1);
	DO(DM, "id2", PSST, .recipient = spellings[_i]);
	EXPECT_EVENTS("id1: dm member=member2 id=id2 body=\"psst\"\n"
		      "id2: dm_sent member=Alice id=id1 body=\"psst\"\n");
}
END_TEST

START_TEST(goes_to_the_id_not_to_a_name_like_it)
{
	connect_members(2);
	CONNECT(.name = STR("id1"));
	forget_events();
	DO(DM, "id2", PSST, .recipient = STR("id1"));
	EXPECT_EVENTS("id1: dm member=member2 id=id2 body=\"psst\"\n"
		      "id2: dm_sent member=member1 id=id1 body=\"psst\"\n");
}
END_TEST

#define TEN "1234567890"
#define LONG_NAME TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define CUT "12345678"

static const struct {
	struct str recipient, body;
	const char *events;
} refusals[] = {
	{ STR("bob"), STR("\"psst\""),
	    "id1: failed member_not_found text=Member 'bob' not found\n" },
	{ STR_ABSENT, STR("\"psst\""),
	    "id1: failed bad_field field=recipient "
	    "text=Recipient is required for DM\n" },
	{ STR(""), STR("\"psst\""),
	    "id1: failed bad_field field=recipient "
	    "text=Recipient is required for DM\n" },
	{ STR("member1"), STR_ABSENT, "id1: failed bad_field field=message\n" },
	{ STR(LONG_NAME TEN), STR("1"),
	    "id1: failed member_not_found "
	    "text=Member '" LONG_NAME TEN "' not found\n" },
	{ STR(LONG_NAME CUT "\xc3\xa9" TEN), STR("1"),
	    "id1: failed member_not_found "
	    "text=Member '" LONG_NAME CUT "\xc3\xa9' not found\n" },
	{ STR(LONG_NAME CUT "1\xc3\xa9" TEN), STR("1"),
	    "id1: failed member_not_found "
	    "text=Member '" LONG_NAME CUT "1' not found\n" },
};

START_TEST(refuses)
{
	connect_members(1);
	ck_assert_int_ne(DO(DM, "id1", .recipient = refusals[_i].recipient,
			     .body = refusals[_i].body),
	    CHAT_OK);
	EXPECT_EVENTS(refusals[_i].events);
}
END_TEST

START_TEST(does_not_find_a_recipient_whose_dialect_has_no_messages)
{
	connect_members(2);
	world.publisher.stalled = "id2";
	ck_assert_int_eq(DO(DM, "id1", .recipient = STR("member2"),
			     .body = STR("1")),
	    CHAT_MEMBER_NOT_FOUND);
	EXPECT_EVENTS("id1: failed member_not_found "
		      "text=Member 'member2' not found\n");
}
END_TEST

START_TEST(is_refused_while_the_recipient_does_not_read)
{
	connect_members(2);
	world.publisher.congested = "id2";
	ck_assert_int_eq(DO(DM, "id1", PSST, .recipient = STR("member2")),
	    CHAT_UNAVAILABLE);
	EXPECT_EVENTS("id1: failed unavailable retry=1000\n");
	ck_assert_int_eq(DO(DM, "id2", PSST, .recipient = STR("member1")),
	    CHAT_OK);
}
END_TEST

/* Elsewhere letter case does not count, and an id is good, too. */
START_TEST(finds_an_exact_name_only)
{
	connect_members(2);
	DO(DM, "id2", .recipient = STR("member1"), .body = STR("1"),
	    .flags = COMMAND_EXACT_NAME);
	EXPECT_EVENTS("id1: dm member=member2 id=id2 body=1\n"
		      "id2: dm_sent member=member1 id=id1 body=1\n");
	ck_assert_int_eq(DO(DM, "id2", .recipient = STR("Member1"),
			     .body = STR("2"), .flags = COMMAND_EXACT_NAME),
	    CHAT_MEMBER_NOT_FOUND);
	ck_assert_int_eq(DO(DM, "id2", .recipient = STR("id1"),
			     .body = STR("3"), .flags = COMMAND_EXACT_NAME),
	    CHAT_MEMBER_NOT_FOUND);
}
END_TEST

START_TEST(names_both_sides_of_a_dialog)
{
	connect_members(2);
	DO(DM, "id2", .recipient = STR("member1"), .body = STR("1"),
	    .flags = COMMAND_IN_DIALOG);
	EXPECT_EVENTS("id1: dm member=member2 id=id2 body=1 in_dialog "
		      "recipient=member1\n"
		      "id2: dm_sent member=member1 id=id1 body=1 by=member2 "
		      "in_dialog\n");
}
END_TEST

SUITE(dm)
{
	tcase_add_test(tests, finds_an_exact_name_only);
	tcase_add_test(tests, names_both_sides_of_a_dialog);
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, is_delivered_then_confirmed);
	tcase_add_test(tests, may_be_sent_to_oneself);
	tcase_add_loop_test(tests,
	    finds_the_recipient_by_id_or_by_name_in_any_case, 0,
	    COUNT_OF(spellings));
	tcase_add_test(tests, goes_to_the_id_not_to_a_name_like_it);
	tcase_add_loop_test(tests, refuses, 0, COUNT_OF(refusals));
	tcase_add_test(tests, is_refused_while_the_recipient_does_not_read);
	tcase_add_test(tests,
	    does_not_find_a_recipient_whose_dialect_has_no_messages);
}
