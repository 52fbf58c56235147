#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(makes_a_room_with_its_maker_in_it)
{
	connect_members(1);
	ck_assert_int_eq(DO(ROOM_CREATE, "id1", .name = STR("Tea"),
			     .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS("id1: created ref=1 room=id3 name=Tea\n");
	DO(LIST, "id1", .room = STR("id3"));
	EXPECT_EVENTS("id1: list room=id3 names=member1\n");
	DO(BROADCAST, "id1", .room = STR("id3"), .body = STR("1"));
	EXPECT_EVENTS(
	    "room id3: message room=id3 seq=1 at=1000 member=member1 id=id1 "
	    "body=1\n");
}
END_TEST

START_TEST(takes_the_requested_id)
{
	connect_members(1);
	DO(ROOM_CREATE, "id1", .name = STR("Tea"), .room = STR("tea.1"));
	EXPECT_EVENTS("id1: created room=tea.1 name=Tea\n");
}
END_TEST

START_TEST(tries_another_id_if_the_made_one_is_taken)
{
	connect_members(1);
	DO(ROOM_CREATE, "id1", .name = STR("A"), .room = STR("id3"));
	DO(ROOM_CREATE, "id1", .name = STR("B"));
	EXPECT_EVENTS("id1: created room=id3 name=A\n"
		      "id1: created room=id4 name=B\n");
}
END_TEST

START_TEST(gives_up_when_no_id_is_to_be_had)
{
	connect_members(1);
	DO(ROOM_CREATE, "id1", .name = STR("A"), .room = STR("id2"));
	forget_events();
	world.ids.repeats = 1000;
	ck_assert_int_eq(DO(ROOM_CREATE, "id1", .name = STR("B")),
	    CHAT_UNAVAILABLE);
	EXPECT_EVENTS("id1: failed unavailable retry=1000\n");
}
END_TEST

static const struct {
	struct str wish;
	const char *events;
} any_names[] = {
	{ STR("Game\nNight "), "id1: created room=id3 name=GameNight\n" },
	{ STR("\u200b \n"), "id1: created room=id3 name=id3\n" },
	{ STR(""), "id1: created room=id3 name=id3\n" },
	{ STR_ABSENT, "id1: failed bad_field field=name\n" },
};

START_TEST(makes_any_name_presentable_if_asked_to)
{
	connect_members(1);
	DO(ROOM_CREATE, "id1", .name = any_names[_i].wish,
	    .flags = COMMAND_ANY_NAME);
	EXPECT_EVENTS(any_names[_i].events);
}
END_TEST

START_TEST(calls_a_room_by_the_id_that_it_gets_in_the_end)
{
	connect_members(1);
	DO(ROOM_CREATE, "id1", .room = STR("id4"), .name = STR("A"));
	forget_events();
	DO(ROOM_CREATE, "id1", .name = STR(" "), .flags = COMMAND_ANY_NAME);
	EXPECT_EVENTS("id1: created room=id5 name=id5\n");
	DO(ROOM_CREATE, "id1", .room = STR("x"), .name = STR(" "),
	    .flags = COMMAND_ANY_NAME);
	EXPECT_EVENTS("id1: created room=x name=x\n");
}
END_TEST

START_TEST(keeps_a_persistent_room_without_members)
{
	connect_members(1);
	DO(ROOM_CREATE, "id1", .name = STR("A"), .room = STR("a"),
	    .flags = COMMAND_PERSISTENT);
	post("id1", "a", 2);
	DO(ROOM_LEAVE, "id1", .room = STR("a"));
	forget_events();
	DO(ROOM_JOIN, "id1", .room = STR("a"), .limit = 1000);
	EXPECT_EVENTS("id1: joined room=a name=A epoch=epoch2 seq=2 at=1000 "
		      "member=member1 id=id1 count=1 "
		      "names=member1 [1 at=1000 member1 id1 1] "
		      "[2 at=1000 member1 id1 2]\n");
}
END_TEST

START_TEST(messages_have_the_requested_lifetime)
{
	connect_members(1);
	DO(ROOM_CREATE, "id1", .name = STR("A"), .room = STR("a"),
	    .ttl_ms = 1000);
	post("id1", "a", 1);
	fake_clock_pass(&world.clock, 999);
	DO(HISTORY, "id1", .room = STR("a"), .limit = 9);
	EXPECT_EVENTS(
	    "id1: history room=a epoch=epoch2 [1 at=1000 member1 id1 1]\n");
	fake_clock_pass(&world.clock, 1);
	DO(HISTORY, "id1", .room = STR("a"), .limit = 9);
	EXPECT_EVENTS("id1: history room=a epoch=epoch2\n");
}
END_TEST

START_TEST(limits_members_as_requested)
{
	connect_members(3);
	DO(ROOM_CREATE, "id1", .name = STR("A"), .room = STR("a"),
	    .max_members = 2);
	DO(ROOM_JOIN, "id2", .room = STR("a"));
	forget_events();
	ck_assert_int_eq(DO(ROOM_JOIN, "id3", .room = STR("a")),
	    CHAT_ROOM_FULL);
	EXPECT_EVENTS("id3: failed room_full limit=2\n");
}
END_TEST

START_TEST(limits_members_as_of_any_room)
{
	connect_members(7);
	DO(ROOM_CREATE, "id1", .name = STR("A"), .room = STR("r"),
	    .max_members = 4000000000);
	fill_room("r", 6);
	DO(ROOM_JOIN, "id7", .room = STR("r"));
	EXPECT_EVENTS("id7: failed room_full limit=6\n");
}
END_TEST

START_TEST(leaves_the_rooms_before_where_one_is_in_one_at_a_time)
{
	world.chat.limits.rooms_per_member = 2;
	connect_members(2);
	fill_room("a", 2);
	fill_room("b", 1);
	DO(ROOM_CREATE, "id1", .name = STR("C"), .room = STR("c"),
	    .flags = COMMAND_LEAVES_OTHERS);
	EXPECT_EVENTS("id1: created room=c name=C\n"
		      "room a except=id1: gone room=a member=member1 id=id1\n");
	ck_assert_uint_eq(room_store_rooms_of(world.chat.rooms, STR("id1")), 1);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 2);
}
END_TEST

START_TEST(stops_where_a_member_is_in_too_many)
{
	connect_members(2);
	fill_room("a", 1);
	fill_room("b", 1);
	fill_room("c", 1);
	ck_assert_int_eq(DO(ROOM_CREATE, "id1", .name = STR("D")),
	    CHAT_TOO_MANY_ROOMS);
	EXPECT_EVENTS("id1: failed too_many_rooms limit=3\n");
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 3);
}
END_TEST

START_TEST(stops_where_there_are_too_many)
{
	connect_members(3);
	DO(ROOM_CREATE, "id1", .name = STR("A"));
	DO(ROOM_CREATE, "id1", .name = STR("B"));
	DO(ROOM_CREATE, "id1", .name = STR("C"));
	DO(ROOM_CREATE, "id2", .name = STR("D"));
	DO(ROOM_CREATE, "id2", .name = STR("E"));
	forget_events();
	ck_assert_int_eq(DO(ROOM_CREATE, "id3", .name = STR("F")),
	    CHAT_TOO_MANY_ROOMS);
	EXPECT_EVENTS("id3: failed too_many_rooms limit=5\n");
}
END_TEST

static const struct {
	struct str name, room;
	int64_t ttl_ms;
	const char *events;
} refusals[] = {
	{ STR_ABSENT, STR_ABSENT, 0, "id1: failed bad_field field=name\n" },
	{ STR(" A"), STR_ABSENT, 0, "id1: failed name_invalid\n" },
	{ STR("A"), STR(""), 0, "id1: " BAD_ROOM_ID },
	{ STR("A"), STR("a/b"), 0, "id1: " BAD_ROOM_ID },
	{ STR("A"), STR("there"), 0, "id1: failed room_exists\n" },
	{ STR("A"), STR("a"), 999, "id1: failed bad_field field=ttl_ms\n" },
	{ STR("A"), STR("a"), -1, "id1: failed bad_field field=ttl_ms\n" },
};

START_TEST(refuses)
{
	connect_members(1);
	fill_room("there", 1);
	ck_assert_int_ne(DO(ROOM_CREATE, "id1", .name = refusals[_i].name,
			     .room = refusals[_i].room,
			     .ttl_ms = refusals[_i].ttl_ms),
	    CHAT_OK);
	EXPECT_EVENTS(refusals[_i].events);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 1);
}
END_TEST

SUITE(room_create)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, makes_a_room_with_its_maker_in_it);
	tcase_add_test(tests, takes_the_requested_id);
	tcase_add_test(tests, tries_another_id_if_the_made_one_is_taken);
	tcase_add_test(tests, gives_up_when_no_id_is_to_be_had);
	tcase_add_loop_test(tests, makes_any_name_presentable_if_asked_to, 0,
	    COUNT_OF(any_names));
	tcase_add_test(tests, calls_a_room_by_the_id_that_it_gets_in_the_end);
	tcase_add_test(tests, keeps_a_persistent_room_without_members);
	tcase_add_test(tests, messages_have_the_requested_lifetime);
	tcase_add_test(tests, limits_members_as_requested);
	tcase_add_test(tests, limits_members_as_of_any_room);
	tcase_add_test(tests,
	    leaves_the_rooms_before_where_one_is_in_one_at_a_time);
	tcase_add_test(tests, stops_where_a_member_is_in_too_many);
	tcase_add_test(tests, stops_where_there_are_too_many);
	tcase_add_loop_test(tests, refuses, 0, COUNT_OF(refusals));
}
