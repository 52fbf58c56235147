#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define HI .body = STR("\"hi\"")

START_TEST(posts_to_the_lobby_author_included)
{
	connect_members(2);
	ck_assert_int_eq(DO(BROADCAST, "id2", HI), CHAT_OK);
	EXPECT_EVENTS("lobby: message member=member2 id=id2 body=\"hi\"\n");
}
END_TEST

START_TEST(acknowledges_in_the_lobby_if_asked)
{
	connect_members(2);
	DO(BROADCAST, "id2", HI, .ref = STR("c1"));
	EXPECT_EVENTS("lobby: message member=member2 id=id2 body=\"hi\"\n"
		      "id2: delivered ref=c1 recipients=2\n");
}
END_TEST

START_TEST(has_no_keys_in_the_lobby)
{
	connect_members(1);
	ck_assert_int_eq(DO(BROADCAST, "id1", HI, .key = STR("k")),
	    CHAT_BAD_FIELD);
	EXPECT_EVENTS("id1: failed bad_field field=key\n");
}
END_TEST

START_TEST(is_not_for_those_outside_the_lobby)
{
	CONNECT(.flags = COMMAND_NO_LOBBY);
	forget_events();
	ck_assert_int_eq(DO(BROADCAST, "id1", HI), CHAT_NOT_IN_ROOM);
	EXPECT_EVENTS("id1: failed not_in_room\n");
}
END_TEST

START_TEST(numbers_the_messages_of_a_room)
{
	connect_members(2);
	fill_room("r", 2);
	DO(BROADCAST, "id2", HI, .room = STR("r"));
	fake_clock_pass(&world.clock, 5);
	DO(BROADCAST, "id1", HI, .room = STR("r"));
	EXPECT_EVENTS(
	    "room r: message room=r seq=1 at=1000 member=member2 id=id2 "
	    "body=\"hi\"\n"
	    "room r: message room=r seq=2 at=1005 member=member1 id=id1 "
	    "body=\"hi\"\n");
}
END_TEST

START_TEST(acknowledges_in_a_room_after_the_delivery)
{
	connect_members(3);
	fill_room("r", 2);
	DO(BROADCAST, "id1", HI, .room = STR("r"), .ref = STR("7"));
	EXPECT_EVENTS(
	    "room r: message room=r seq=1 at=1000 member=member1 id=id1 "
	    "body=\"hi\"\n"
	    "id1: delivered ref=7 room=r seq=1 at=1000 recipients=2\n");
}
END_TEST

START_TEST(acknowledges_without_a_ref_where_that_is_the_custom)
{
	connect_members(1);
	fill_room("r", 1);
	DO(BROADCAST, "id1", HI, .flags = COMMAND_ACK | COMMAND_CURRENT_ROOM);
	EXPECT_EVENTS(
	    "room r: message room=r seq=1 at=1000 member=member1 id=id1 "
	    "body=\"hi\"\n"
	    "id1: delivered room=r seq=1 at=1000 recipients=1\n");
}
END_TEST

START_TEST(never_dates_a_message_before_another)
{
	connect_members(1);
	fill_room("r", 1);
	post("id1", "r", 1);
	world.clock.wall_ms = 400;
	DO(BROADCAST, "id1", HI, .room = STR("r"), .ref = STR("7"));
	EXPECT_EVENTS(
	    "room r: message room=r seq=2 at=1000 member=member1 id=id1 "
	    "body=\"hi\"\n"
	    "id1: delivered ref=7 room=r seq=2 at=1000 recipients=1\n");
}
END_TEST

START_TEST(posts_what_has_one_key_once)
{
	connect_members(2);
	fill_room("r", 2);
	DO(BROADCAST, "id1", HI, .room = STR("r"), .key = STR("k"));
	forget_events();
	fake_clock_pass(&world.clock, 5);
	ck_assert_int_eq(DO(BROADCAST, "id1", HI, .room = STR("r"),
			     .key = STR("k"), .ref = STR("2")),
	    CHAT_OK);
	EXPECT_EVENTS("id1: delivered ref=2 room=r seq=1 at=1000 duplicate\n");
	DO(BROADCAST, "id1", HI, .room = STR("r"), .key = STR("k"));
	EXPECT_EVENTS("");
	DO(BROADCAST, "id1", HI, .room = STR("r"), .key = STR("l"));
	EXPECT_EVENTS(
	    "room r: message room=r seq=2 at=1005 member=member1 id=id1 "
	    "body=\"hi\"\n");
}
END_TEST

START_TEST(knows_a_key_in_its_room_only)
{
	connect_members(1);
	fill_room("a", 1);
	fill_room("b", 1);
	DO(BROADCAST, "id1", HI, .room = STR("a"), .key = STR("k"));
	forget_events();
	DO(BROADCAST, "id1", HI, .room = STR("b"), .key = STR("k"));
	EXPECT_EVENTS(
	    "room b: message room=b seq=1 at=1000 member=member1 id=id1 "
	    "body=\"hi\"\n");
}
END_TEST

static const struct {
	struct str room, body, key;
	const char *events;
} refusals[] = {
	{ STR("r"), STR_ABSENT, STR_ABSENT,
	    "id2: failed bad_field command=say field=message\n" },
	{ STR("r"), STR(""), STR_ABSENT,
	    "id2: failed bad_field command=say field=message\n" },
	{ STR("nope"), STR("1"), STR_ABSENT,
	    "id2: failed room_not_found command=say "
	    "text=Room nope does not exist\n" },
	{ STR(""), STR("1"), STR_ABSENT,
	    "id2: failed room_not_found command=say "
	    "text=Room  does not exist\n" },
	{ STR("s"), STR("1"), STR_ABSENT,
	    "id2: failed not_in_room command=say\n" },
	{ STR("r"), STR("1"), STR(""),
	    "id2: failed bad_field command=say field=key\n" },
	{ STR("r"), STR("1"),
	    STR("12345678901234567890123456789012345678901234567890"
		"123456789012345"),
	    "id2: failed bad_field command=say field=key\n" },
};

START_TEST(refuses)
{
	connect_members(2);
	fill_room("r", 2);
	fill_room("s", 1);
	ck_assert_int_ne(DO(BROADCAST, "id2", .room = refusals[_i].room,
			     .body = refusals[_i].body, .key = refusals[_i].key,
			     .word = STR("say")),
	    CHAT_OK);
	EXPECT_EVENTS(refusals[_i].events);
}
END_TEST

START_TEST(takes_messages_up_to_the_limit)
{
	char body[101];

	connect_members(1);
	fill_room("r", 1);
	memset(body, '1', sizeof(body));
	ck_assert_int_eq(DO(BROADCAST, "id1", .room = STR("r"),
			     .body = str_slice(body, 100)),
	    CHAT_OK);
	forget_events();
	ck_assert_int_eq(DO(BROADCAST, "id1", .room = STR("r"),
			     .body = str_slice(body, 101)),
	    CHAT_MESSAGE_TOO_LARGE);
	EXPECT_EVENTS("id1: failed message_too_large limit=100\n");
}
END_TEST

START_TEST(answers_store_failed_if_the_message_may_be_stored)
{
	connect_members(1);
	fill_room("r", 1);
	world.fault = (struct fault){ 1, CHAT_STORE_FAILED };
	ck_assert_int_eq(DO(BROADCAST, "id1", HI, .room = STR("r")),
	    CHAT_STORE_FAILED);
	EXPECT_EVENTS("id1: failed store_failed retry=1000\n");
}
END_TEST

START_TEST(keeps_other_fields_in_the_lobby)
{
	connect_members(1);
	DO(BROADCAST, "id1", .body = STR("1"), .fields = STR("x"));
	EXPECT_EVENTS("lobby: message member=member1 id=id1 body=1 fields=x\n");
}
END_TEST

SUITE(broadcast)
{
	tcase_add_test(tests, keeps_other_fields_in_the_lobby);
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, posts_to_the_lobby_author_included);
	tcase_add_test(tests, acknowledges_in_the_lobby_if_asked);
	tcase_add_test(tests, has_no_keys_in_the_lobby);
	tcase_add_test(tests, is_not_for_those_outside_the_lobby);
	tcase_add_test(tests, numbers_the_messages_of_a_room);
	tcase_add_test(tests, acknowledges_in_a_room_after_the_delivery);
	tcase_add_test(tests,
	    acknowledges_without_a_ref_where_that_is_the_custom);
	tcase_add_test(tests, never_dates_a_message_before_another);
	tcase_add_test(tests, posts_what_has_one_key_once);
	tcase_add_test(tests, knows_a_key_in_its_room_only);
	tcase_add_loop_test(tests, refuses, 0, COUNT_OF(refusals));
	tcase_add_test(tests, takes_messages_up_to_the_limit);
	tcase_add_test(tests,
	    answers_store_failed_if_the_message_may_be_stored);
}
