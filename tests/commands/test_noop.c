#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(is_done_without_an_answer)
{
	connect_members(1);
	ck_assert_int_eq(DO(NOOP, "id1", .ref = STR("1")), CHAT_OK);
	EXPECT_EVENTS("");
}
END_TEST

SUITE(noop)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, is_done_without_an_answer);
}
