#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(greets_a_newcomer_and_announces_it_to_all)
{
	CONNECT();
	EXPECT_EVENTS("attach id1\n"
		      "id1: welcome member=member1 id=id1 server=parley\n"
		      "lobby: announced member=member1 id=id1\n");
	CONNECT();
	EXPECT_EVENTS("attach id2\n"
		      "id2: welcome member=member2 id=id2 server=parley\n"
		      "lobby: announced member=member2 id=id2\n");
}
END_TEST

START_TEST(never_uses_a_number_again)
{
	CONNECT();
	CONNECT();
	DO(DISCONNECT, "id2");
	forget_events();
	CONNECT();
	EXPECT_EVENTS("attach id3\n"
		      "id3: welcome member=member3 id=id3 server=parley\n"
		      "lobby: announced member=member3 id=id3\n");
}
END_TEST

START_TEST(gives_the_requested_name)
{
	CONNECT(.name = STR("alice"));
	EXPECT_EVENTS("attach id1\n"
		      "id1: welcome member=alice id=id1 server=parley\n"
		      "lobby: announced member=alice id=id1\n");
}
END_TEST

START_TEST(puts_a_number_behind_a_name_that_is_taken)
{
	CONNECT(.name = STR("Alice"));
	CONNECT(.name = STR("alice"));
	CONNECT(.name = STR("ALICE"));
	EXPECT_EVENTS("attach id1\n"
		      "id1: welcome member=Alice id=id1 server=parley\n"
		      "lobby: announced member=Alice id=id1\n"
		      "attach id2\n"
		      "id2: welcome member=alice#2 id=id2 server=parley\n"
		      "lobby: announced member=alice#2 id=id2\n"
		      "attach id3\n"
		      "id3: welcome member=ALICE#3 id=id3 server=parley\n"
		      "lobby: announced member=ALICE#3 id=id3\n");
}
END_TEST

START_TEST(appends_a_number_to_a_made_name_that_is_taken)
{
	CONNECT(.name = STR("member2"));
	forget_events();
	CONNECT();
	EXPECT_EVENTS("attach id2\n"
		      "id2: welcome member=member2#2 id=id2 server=parley\n"
		      "lobby: announced member=member2#2 id=id2\n");
}
END_TEST

START_TEST(reports_a_bad_name_after_the_greeting)
{
	ck_assert_int_eq(CONNECT(.name = STR(" alice")), CHAT_OK);
	EXPECT_EVENTS("attach id1\n"
		      "id1: welcome member=member1 id=id1 server=parley\n"
		      "lobby: announced member=member1 id=id1\n"
		      "id1: failed name_invalid\n");
}
END_TEST

START_TEST(announces_to_the_newcomer_alone_in_a_large_lobby)
{
	for (int i = 0; i < 3; i++)
		CONNECT();
	forget_events();
	CONNECT();
	EXPECT_EVENTS("attach id4\n"
		      "id4: welcome member=member4 id=id4 server=parley\n"
		      "id4: announced member=member4 id=id4\n");
}
END_TEST

START_TEST(announces_to_all_when_the_lobby_has_become_small_again)
{
	for (int i = 0; i < 4; i++)
		CONNECT();
	DO(DISCONNECT, "id1");
	DO(DISCONNECT, "id2");
	forget_events();
	CONNECT();
	EXPECT_EVENTS("attach id5\n"
		      "id5: welcome member=member5 id=id5 server=parley\n"
		      "lobby: announced member=member5 id=id5\n");
}
END_TEST

START_TEST(keeps_a_dialect_without_lobby_out_of_it)
{
	for (int i = 0; i < 3; i++)
		CONNECT(.flags = COMMAND_NO_LOBBY);
	forget_events();
	CONNECT(.flags = COMMAND_NO_LOBBY);
	EXPECT_EVENTS("attach id4\n"
		      "id4: welcome member=member4 id=id4 server=parley\n");
	CONNECT();
	EXPECT_EVENTS("attach id5\n"
		      "id5: welcome member=member5 id=id5 server=parley\n"
		      "lobby: announced member=member5 id=id5\n");
}
END_TEST

START_TEST(makes_ids_in_the_style_of_the_dialect)
{
	CONNECT(.id_style = ID_UUID);
	EXPECT_EVENTS("attach uuid1\n"
		      "uuid1: welcome member=member1 id=uuid1 server=parley\n"
		      "lobby: announced member=member1 id=uuid1\n");
}
END_TEST

START_TEST(tries_another_id_if_one_is_taken)
{
	CONNECT();
	forget_events();
	world.ids.repeats = 3;
	ck_assert_int_eq(CONNECT(), CHAT_OK);
	EXPECT_EVENTS("attach id2\n"
		      "id2: welcome member=member2 id=id2 server=parley\n"
		      "lobby: announced member=member2 id=id2\n");
}
END_TEST

START_TEST(gives_up_when_no_id_is_to_be_had)
{
	CONNECT();
	forget_events();
	world.ids.repeats = 1000;
	ck_assert_int_eq(CONNECT(), CHAT_UNAVAILABLE);
	EXPECT_EVENTS("");
	ck_assert_uint_eq(member_store_count(world.chat.members), 1);
}
END_TEST

START_TEST(may_name_a_newcomer_by_its_id)
{
	CONNECT(.flags = COMMAND_NAMED_BY_ID | COMMAND_NO_LOBBY,
	    .name = STR("alice"));
	EXPECT_EVENTS("attach id1\n"
		      "id1: welcome member=id1 id=id1 server=parley\n");
}
END_TEST

START_TEST(tries_another_id_if_it_is_the_name_of_a_member)
{
	CONNECT(.name = STR("ID2"));
	forget_events();
	ck_assert_int_eq(CONNECT(.flags =
				     COMMAND_NAMED_BY_ID | COMMAND_NO_LOBBY),
	    CHAT_OK);
	EXPECT_EVENTS("attach id3\n"
		      "id3: welcome member=id3 id=id3 server=parley\n");
}
END_TEST

START_TEST(lets_guests_in_without_a_name)
{
	for (int i = 0; i < 2; i++)
		CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY,
		    .name = STR("alice"));
	EXPECT_EVENTS("attach id1\n"
		      "id1: welcome member= id=id1 server=parley\n"
		      "attach id2\n"
		      "id2: welcome member= id=id2 server=parley\n");
	CONNECT(.name = STR("alice"));
	EXPECT_EVENTS("attach id3\n"
		      "id3: welcome member=alice id=id3 server=parley\n"
		      "lobby: announced member=alice id=id3\n");
}
END_TEST

START_TEST(counts_only_members_with_made_names)
{
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	CONNECT(.flags = COMMAND_NAMED_BY_ID | COMMAND_NO_LOBBY);
	forget_events();
	CONNECT();
	EXPECT_EVENTS("attach id3\n"
		      "id3: welcome member=member1 id=id3 server=parley\n"
		      "lobby: announced member=member1 id=id3\n");
}
END_TEST

/* Without a wish, or with one that is not valid. */
START_TEST(names_a_user_by_the_head_of_its_id)
{
	CONNECT(.flags = COMMAND_NAMED_USER);
	EXPECT_EVENTS("attach id1\n"
		      "id1: welcome member=User_id1 id=id1 server=parley\n"
		      "lobby: announced member=User_id1 id=id1\n");
	CONNECT(.flags = COMMAND_NAMED_USER, .name = STR("bob"));
	EXPECT_EVENTS("attach id2\n"
		      "id2: welcome member=bob id=id2 server=parley\n"
		      "lobby: announced member=bob id=id2\n");
	CONNECT(.flags = COMMAND_NAMED_USER, .name = STR(""));
	EXPECT_EVENTS("attach id3\n"
		      "id3: welcome member=User_id3 id=id3 server=parley\n"
		      "lobby: announced member=User_id3 id=id3\n"
		      "id3: failed name_invalid\n");
}
END_TEST

SUITE(connect)
{
	tcase_add_test(tests, names_a_user_by_the_head_of_its_id);
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, greets_a_newcomer_and_announces_it_to_all);
	tcase_add_test(tests, never_uses_a_number_again);
	tcase_add_test(tests, gives_the_requested_name);
	tcase_add_test(tests, puts_a_number_behind_a_name_that_is_taken);
	tcase_add_test(tests, appends_a_number_to_a_made_name_that_is_taken);
	tcase_add_test(tests, reports_a_bad_name_after_the_greeting);
	tcase_add_test(tests, announces_to_the_newcomer_alone_in_a_large_lobby);
	tcase_add_test(tests,
	    announces_to_all_when_the_lobby_has_become_small_again);
	tcase_add_test(tests, keeps_a_dialect_without_lobby_out_of_it);
	tcase_add_test(tests, makes_ids_in_the_style_of_the_dialect);
	tcase_add_test(tests, tries_another_id_if_one_is_taken);
	tcase_add_test(tests, gives_up_when_no_id_is_to_be_had);
	tcase_add_test(tests, may_name_a_newcomer_by_its_id);
	tcase_add_test(tests, tries_another_id_if_it_is_the_name_of_a_member);
	tcase_add_test(tests, lets_guests_in_without_a_name);
	tcase_add_test(tests, counts_only_members_with_made_names);
}
