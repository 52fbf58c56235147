/* What being in a room may cost while nothing happens there. */
#include "persistence/memory/memory_rooms.h"

#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

/* Returns how many bytes were asked for by those who join, first to last. */
static size_t
join_many(struct room_store *rooms, int first, int last, bool guests)
{
	enum chat_error error = CHAT_OK;
	size_t asked;
	char id[16];

	malloc_fail_at(0);
	for (int i = first; i <= last && error == CHAT_OK; i++) {
		snprintf(id, sizeof(id), "%08x", (unsigned)i);
		error =
		    room_store_join(rooms, STR("red"), str_from(id), guests);
	}
	asked = malloc_asked();
	ck_assert_int_eq(error, CHAT_OK);
	return asked;
}

START_TEST(takes_two_small_blocks_for_guests_too)
{
	struct room red = { .id = "red", .name = "Red", .epoch = "e" };
	struct room_store *rooms = memory_rooms_create();

	ck_assert_int_eq(room_store_put(rooms, &red), CHAT_OK);
	join_many(rooms, 1, 4, _i);
	ck_assert_uint_le(join_many(rooms, 5, 5, _i), 24 + 40);
	room_store_destroy(rooms);
}
END_TEST

SUITE(memory_rooms)
{
	tcase_add_loop_test(tests, takes_two_small_blocks_for_guests_too, 0, 2);
}
