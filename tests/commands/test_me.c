#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(answers_with_name_and_id_of_the_author)
{
	connect_members(2);
	ck_assert_int_eq(DO(ME, "id2", .ref = STR("x")), CHAT_OK);
	EXPECT_EVENTS("id2: me ref=x member=member2 id=id2 server=parley\n");
}
END_TEST

START_TEST(shows_the_current_profile)
{
	connect_members(1);
	world.chat.profile.server = STR("reloaded");
	DO(ME, "id1");
	EXPECT_EVENTS("id1: me member=member1 id=id1 server=reloaded\n");
}
END_TEST

SUITE(me)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, answers_with_name_and_id_of_the_author);
	tcase_add_test(tests, shows_the_current_profile);
}
