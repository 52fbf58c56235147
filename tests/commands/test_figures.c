#include "tests/suite.h"
#include "tests/support/commands/world.h"

static void
assert_figures(size_t guests, size_t rooms, size_t messages)
{
	struct figures figures;

	chat_figures(&world.chat, &figures);
	ck_assert_uint_eq(figures.guests, guests);
	ck_assert_uint_eq(figures.guest_rooms, rooms);
	ck_assert_uint_eq(figures.guest_messages, messages);
}

START_TEST(count_nobody_but_guests)
{
	assert_figures(0, 0, 0);
	people(3);
	gather("r", 3);
	say("id1", "r", 4);
	assert_figures(0, 0, 0);
}
END_TEST

SUITE(figures)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, count_nobody_but_guests);
}
