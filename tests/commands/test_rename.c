#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(answers_with_the_new_name)
{
	people(1);
	ck_assert_int_eq(DO(RENAME, "id1", .name = STR("alice"),
			     .ref = STR("1")),
	    CHAT_OK);
	HEARD("id1: named ref=1 member=alice id=id1\n");
	DO(ME, "id1");
	HEARD("id1: me member=alice id=id1 server=parley\n");
}
END_TEST

START_TEST(publishes_once_in_each_shared_room)
{
	people(2);
	gather("a", 2);
	gather("b", 2);
	DO(RENAME, "id2", .name = STR("bob"));
	HEARD("id2: named member=bob id=id2\n"
	      "room a except=id2: renamed room=a was=member2 member=bob "
	      "id=id2\n"
	      "room b except=id2: renamed room=b was=member2 member=bob "
	      "id=id2\n");
}
END_TEST

START_TEST(is_published_in_the_lobby_as_well)
{
	people(2);
	world.publisher.records_lobby = true;
	DO(RENAME, "id2", .name = STR("bob"));
	HEARD("id2: named member=bob id=id2\n"
	      "lobby except=id2: lobby_renamed was=member2 member=bob "
	      "id=id2\n");
}
END_TEST

START_TEST(publishes_nothing_to_rooms_above_the_presence_limit)
{
	people(4);
	gather("small", 3);
	gather("large", 4);
	DO(RENAME, "id2", .name = STR("bob"));
	HEARD("id2: named member=bob id=id2\n"
	      "room small except=id2: renamed room=small was=member2 "
	      "member=bob id=id2\n");
}
END_TEST

START_TEST(adds_a_number_to_a_taken_name)
{
	people(3);
	DO(RENAME, "id1", .name = STR("Alice"));
	DO(RENAME, "id2", .name = STR("alice"));
	DO(RENAME, "id3", .name = STR("ALICE"));
	HEARD("id1: named member=Alice id=id1\n"
	      "id2: named member=alice#2 id=id2\n"
	      "id3: named member=ALICE#3 id=id3\n");
}
END_TEST

START_TEST(keeps_the_number_for_the_same_name)
{
	people(3);
	gather("r", 2);
	DO(RENAME, "id1", .name = STR("alice"));
	DO(RENAME, "id2", .name = STR("alice"));
	DO(RENAME, "id3", .name = STR("alice"));
	forget_what_was_heard();
	DO(RENAME, "id2", .name = STR("alice"));
	HEARD("id2: named member=alice#2 id=id2\n");
	DO(RENAME, "id3", .name = STR("alice"));
	HEARD("id3: named member=alice#3 id=id3\n");
}
END_TEST

START_TEST(publishes_nothing_if_the_name_stays)
{
	people(2);
	gather("r", 2);
	DO(RENAME, "id2", .name = STR("member2"));
	HEARD("id2: named member=member2 id=id2\n");
}
END_TEST

START_TEST(publishes_a_change_of_case)
{
	people(2);
	gather("r", 2);
	DO(RENAME, "id2", .name = STR("Member2"));
	HEARD("id2: named member=Member2 id=id2\n"
	      "room r except=id2: renamed room=r was=member2 member=Member2 "
	      "id=id2\n");
}
END_TEST

START_TEST(releases_the_previous_name)
{
	people(2);
	DO(RENAME, "id1", .name = STR("alice"));
	forget_what_was_heard();
	DO(RENAME, "id2", .name = STR("member1"));
	HEARD("id2: named member=member1 id=id2\n");
}
END_TEST

static const struct {
	struct str name;
	const char *heard;
} refusals[] = {
	{ STR_ABSENT, "id1: failed bad_field field=name\n" },
	{ STR(""), "id1: failed name_invalid\n" },
	{ STR(" alice"), "id1: failed name_invalid\n" },
};

START_TEST(refuses)
{
	people(1);
	ck_assert_int_ne(DO(RENAME, "id1", .name = refusals[_i].name), CHAT_OK);
	HEARD(refusals[_i].heard);
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
