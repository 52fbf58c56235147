#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define ALICE "uabcdefghijklmnopqrstuvwxyz"

static const struct principal reader = {
	.user_id = STR("alice"),
	.member_id = STR(ALICE),
	.name = STR("alice"),
};

/* alice, with connections 1 and 2, in r, where id1 has posted three times. */
static void
reader_begin(void)
{
	for (uint32_t i = 1; i <= 2; i++)
		CONNECT(.connection = i, .principal = &reader,
		    .name = reader.name, .flags = COMMAND_SHARED);
	connect_members(1);
	fill_room("r", 1);
	post("id1", "r", 3);
	DO(ROOM_JOIN, ALICE, .connection = 1, .room = STR("r"));
	forget_events();
}

#define READ(to) \
	DO(READ, ALICE, .connection = 1, .room = STR("r"), .from_seq = (to))

START_TEST(is_known_to_the_other_connections)
{
	reader_begin();
	ck_assert_int_eq(READ(2), CHAT_OK);
	EXPECT_EVENTS(ALICE " except=" ALICE
			    "/1: read room=r seq=2 member=alice id=" ALICE
			    "\n" ALICE "/1: done room=r\n");
}
END_TEST

START_TEST(never_goes_back)
{
	reader_begin();
	READ(2);
	forget_events();
	ck_assert_int_eq(READ(2), CHAT_OK);
	EXPECT_EVENTS(ALICE "/1: done room=r\n");
	ck_assert_int_eq(READ(1), CHAT_OK);
	EXPECT_EVENTS(ALICE "/1: done room=r\n");
	ck_assert_int_eq(READ(4), CHAT_BAD_FIELD);
	EXPECT_EVENTS(ALICE "/1: failed bad_field field=seq\n");
}
END_TEST

START_TEST(is_for_users)
{
	reader_begin();
	ck_assert_int_eq(DO(READ, "id1", .room = STR("r"), .from_seq = 1),
	    CHAT_UNAUTHORIZED);
	EXPECT_EVENTS("id1: failed unauthorized\n");
}
END_TEST

START_TEST(takes_a_place)
{
	reader_begin();
	world.chat.limits.room_attributes = 0;
	ck_assert_int_eq(READ(1), CHAT_TOO_MANY_ATTRIBUTES);
}
END_TEST

START_TEST(own_rooms_have_what_was_read)
{
	reader_begin();
	DO(ROOM_JOIN, ALICE, .connection = 1, .room = STR("a"),
	    .flags = COMMAND_MAY_CREATE);
	READ(2);
	forget_events();
	DO(ROOM_LIST, ALICE, .connection = 1, .flags = COMMAND_MINE);
	EXPECT_EVENTS(ALICE "/1: rooms at=1000 [a a 1 seq=0 read=0 unread=0] "
			    "[r r 2 seq=3 read=2 unread=1]\n");
	DO(ROOM_LIST, ALICE, .connection = 1, .flags = COMMAND_MINE,
	    .limit = 1);
	EXPECT_EVENTS(ALICE "/1: rooms at=1000 [a a 1 seq=0 read=0 unread=0] "
			    "more_rooms\n");
	DO(ROOM_LIST, ALICE, .connection = 1, .flags = COMMAND_MINE,
	    .after = STR("a"), .limit = 1);
	EXPECT_EVENTS(ALICE
	    "/1: rooms at=1000 [r r 2 seq=3 read=2 unread=1]\n");
	DO(ROOM_LIST, ALICE, .connection = 1, .flags = COMMAND_MINE,
	    .after = STR("r"));
	EXPECT_EVENTS(ALICE "/1: rooms at=1000\n");
}
END_TEST

SUITE(read)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, is_known_to_the_other_connections);
	tcase_add_test(tests, never_goes_back);
	tcase_add_test(tests, is_for_users);
	tcase_add_test(tests, takes_a_place);
	tcase_add_test(tests, own_rooms_have_what_was_read);
}
