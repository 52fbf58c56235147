#include "persistence/memory/room_sizes.h"

#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/persistence/chance.h"

#define ROOMS 200

static struct room_sizes sizes;
static struct room_size rooms[ROOMS];

static void
setup(void)
{
	room_sizes_init(&sizes);
	memset(rooms, 0, sizeof(rooms));
}

START_TEST(nothing_is_the_largest_of_none)
{
	ck_assert_ptr_null(room_sizes_largest(&sizes, NULL));
	room_sizes_set(&sizes, &rooms[0], 10);
	room_sizes_set(&sizes, &rooms[0], 0);
	ck_assert_ptr_null(room_sizes_largest(&sizes, NULL));
	ck_assert_uint_eq(sizes.bytes, 0);
}
END_TEST

START_TEST(one_room_can_be_passed_over)
{
	room_sizes_set(&sizes, &rooms[0], 1000);
	ck_assert_ptr_null(room_sizes_largest(&sizes, &rooms[0]));
	room_sizes_set(&sizes, &rooms[1], 1001);
	ck_assert_ptr_eq(room_sizes_largest(&sizes, &rooms[0]), &rooms[1]);
	room_sizes_set(&sizes, &rooms[1], 1);
	ck_assert_ptr_eq(room_sizes_largest(&sizes, &rooms[0]), &rooms[1]);
	ck_assert_ptr_eq(room_sizes_largest(&sizes, NULL), &rooms[0]);
}
END_TEST

static size_t
rooms_largest(void)
{
	size_t bytes = 0;

	for (size_t i = 0; i < ROOMS; i++)
		if (rooms[i].bytes > bytes)
			bytes = rooms[i].bytes;
	return bytes;
}

START_TEST(the_largest_is_found_but_for_a_quarter)
{
	struct chance chance = { 1 };
	size_t all = 0;

	for (int i = 0; i < 20000; i++) {
		struct room_size *room = &rooms[chance_below(&chance, ROOMS)];
		size_t bytes = chance_below(&chance, 1u << (i % 30));
		const struct room_size *found;

		all += bytes - room->bytes;
		room_sizes_set(&sizes, room, bytes);
		ck_assert_uint_eq(sizes.bytes, all);
		found = room_sizes_largest(&sizes, NULL);
		ck_assert_int_eq(found == NULL, all == 0);
		if (found != NULL)
			ck_assert_uint_gt(found->bytes * 5 / 4 + 1,
			    rooms_largest());
	}
}
END_TEST

START_TEST(any_size_fits)
{
	size_t bytes = SIZE_MAX >> 1;

	for (; bytes > 0; bytes /= 2) {
		room_sizes_set(&sizes, &rooms[0], bytes);
		ck_assert_ptr_eq(room_sizes_largest(&sizes, NULL), &rooms[0]);
	}
}
END_TEST

SUITE(room_sizes)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, nothing_is_the_largest_of_none);
	tcase_add_test(tests, one_room_can_be_passed_over);
	tcase_add_test(tests, the_largest_is_found_but_for_a_quarter);
	tcase_add_test(tests, any_size_fits);
}
