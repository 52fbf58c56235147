#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(lets_go_of_old_messages)
{
	size_t empty;

	people(1);
	gather("r", 1);
	empty = history_bytes(world.chat.history);
	say("id1", "r", 3);
	ck_assert_uint_gt(history_bytes(world.chat.history), empty);
	fake_clock_pass(&world.clock, 60000);
	ck_assert_int_eq(TICK(), CHAT_OK);
	HEARD("");
	ck_assert_uint_eq(history_bytes(world.chat.history), empty);
}
END_TEST

START_TEST(has_nothing_to_say_in_an_empty_world)
{
	ck_assert_int_eq(TICK(), CHAT_OK);
	HEARD("");
}
END_TEST

SUITE(tick)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, lets_go_of_old_messages);
	tcase_add_test(tests, has_nothing_to_say_in_an_empty_world);
}
