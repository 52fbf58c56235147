#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define JOIN (COMMAND_MAY_CREATE | COMMAND_LEAVES_OTHERS | COMMAND_OF_GUESTS)

static enum chat_error
guest_join(const char *who, const char *room, const char *name)
{
	return DO(ROOM_JOIN, who, .room = str_from(room),
	    .name = str_from(name), .flags = JOIN, .max_members = 4,
	    .max_rooms = 2);
}

/* id1, id2, … without a name. */
static void
guests_connect(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(CONNECT(.flags =
					     COMMAND_GUEST | COMMAND_NO_LOBBY),
		    CHAT_OK);
	forget_events();
}

START_TEST(get_their_name_in_the_room_they_join)
{
	guests_connect(3);
	guest_join("id1", "sports", "alice");
	guest_join("id2", "sports", "alice");
	guest_join("id3", "music", "alice");
	EXPECT_EVENTS(
	    "id1: joined room=sports name=sports epoch=epoch4 at=1000 "
	    "member=alice id=id1 count=1 names=alice\n"
	    "id2: joined room=sports name=sports epoch=epoch4 at=1000 "
	    "member=alice#2 id=id2 count=2 names=alice,alice#2\n"
	    "room sports except=id2: entered room=sports member=alice#2 "
	    "id=id2\n"
	    "id3: joined room=music name=music epoch=epoch5 at=1000 "
	    "member=alice id=id3 count=1 names=alice\n");
}
END_TEST

START_TEST(post_under_their_name)
{
	guests_connect(1);
	guest_join("id1", "sports", "alice");
	forget_events();
	DO(BROADCAST, "id1", .flags = COMMAND_CURRENT_ROOM | COMMAND_ACK,
	    .body = STR("1"));
	EXPECT_EVENTS(
	    "room sports: message room=sports seq=1 at=1000 member=alice "
	    "id=id1 body=1\n"
	    "id1: delivered room=sports seq=1 at=1000 recipients=1\n");
}
END_TEST

START_TEST(give_their_name_up_when_they_leave)
{
	guests_connect(3);
	guest_join("id1", "sports", "alice");
	guest_join("id2", "sports", "alice");
	forget_events();
	DO(ROOM_LEAVE, "id2", .flags = COMMAND_CURRENT_ROOM);
	EXPECT_EVENTS("room sports except=id2: gone room=sports member=alice#2 "
		      "id=id2\n"
		      "id2: left room=sports at=1000 member=alice#2 id=id2\n");
	DO(ME, "id2");
	EXPECT_EVENTS("id2: me member= id=id2 server=parley\n");
	guest_join("id3", "sports", "alice");
	guest_join("id2", "music", "bob");
	EXPECT_EVENTS(
	    "id3: joined room=sports name=sports epoch=epoch4 at=1000 "
	    "member=alice#2 id=id3 count=2 names=alice,alice#2\n"
	    "room sports except=id3: entered room=sports member=alice#2 "
	    "id=id3\n"
	    "id2: joined room=music name=music epoch=epoch5 at=1000 "
	    "member=bob id=id2 count=1 names=bob\n");
}
END_TEST

START_TEST(are_gone_with_their_name_when_they_disconnect)
{
	guests_connect(2);
	guest_join("id1", "sports", "alice");
	guest_join("id2", "sports", "alice");
	forget_events();
	DO(DISCONNECT, "id1");
	EXPECT_EVENTS(
	    "room sports except=id1: gone room=sports member=alice id=id1\n");
	DO(DISCONNECT, "id2");
	world_dump(&world.publisher.events);
	EXPECT_EVENTS("history: 0 bytes\n");
}
END_TEST

/* alice#2 of the chat is still taken when a guest of that name leaves. */
START_TEST(take_no_name_from_the_others)
{
	guests_connect(2);
	CONNECT(.name = STR("alice"));
	CONNECT(.name = STR("alice"));
	guest_join("id1", "sports", "alice");
	guest_join("id2", "sports", "alice");
	DO(DISCONNECT, "id2");
	forget_events();
	CONNECT(.name = STR("alice"), .flags = COMMAND_NO_LOBBY);
	EXPECT_EVENTS("attach id6\n"
		      "id6: welcome member=alice#3 id=id6 server=parley\n");
	ck_assert_int_eq(DO(DM, "id3", .recipient = STR("alice"),
			     .body = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS("id3: dm member=alice id=id3 body=1\n"
		      "id3: dm_sent member=alice id=id3 body=1\n");
}
END_TEST

START_TEST(are_answered_again_in_the_room_they_are_in)
{
	guests_connect(1);
	guest_join("id1", "sports", "alice");
	forget_events();
	ck_assert_int_eq(DO(ROOM_JOIN, "id1", .name = STR("bob"),
			     .flags = COMMAND_CURRENT_ROOM | JOIN),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "id1: joined room=sports name=sports epoch=epoch2 at=1000 "
	    "member=alice id=id1 count=1 duplicate names=alice\n");
}
END_TEST

START_TEST(are_in_one_room_only)
{
	guests_connect(1);
	guest_join("id1", "sports", "alice");
	forget_events();
	ck_assert_int_eq(guest_join("id1", "music", "bob"),
	    CHAT_TOO_MANY_ROOMS);
	EXPECT_EVENTS("id1: failed too_many_rooms limit=1\n");
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 1);
}
END_TEST

START_TEST(neither_rename_themselves_nor_create_rooms)
{
	guests_connect(1);
	ck_assert_int_eq(DO(RENAME, "id1", .name = STR("alice")),
	    CHAT_FORBIDDEN);
	ck_assert_int_eq(DO(ROOM_CREATE, "id1", .name = STR("alice")),
	    CHAT_FORBIDDEN);
	EXPECT_EVENTS("id1: failed forbidden\n"
		      "id1: failed forbidden\n");
}
END_TEST

/* Rooms 1 and 2 have all the guests they may have: four in 1. */
static void
rooms_fill(void)
{
	guests_connect(6);
	for (int i = 1; i <= 4; i++) {
		char id[] = { 'i', 'd', (char)('0' + i), '\0' };

		ck_assert_int_eq(guest_join(id, "1", "alice"), CHAT_OK);
	}
	ck_assert_int_eq(guest_join("id5", "2", "alice"), CHAT_OK);
	CONNECT(.name = STR("alice"));
	DO(ROOM_CREATE, "id9", .room = STR("native"), .name = STR("Native"));
	forget_events();
}

/* Too many rooms are met before a full one, and that before a bad name. */
static const struct {
	const char *room;
	const char *name;
	const char *events;
} refusals[] = {
	{ "3", "", "id6: failed too_many_rooms limit=2 fatal\n" },
	{ "native", "", "id6: failed too_many_rooms limit=2 fatal\n" },
	{ "1", "", "id6: failed room_full limit=4 fatal\n" },
	{ "1", "alice", "id6: failed room_full limit=4 fatal\n" },
	{ "2", "", "id6: failed name_invalid fatal\n" },
	{ "2", "al ice", "id6: failed name_invalid fatal\n" },
	{ "2", "abcdefghijabcdefghijabcdefghijabc",
	    "id6: failed name_invalid fatal\n" },
};

START_TEST(are_refused)
{
	rooms_fill();
	ck_assert_int_ne(DO(ROOM_JOIN, "id6",
			     .room = str_from(refusals[_i].room),
			     .name = str_from(refusals[_i].name),
			     .flags = JOIN | COMMAND_FATAL, .max_members = 4,
			     .max_rooms = 2),
	    CHAT_OK);
	EXPECT_EVENTS(refusals[_i].events);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 3);
	ck_assert_int_eq(guest_join("id6", "2", "alice"), CHAT_OK);
}
END_TEST

START_TEST(meet_the_others_in_one_room)
{
	guests_connect(1);
	CONNECT(.name = STR("alice"));
	DO(ROOM_CREATE, "id2", .room = STR("r"), .name = STR("R"));
	forget_events();
	guest_join("id1", "r", "alice");
	EXPECT_EVENTS(
	    "id1: joined room=r name=R epoch=epoch3 at=1000 member=alice "
	    "id=id1 count=2 names=alice,alice\n"
	    "room r except=id1: entered room=r member=alice id=id1\n");
}
END_TEST

SUITE(guest)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, get_their_name_in_the_room_they_join);
	tcase_add_test(tests, post_under_their_name);
	tcase_add_test(tests, give_their_name_up_when_they_leave);
	tcase_add_test(tests, are_gone_with_their_name_when_they_disconnect);
	tcase_add_test(tests, take_no_name_from_the_others);
	tcase_add_test(tests, are_answered_again_in_the_room_they_are_in);
	tcase_add_test(tests, are_in_one_room_only);
	tcase_add_test(tests, neither_rename_themselves_nor_create_rooms);
	tcase_add_loop_test(tests, are_refused, 0, COUNT_OF(refusals));
	tcase_add_test(tests, meet_the_others_in_one_room);
}
