/* The memory of a membership. */
#include "persistence/memory/memory_rooms.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

/* Members join, from first to last. Returns how many bytes that allocated. */
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

static bool
count_room(const struct room *room, void *arg)
{
	(void)room;
	++*(int *)arg;
	return true;
}

START_TEST(hides_a_room_and_shows_it_again)
{
	struct room red = { .id = "red", .name = "Red", .epoch = "e" };
	struct room_store *rooms = memory_rooms_create();
	struct room found;
	int visited = 0;

	ck_assert_int_eq(room_store_put(rooms, &red), CHAT_OK);
	memory_rooms_hide(rooms, STR("red"), true);
	ck_assert_int_eq(room_store_get(rooms, STR("red"), &found),
	    CHAT_ROOM_NOT_FOUND);
	room_store_each(rooms, count_room, &visited);
	ck_assert_int_eq(visited, 0);
	ck_assert_uint_eq(room_store_count(rooms), 1);
	ck_assert_int_eq(room_store_put(rooms, &red), CHAT_ROOM_EXISTS);
	memory_rooms_hide(rooms, STR("red"), false);
	ck_assert_int_eq(room_store_get(rooms, STR("red"), &found), CHAT_OK);
	room_store_each(rooms, count_room, &visited);
	ck_assert_int_eq(visited, 1);
	room_store_destroy(rooms);
}
END_TEST

START_TEST(memory_of_memberships_is_counted_and_given_back)
{
	struct room_store *rooms = memory_rooms_create();
	struct room room = { .id = "r", .name = "R", .epoch = "e" };
	size_t with_room, with_members;
	char id[24];

	ck_assert_int_eq(room_store_put(rooms, &room), CHAT_OK);
	with_room = room_store_bytes(rooms);
	ck_assert_uint_ge(with_room, sizeof(room));
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "member%d", i);
		ck_assert_int_eq(room_store_join(rooms, STR("r"), str_from(id),
				     false),
		    CHAT_OK);
	}
	with_members = room_store_bytes(rooms);
	ck_assert_uint_gt(with_members, with_room + 1000 * 80);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "member%d", i);
		room_store_leave(rooms, STR("r"), str_from(id));
	}
	/* The slots of the map may stay. */
	ck_assert_uint_lt(room_store_bytes(rooms), with_room + 1000 * 24);
	room_store_destroy(rooms);
}
END_TEST

static void
put_of_origin(struct room_store *rooms, const char *id, uint64_t origin,
    bool persistent)
{
	struct room room = { .name = "Room",
		.epoch = "e",
		.persistent = persistent,
		.origin = origin };

	strcpy(room.id, id);
	ck_assert_int_eq(room_store_put(rooms, &room), CHAT_OK);
}

static void
assert_count_of(struct room_store *rooms, uint64_t origin, size_t all,
    size_t persistent)
{
	struct room_counts counts = room_store_count_of(rooms, origin);

	ck_assert_uint_eq(counts.all, all);
	ck_assert_uint_eq(counts.persistent, persistent);
}

START_TEST(counts_the_rooms_of_an_origin)
{
	struct room_store *rooms = memory_rooms_create();

	put_of_origin(rooms, "none", 0, true);
	put_of_origin(rooms, "a", 7, false);
	put_of_origin(rooms, "b", 7, true);
	put_of_origin(rooms, "c", 8, false);
	assert_count_of(rooms, 7, 2, 1);
	assert_count_of(rooms, 8, 1, 0);
	assert_count_of(rooms, 9, 0, 0);
	room_store_remove(rooms, STR("b"));
	room_store_remove(rooms, STR("none"));
	assert_count_of(rooms, 7, 1, 0);
	room_store_remove(rooms, STR("a"));
	assert_count_of(rooms, 7, 0, 0);
	room_store_destroy(rooms);
}
END_TEST

START_TEST(without_memory_no_room_is_counted)
{
	struct room room = {
		.id = "a", .name = "A", .epoch = "e", .origin = 7
	};
	enum chat_error error = CHAT_UNAVAILABLE;

	if (!malloc_can_fail())
		return;
	for (unsigned nth = 1; error != CHAT_OK; nth++) {
		struct room_store *rooms = memory_rooms_create();

		malloc_fail_at(nth);
		error = room_store_put(rooms, &room);
		malloc_fail_at(0);
		assert_count_of(rooms, 7, error == CHAT_OK, 0);
		room_store_destroy(rooms);
	}
}
END_TEST

SUITE(memory_rooms)
{
	tcase_add_test(tests, hides_a_room_and_shows_it_again);
	tcase_add_loop_test(tests, takes_two_small_blocks_for_guests_too, 0, 2);
	tcase_add_test(tests, memory_of_memberships_is_counted_and_given_back);
	tcase_add_test(tests, counts_the_rooms_of_an_origin);
	tcase_add_test(tests, without_memory_no_room_is_counted);
}
