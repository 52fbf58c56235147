#include "tests/suite.h"
#include "tests/support/commands/world.h"

static void
three_in_a_room(void)
{
	connect_members(4);
	fill_room("r", 3);
}

START_TEST(removes_a_member)
{
	three_in_a_room();
	ck_assert_int_eq(DO(KICK, "id1", .room = STR("r"),
			     .recipient = STR("member2"), .reason = STR("spam"),
			     .ref = STR("7")),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "room r: kicked room=r at=1000 member=member2 id=id2 "
	    "by=member1 by_id=id1 reason=spam\n"
	    "id2: kicked room=r at=1000 member=member2 id=id2 by=member1 "
	    "by_id=id1 reason=spam\n"
	    "room r except=id2: gone room=r member=member2 id=id2\n"
	    "id1: done ref=7 room=r\n");
	ck_assert(!room_store_has(world.chat.rooms, STR("r"), STR("id2")));
}
END_TEST

START_TEST(the_member_may_come_back)
{
	three_in_a_room();
	DO(KICK, "id1", .room = STR("r"), .recipient = STR("id2"));
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r")), CHAT_OK);
}
END_TEST

static const struct {
	const char *author;
	struct str room, recipient;
	const char *events;
} refusals[] = {
	{ "id2", STR("r"), STR("id1"),
	    "id2: failed forbidden right=moderate text=Not allowed without the "
	    "right 'moderate'\n" },
	{ "id2", STR("r"), STR("nemo"),
	    "id2: failed forbidden right=moderate text=Not allowed without the "
	    "right 'moderate'\n" },
	{ "id1", STR("none"), STR("id2"),
	    "id1: failed room_not_found text=Room none does not exist\n" },
	{ "id1", STR_ABSENT, STR("id2"), "id1: failed bad_field field=room\n" },
	{ "id1", STR("r"), STR_ABSENT, "id1: failed bad_field field=member\n" },
	{ "id1", STR("r"), STR("bob"),
	    "id1: failed member_not_found text=Member 'bob' not found\n" },
	{ "id1", STR("r"), STR("id4"),
	    "id1: failed member_not_found text=Member 'id4' not found\n" },
	{ "id1", STR("r"), STR("id1"),
	    "id1: failed bad_field field=member text=Not possible with "
	    "oneself\n" },
};

START_TEST(refuses)
{
	three_in_a_room();
	DO(KICK, refusals[_i].author, .room = refusals[_i].room,
	    .recipient = refusals[_i].recipient);
	if (refusals[_i].author[2] == '1')
		EXPECT_EVENTS(refusals[_i].events);
	ck_assert(room_store_has(world.chat.rooms, STR("r"), STR("id2")));
}
END_TEST

START_TEST(refuses_a_long_reason)
{
	char reason[301];

	three_in_a_room();
	memset(reason, 'x', sizeof(reason));
	ck_assert_int_eq(DO(KICK, "id1", .room = STR("r"),
			     .recipient = STR("id2"),
			     .reason = str_slice(reason, sizeof(reason))),
	    CHAT_BAD_FIELD);
	EXPECT_EVENTS("id1: failed bad_field field=reason\n");
}
END_TEST

START_TEST(whose_token_moderates_needs_no_role)
{
	struct principal principal = { .user_id = STR("u") };

	three_in_a_room();
	CONNECT(.principal = &principal);
	forget_events();
	ck_assert_int_eq(DO(KICK, "id6", .room = STR("r"),
			     .rights = RIGHT_MODERATE, .recipient = STR("id2")),
	    CHAT_OK);
	/* It is a moderator, not an owner. */
	ck_assert_int_eq(DO(KICK, "id6", .room = STR("r"),
			     .rights = RIGHT_MODERATE, .recipient = STR("id1")),
	    CHAT_FORBIDDEN);
}
END_TEST

static const struct {
	const char *author;
	unsigned rights;
	unsigned of_target;
	enum chat_error error;
} moderators[] = {
	/* id1 owns the room. */
	{ "id1", RIGHTS_USUAL, RIGHTS_USUAL, CHAT_OK },
	{ "id1", RIGHTS_USUAL, RIGHT_MODERATE, CHAT_FORBIDDEN },
	{ "id1", RIGHTS_USUAL, RIGHT_ADMIN, CHAT_FORBIDDEN },
	{ "id3", RIGHT_MODERATE, RIGHTS_USUAL, CHAT_OK },
	{ "id3", RIGHT_MODERATE, RIGHT_MODERATE, CHAT_FORBIDDEN },
	{ "id3", RIGHT_MODERATE, RIGHT_ADMIN, CHAT_FORBIDDEN },
	{ "id3", RIGHT_ADMIN, RIGHT_MODERATE, CHAT_OK },
	{ "id3", RIGHT_ADMIN, RIGHT_ADMIN, CHAT_OK },
};

START_TEST(moderators_of_the_server_are_for_its_administrators)
{
	static const enum command_kind penalties[] = { COMMAND_MUTE,
		COMMAND_UNMUTE, COMMAND_KICK, COMMAND_BAN, COMMAND_UNBAN };

	three_in_a_room();
	world.publisher.privileged = "id2";
	world.publisher.privileges = moderators[_i].of_target;
	for (size_t i = 0; i < COUNT_OF(penalties); i++) {
		if (penalties[i] == COMMAND_BAN)
			DO(ROOM_JOIN, "id2", .room = STR("r"));
		ck_assert_int_eq(world_do(&(struct command){
				     .kind = penalties[i],
				     .author = str_from(moderators[_i].author),
				     .rights = moderators[_i].rights,
				     .room = STR("r"),
				     .recipient = STR("id2") }),
		    moderators[_i].error);
	}
	/* Its role in the room can still be changed. */
	ck_assert_int_eq(DO(ROLE, "id1", .room = STR("r"),
			     .recipient = STR("id2"), .role = STR("voice")),
	    CHAT_OK);
}
END_TEST

START_TEST(in_a_private_room_the_invitation_is_gone)
{
	connect_members(2);
	DO(ROOM_JOIN, "id1", .room = STR("r"),
	    .flags = COMMAND_MAY_CREATE | COMMAND_PRIVATE);
	DO(INVITE, "id1", .room = STR("r"), .recipient = STR("id2"));
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r")), CHAT_OK);
	DO(KICK, "id1", .room = STR("r"), .recipient = STR("id2"));
	forget_events();
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r")),
	    CHAT_ROOM_NOT_FOUND);
	EXPECT_EVENTS(
	    "id2: failed room_not_found text=Room r does not exist\n");
}
END_TEST

SUITE(kick)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, removes_a_member);
	tcase_add_test(tests, the_member_may_come_back);
	tcase_add_loop_test(tests, refuses, 0, COUNT_OF(refusals));
	tcase_add_test(tests, refuses_a_long_reason);
	tcase_add_test(tests, whose_token_moderates_needs_no_role);
	tcase_add_loop_test(tests,
	    moderators_of_the_server_are_for_its_administrators, 0,
	    COUNT_OF(moderators));
	tcase_add_test(tests, in_a_private_room_the_invitation_is_gone);
}
