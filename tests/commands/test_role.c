#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define IN_R .room = STR("r")

/* id1 is the owner, id2 a moderator, id3 has a voice, id4 is a member. */
static void
all_roles(void)
{
	connect_members(4);
	fill_room("r", 4);
	DO(ROLE, "id1", IN_R, .recipient = STR("id2"),
	    .role = STR("moderator"));
	DO(ROLE, "id1", IN_R, .recipient = STR("id3"), .role = STR("voice"));
	forget_events();
}

START_TEST(is_set_and_published)
{
	connect_members(2);
	fill_room("r", 2);
	ck_assert_int_eq(DO(ROLE, "id1", IN_R, .recipient = STR("member2"),
			     .role = STR("moderator"), .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS("room r: role room=r at=1000 member=member2 id=id2 "
		      "role=moderator by=member1 by_id=id1\n"
		      "id1: done ref=1 room=r\n");
}
END_TEST

/* A row for the author of a kick, a column for its target. */
static const char *const kicks[4] = {
	"-+++", /* of the owner */
	"--++", /* of the moderator */
	"----", /* of one with a voice */
	"----",
};

START_TEST(decides_which_role_may_kick)
{
	int by = _i / 4, target_index = _i % 4;
	char author[] = "id1", target[] = "id1";

	all_roles();
	author[2] = (char)('1' + by);
	target[2] = (char)('1' + target_index);
	ck_assert_int_eq(DO(KICK, author, IN_R,
			     .recipient = str_from(target)) == CHAT_OK,
	    kicks[by][target_index] == '+');
}
END_TEST

static const struct {
	const char *author, *target;
	struct str role;
	bool is_allowed;
} changes[] = {
	{ "id1", "id4", STR("owner"), true },
	{ "id1", "id2", STR("member"), true },
	{ "id1", "id1", STR("owner"), true },
	/* the last owner */
	{ "id1", "id1", STR("member"), false },
	{ "id1", "id1", STR("moderator"), false },
	{ "id2", "id4", STR("voice"), true },
	{ "id2", "id3", STR("member"), true },
	{ "id2", "id4", STR("moderator"), false },
	{ "id2", "id4", STR("owner"), false },
	{ "id2", "id1", STR("member"), false },
	{ "id2", "id2", STR("member"), true },
	{ "id2", "id2", STR("owner"), false },
	{ "id3", "id4", STR("voice"), false },
	{ "id4", "id4", STR("owner"), false },
};

START_TEST(decides_who_may_change_whose)
{
	all_roles();
	ck_assert_int_eq(DO(ROLE, changes[_i].author, IN_R,
			     .recipient = str_from(changes[_i].target),
			     .role = changes[_i].role) == CHAT_OK,
	    changes[_i].is_allowed);
}
END_TEST

START_TEST(an_owner_may_go_when_there_is_another)
{
	all_roles();
	DO(ROLE, "id1", IN_R, .recipient = STR("id4"), .role = STR("owner"));
	ck_assert_int_eq(DO(ROLE, "id1", IN_R, .recipient = STR("id1"),
			     .role = STR("member")),
	    CHAT_OK);
	/* The creator is no owner any more, although the room has its id. */
	ck_assert_int_eq(DO(ROLE, "id1", IN_R, .recipient = STR("id1"),
			     .role = STR("owner")),
	    CHAT_FORBIDDEN);
	forget_events();
	DO(ROLE, "id4", IN_R, .recipient = STR("id4"), .role = STR("voice"));
	EXPECT_EVENTS(
	    "id4: failed forbidden text=A room keeps its last owner\n");
}
END_TEST

static const struct str wrong[] = { STR(""), STR("Owner"), STR("banned"),
	STR("muted"), STR("king") };

START_TEST(refuses_words_that_are_none)
{
	all_roles();
	DO(ROLE, "id1", IN_R, .recipient = STR("id4"), .role = wrong[_i]);
	EXPECT_EVENTS("id1: failed bad_field field=role text=A role is owner, "
		      "moderator, voice or member\n");
}
END_TEST

START_TEST(a_member_with_a_voice_posts_in_a_moderated_room)
{
	connect_members(2);
	DO(ROOM_JOIN, "id1", IN_R,
	    .flags = COMMAND_MAY_CREATE | COMMAND_MODERATED);
	DO(ROOM_JOIN, "id2", IN_R);
	forget_events();
	ck_assert_int_eq(DO(BROADCAST, "id2", IN_R, .body = STR("1")),
	    CHAT_FORBIDDEN);
	EXPECT_EVENTS(
	    "id2: failed forbidden right=post text=Only members with a voice "
	    "may post in this room\n");
	DO(ROLE, "id1", IN_R, .recipient = STR("id2"), .role = STR("voice"));
	ck_assert_int_eq(DO(BROADCAST, "id2", IN_R, .body = STR("1")), CHAT_OK);
	ck_assert_int_eq(DO(BROADCAST, "id1", IN_R, .body = STR("1")), CHAT_OK);
}
END_TEST

START_TEST(a_token_makes_an_owner_of_every_room)
{
	struct principal principal = { .user_id = STR("u") };

	all_roles();
	CONNECT(.principal = &principal);
	ck_assert_int_eq(DO(ROLE, "id6", IN_R, .rights = RIGHT_ADMIN,
			     .recipient = STR("id4"), .role = STR("owner")),
	    CHAT_OK);
	ck_assert_int_eq(DO(ROLE, "id6", IN_R, .rights = RIGHT_ADMIN,
			     .recipient = STR("id1"), .role = STR("member")),
	    CHAT_OK);
}
END_TEST

SUITE(role)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, is_set_and_published);
	tcase_add_loop_test(tests, decides_which_role_may_kick, 0, 16);
	tcase_add_loop_test(tests, decides_who_may_change_whose, 0,
	    COUNT_OF(changes));
	tcase_add_test(tests, an_owner_may_go_when_there_is_another);
	tcase_add_loop_test(tests, refuses_words_that_are_none, 0,
	    COUNT_OF(wrong));
	tcase_add_test(tests, a_member_with_a_voice_posts_in_a_moderated_room);
	tcase_add_test(tests, a_token_makes_an_owner_of_every_room);
}
