#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(answers_with_the_new_name)
{
	connect_members(1);
	ck_assert_int_eq(DO(RENAME, "id1", .name = STR("alice"),
			     .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS("id1: named ref=1 member=alice id=id1\n");
	DO(ME, "id1");
	EXPECT_EVENTS("id1: me member=alice id=id1 server=parley\n");
}
END_TEST

START_TEST(publishes_once_in_each_shared_room)
{
	connect_members(2);
	fill_room("a", 2);
	fill_room("b", 2);
	DO(RENAME, "id2", .name = STR("bob"));
	EXPECT_EVENTS(
	    "id2: named member=bob id=id2\n"
	    "room a except=id2: renamed room=a was=member2 member=bob "
	    "id=id2\n"
	    "room b except=id2: renamed room=b was=member2 member=bob "
	    "id=id2\n");
}
END_TEST

START_TEST(is_published_in_the_lobby_as_well)
{
	connect_members(2);
	world.publisher.records_lobby = true;
	DO(RENAME, "id2", .name = STR("bob"));
	EXPECT_EVENTS("id2: named member=bob id=id2\n"
		      "lobby except=id2: lobby_renamed was=member2 member=bob "
		      "id=id2\n");
}
END_TEST

START_TEST(publishes_nothing_to_rooms_above_the_presence_limit)
{
	connect_members(4);
	fill_room("small", 3);
	fill_room("large", 4);
	DO(RENAME, "id2", .name = STR("bob"));
	EXPECT_EVENTS("id2: named member=bob id=id2\n"
		      "room small except=id2: renamed room=small was=member2 "
		      "member=bob id=id2\n");
}
END_TEST

START_TEST(adds_a_number_to_a_taken_name)
{
	connect_members(3);
	DO(RENAME, "id1", .name = STR("Alice"));
	DO(RENAME, "id2", .name = STR("alice"));
	DO(RENAME, "id3", .name = STR("ALICE"));
	EXPECT_EVENTS("id1: named member=Alice id=id1\n"
		      "id2: named member=alice#2 id=id2\n"
		      "id3: named member=ALICE#3 id=id3\n");
}
END_TEST

START_TEST(keeps_the_number_for_the_same_name)
{
	connect_members(3);
	fill_room("r", 2);
	DO(RENAME, "id1", .name = STR("alice"));
	DO(RENAME, "id2", .name = STR("alice"));
	DO(RENAME, "id3", .name = STR("alice"));
	forget_events();
	DO(RENAME, "id2", .name = STR("alice"));
	EXPECT_EVENTS("id2: named member=alice#2 id=id2\n");
	DO(RENAME, "id3", .name = STR("alice"));
	EXPECT_EVENTS("id3: named member=alice#3 id=id3\n");
}
END_TEST

START_TEST(publishes_nothing_if_the_name_stays)
{
	connect_members(2);
	fill_room("r", 2);
	DO(RENAME, "id2", .name = STR("member2"));
	EXPECT_EVENTS("id2: named member=member2 id=id2\n");
}
END_TEST

START_TEST(publishes_a_change_of_case)
{
	connect_members(2);
	fill_room("r", 2);
	DO(RENAME, "id2", .name = STR("Member2"));
	EXPECT_EVENTS(
	    "id2: named member=Member2 id=id2\n"
	    "room r except=id2: renamed room=r was=member2 member=Member2 "
	    "id=id2\n");
}
END_TEST

START_TEST(releases_the_previous_name)
{
	connect_members(2);
	DO(RENAME, "id1", .name = STR("alice"));
	forget_events();
	DO(RENAME, "id2", .name = STR("member1"));
	EXPECT_EVENTS("id2: named member=member1 id=id2\n");
}
END_TEST

static const struct {
	struct str name;
	const char *events;
} refusals[] = {
	{ STR_ABSENT, "id1: failed bad_field field=name\n" },
	{ STR(""), "id1: failed name_invalid\n" },
	{ STR(" alice"), "id1: failed name_invalid\n" },
};

START_TEST(refuses)
{
	connect_members(1);
	ck_assert_int_ne(DO(RENAME, "id1", .name = refusals[_i].name), CHAT_OK);
	EXPECT_EVENTS(refusals[_i].events);
}
END_TEST

SUITE(rename)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, answers_with_the_new_name);
	tcase_add_test(tests, publishes_once_in_each_shared_room);
	tcase_add_test(tests, is_published_in_the_lobby_as_well);
	tcase_add_test(tests,
	    publishes_nothing_to_rooms_above_the_presence_limit);
	tcase_add_test(tests, adds_a_number_to_a_taken_name);
	tcase_add_test(tests, keeps_the_number_for_the_same_name);
	tcase_add_test(tests, publishes_nothing_if_the_name_stays);
	tcase_add_test(tests, publishes_a_change_of_case);
	tcase_add_test(tests, releases_the_previous_name);
	tcase_add_loop_test(tests, refuses, 0, COUNT_OF(refusals));
}
