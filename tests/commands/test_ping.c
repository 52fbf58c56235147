#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(answers_with_the_wall_clock)
{
	connect_members(1);
	world.clock.wall_ms = 1795241301123;
	ck_assert_int_eq(DO(PING, "id1", .ref = STR("x")), CHAT_OK);
	EXPECT_EVENTS("id1: pong ref=x at=1795241301123\n");
}
END_TEST

SUITE(ping)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, answers_with_the_wall_clock);
}
