/* What every room store must do. */
#include <stdio.h>

#include "domain/base/count_of.h"
#include "tests/persistence/store_contract.h"

static enum chat_error
room_put_numbered(struct room_store *rooms, const char *id)
{
	struct room room = { .name = "A room",
		.epoch = "0123456789abcdef",
		.persistent = true };

	snprintf(room.id, sizeof(room.id), "%s", id);
	return room_store_put(rooms, &room);
}

static enum chat_error
room_join_member(struct room_store *rooms, const char *room,
    const char *member_id)
{
	return room_store_join(rooms, str_from(room), str_from(member_id),
	    false);
}

static enum chat_error
room_leave_member(struct room_store *rooms, const char *room,
    const char *member_id)
{
	return room_store_leave(rooms, str_from(room), str_from(member_id));
}

static struct room_store *
rooms_create(int kind)
{
	struct room_store *rooms = store_kinds[kind].rooms();

	ck_assert_ptr_nonnull(rooms);
	return rooms;
}

/* Red: a, b, c. Blue: c, a. Green: empty. */
static struct room_store *
three_rooms(int kind)
{
	struct room_store *rooms = rooms_create(kind);

	ck_assert_int_eq(room_put_numbered(rooms, "red"), CHAT_OK);
	ck_assert_int_eq(room_put_numbered(rooms, "blue"), CHAT_OK);
	ck_assert_int_eq(room_put_numbered(rooms, "green"), CHAT_OK);
	ck_assert_int_eq(room_join_member(rooms, "red", "a"), CHAT_OK);
	ck_assert_int_eq(room_join_member(rooms, "red", "b"), CHAT_OK);
	ck_assert_int_eq(room_join_member(rooms, "blue", "c"), CHAT_OK);
	ck_assert_int_eq(room_join_member(rooms, "blue", "a"), CHAT_OK);
	ck_assert_int_eq(room_join_member(rooms, "red", "c"), CHAT_OK);
	return rooms;
}

static bool
line_append_room(const struct room *room, void *arg)
{
	char *line = arg;

	sprintf(line + strlen(line), "%s:%zu ", room->id, room->member_count);
	return true;
}

static bool
append_member(struct str id, void *arg)
{
	strncat(arg, id.data, id.len);
	return true;
}

/* All rooms and how many are in each: "red:3 blue:2 green:0 ". */
static void
rooms_expect(struct room_store *rooms, const char *expected)
{
	char line[1000] = "";

	room_store_each(rooms, line_append_room, line);
	ck_assert_str_eq(line, expected);
}

/* The members of a room, in order of joining: "abc". */
static void
assert_members(struct room_store *rooms, const char *room, const char *expected)
{
	char line[1000] = "";
	char one[2] = "";

	room_store_each_member(rooms, str_from(room), append_member, line);
	ck_assert_str_eq(line, expected);
	for (one[0] = 'a'; one[0] <= 'e'; one[0]++) {
		bool is_member = strchr(expected, one[0]) != NULL;
		struct room joined = { .id = "" };

		ck_assert(room_store_has(rooms, str_from(room),
			      str_from(one)) == is_member);
		ck_assert(room_store_get_joined(rooms, str_from(room),
			      str_from(one), &joined) == is_member);
		ck_assert_str_eq(joined.id, is_member ? room : "");
	}
}

/* The rooms of a member, in order of joining. */
static void
assert_rooms_of(struct room_store *rooms, const char *member_id,
    const char *expected)
{
	char line[1000] = "";
	size_t count = 0;

	room_store_each_room_of(rooms, str_from(member_id), line_append_room,
	    line);
	ck_assert_str_eq(line, expected);
	for (const char *at = line; (at = strchr(at, ' ')) != NULL; at++)
		count++;
	ck_assert_uint_eq(room_store_rooms_of(rooms, str_from(member_id)),
	    count);
}

START_TEST(has_no_rooms_at_first)
{
	struct room_store *rooms = rooms_create(_i);
	struct room room;

	ck_assert_uint_eq(room_store_count(rooms), 0);
	rooms_expect(rooms, "");
	ck_assert_int_eq(room_store_get(rooms, STR("red"), &room),
	    CHAT_ROOM_NOT_FOUND);
	assert_members(rooms, "red", "");
	assert_rooms_of(rooms, "a", "");
	room_store_destroy(rooms);
}
END_TEST

START_TEST(gives_a_room_back_as_it_was_put_but_counts_itself)
{
	struct room_store *rooms = rooms_create(_i);
	struct room room = { .epoch = "0123456789abcdef",
		.persistent = true,
		.ttl_ms = 5000,
		.created_ms = 1000,
		.active_ms = 2000,
		.max_members = 12,
		.member_count = 99,
		.guest_count = 98 };
	struct room out;

	memset(room.id, 'i', sizeof(room.id) - 1);
	memset(room.name, 'n', sizeof(room.name) - 1);
	ck_assert_int_eq(room_store_put(rooms, &room), CHAT_OK);
	ck_assert_int_eq(room_store_get(rooms, str_from(room.id), &out),
	    CHAT_OK);
	ck_assert_str_eq(out.id, room.id);
	ck_assert_str_eq(out.name, room.name);
	ck_assert_str_eq(out.epoch, room.epoch);
	ck_assert(out.persistent);
	ck_assert_int_eq(out.ttl_ms, 5000);
	ck_assert_uint_eq(out.max_members, 12);
	ck_assert_int_eq(out.created_ms, 1000);
	ck_assert_int_eq(out.active_ms, 2000);
	ck_assert_uint_eq(out.member_count, 0);
	ck_assert_uint_eq(out.guest_count, 0);
	room_store_destroy(rooms);
}
END_TEST

START_TEST(refuses_a_room_that_is_there)
{
	struct room_store *rooms = three_rooms(_i);

	ck_assert_int_eq(room_put_numbered(rooms, "blue"), CHAT_ROOM_EXISTS);
	ck_assert_int_eq(room_put_numbered(rooms, "Blue"), CHAT_OK);
	rooms_expect(rooms, "red:3 blue:2 green:0 Blue:0 ");
	ck_assert_uint_eq(room_store_count(rooms), 4);
	room_store_destroy(rooms);
}
END_TEST

START_TEST(shows_members_and_rooms_in_order_of_joining)
{
	struct room_store *rooms = three_rooms(_i);

	rooms_expect(rooms, "red:3 blue:2 green:0 ");
	assert_members(rooms, "red", "abc");
	assert_members(rooms, "blue", "ca");
	assert_members(rooms, "green", "");
	assert_members(rooms, "black", "");
	assert_rooms_of(rooms, "a", "red:3 blue:2 ");
	assert_rooms_of(rooms, "b", "red:3 ");
	assert_rooms_of(rooms, "c", "blue:2 red:3 ");
	assert_rooms_of(rooms, "d", "");
	room_store_destroy(rooms);
}
END_TEST

START_TEST(refuses_to_join_twice_or_where_there_is_no_room)
{
	struct room_store *rooms = three_rooms(_i);

	ck_assert_int_eq(room_join_member(rooms, "red", "a"),
	    CHAT_MEMBER_EXISTS);
	ck_assert_int_eq(room_join_member(rooms, "black", "a"),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert_int_eq(room_join_member(rooms, "black", "d"),
	    CHAT_ROOM_NOT_FOUND);
	assert_members(rooms, "red", "abc");
	assert_rooms_of(rooms, "a", "red:3 blue:2 ");
	assert_rooms_of(rooms, "d", "");
	room_store_destroy(rooms);
}
END_TEST

START_TEST(refuses_to_leave_where_one_is_not)
{
	struct room_store *rooms = three_rooms(_i);

	ck_assert_int_eq(room_leave_member(rooms, "green", "a"),
	    CHAT_NOT_IN_ROOM);
	ck_assert_int_eq(room_leave_member(rooms, "black", "a"),
	    CHAT_NOT_IN_ROOM);
	ck_assert_int_eq(room_leave_member(rooms, "red", "d"),
	    CHAT_NOT_IN_ROOM);
	rooms_expect(rooms, "red:3 blue:2 green:0 ");
	room_store_destroy(rooms);
}
END_TEST

static const struct {
	const char *who;
	const char *red_after;
} leavers[] = { { "a", "bc" }, { "b", "ac" }, { "c", "ab" } };

START_TEST(keeps_the_others_when_a_member_leaves)
{
	for (size_t i = 0; i < COUNT_OF(leavers); i++) {
		struct room_store *rooms = three_rooms(_i);

		ck_assert_int_eq(room_leave_member(rooms, "red",
				     leavers[i].who),
		    CHAT_OK);
		assert_members(rooms, "red", leavers[i].red_after);
		assert_members(rooms, "blue", "ca");
		rooms_expect(rooms, "red:2 blue:2 green:0 ");
		ck_assert_int_eq(room_leave_member(rooms, "red",
				     leavers[i].who),
		    CHAT_NOT_IN_ROOM);
		room_store_destroy(rooms);
	}
}
END_TEST

START_TEST(a_member_that_rejoins_is_the_last)
{
	struct room_store *rooms = three_rooms(_i);

	ck_assert_int_eq(room_leave_member(rooms, "red", "a"), CHAT_OK);
	assert_rooms_of(rooms, "a", "blue:2 ");
	ck_assert_int_eq(room_join_member(rooms, "red", "a"), CHAT_OK);
	assert_members(rooms, "red", "bca");
	assert_rooms_of(rooms, "a", "blue:2 red:3 ");
	room_store_destroy(rooms);
}
END_TEST

START_TEST(a_room_can_be_left_by_all_and_removed_and_made_again)
{
	struct room_store *rooms = three_rooms(_i);

	ck_assert_int_eq(room_leave_member(rooms, "blue", "a"), CHAT_OK);
	ck_assert_int_eq(room_leave_member(rooms, "blue", "c"), CHAT_OK);
	room_store_remove(rooms, STR("blue"));
	room_store_remove(rooms, STR("black"));
	rooms_expect(rooms, "red:3 green:0 ");
	assert_rooms_of(rooms, "c", "red:3 ");
	ck_assert_int_eq(room_put_numbered(rooms, "blue"), CHAT_OK);
	rooms_expect(rooms, "red:3 green:0 blue:0 ");
	room_store_remove(rooms, STR("blue"));
	room_store_remove(rooms, STR("green"));
	ck_assert_int_eq(room_put_numbered(rooms, "white"), CHAT_OK);
	rooms_expect(rooms, "red:3 white:0 ");
	ck_assert_uint_eq(room_store_count(rooms), 2);
	room_store_destroy(rooms);
}
END_TEST

START_TEST(a_member_joins_many_rooms_and_leaves_them_in_any_order)
{
	enum {
		MANY = 64,
		STEP = 29
	}; /* no common factor */
	struct room_store *rooms = rooms_create(_i);
	char id[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "room%d", i);
		ck_assert_int_eq(room_put_numbered(rooms, id), CHAT_OK);
		ck_assert_int_eq(room_join_member(rooms, id, "a"), CHAT_OK);
		ck_assert_int_eq(room_join_member(rooms, id, "a"),
		    CHAT_MEMBER_EXISTS);
		ck_assert(room_store_has(rooms, str_from(id), STR("a")));
	}
	for (size_t i = 0; i < MANY; i++) {
		ck_assert_uint_eq(room_store_rooms_of(rooms, STR("a")),
		    MANY - i);
		snprintf(id, sizeof(id), "room%zu", i * STEP % MANY);
		ck_assert_int_eq(room_leave_member(rooms, id, "a"), CHAT_OK);
		ck_assert(!room_store_has(rooms, str_from(id), STR("a")));
		assert_members(rooms, id, "");
	}
	assert_rooms_of(rooms, "a", "");
	room_store_destroy(rooms);
}
END_TEST

START_TEST(records_the_time_of_the_last_join_or_leave)
{
	struct room_store *rooms = three_rooms(_i);
	struct room room;

	room_store_touch(rooms, STR("blue"), 5000);
	room_store_touch(rooms, STR("black"), 6000);
	ck_assert_int_eq(room_store_get(rooms, STR("blue"), &room), CHAT_OK);
	ck_assert_int_eq(room.active_ms, 5000);
	ck_assert_int_eq(room_store_get(rooms, STR("red"), &room), CHAT_OK);
	ck_assert_int_eq(room.active_ms, 0);
	room_store_destroy(rooms);
}
END_TEST

START_TEST(takes_another_epoch)
{
	struct room_store *rooms = three_rooms(_i);
	struct room room;

	ck_assert_int_eq(room_store_get(rooms, STR("blue"), &room), CHAT_OK);
	strcpy(room.epoch, "second");
	strcpy(room.former_epoch, "first");
	room.former_seq = 7;
	room_store_set_epoch(rooms, &room);
	ck_assert_int_eq(room_store_get(rooms, STR("blue"), &room), CHAT_OK);
	ck_assert(room_continues_epoch(&room, STR("second"), 99));
	ck_assert(room_continues_epoch(&room, STR("first"), 7));
	ck_assert(!room_continues_epoch(&room, STR("first"), 8));
	strcpy(room.id, "unknown");
	room_store_set_epoch(rooms, &room);
	room_store_destroy(rooms);
}
END_TEST

static void
enter_as_guest(struct room_store *rooms, const char *room, const char *id)
{
	ck_assert_int_eq(room_store_join(rooms, str_from(room), str_from(id),
			     true),
	    CHAT_OK);
}

static bool
append_guests(const struct room *room, void *arg)
{
	char *line = arg;

	sprintf(line + strlen(line), "%s:%zu/%zu ", room->id, room->guest_count,
	    room->member_count);
	return true;
}

/* "red:1/3 blue:0/2 green:0/0 ", and what they make in all. */
static void
assert_guests(struct room_store *rooms, const char *expected, size_t members,
    size_t rooms_with_guests)
{
	struct room_guests guests;
	char line[1000] = "";

	room_store_each(rooms, append_guests, line);
	ck_assert_str_eq(line, expected);
	room_store_guests(rooms, &guests);
	ck_assert_uint_eq(guests.members, members);
	ck_assert_uint_eq(guests.rooms, rooms_with_guests);
}

START_TEST(counts_guests_and_the_rooms_that_have_some)
{
	struct room_store *rooms = three_rooms(_i);

	assert_guests(rooms, "red:0/3 blue:0/2 green:0/0 ", 0, 0);
	enter_as_guest(rooms, "red", "d");
	enter_as_guest(rooms, "green", "e");
	enter_as_guest(rooms, "green", "f");
	assert_guests(rooms, "red:1/4 blue:0/2 green:2/2 ", 3, 2);
	ck_assert_int_eq(room_store_join(rooms, STR("green"), STR("e"), true),
	    CHAT_MEMBER_EXISTS);
	ck_assert_int_eq(room_leave_member(rooms, "red", "d"), CHAT_OK);
	ck_assert_int_eq(room_leave_member(rooms, "red", "a"), CHAT_OK);
	assert_guests(rooms, "red:0/2 blue:0/2 green:2/2 ", 2, 1);
	enter_as_guest(rooms, "blue", "d");
	ck_assert_int_eq(room_leave_member(rooms, "green", "e"), CHAT_OK);
	ck_assert_int_eq(room_leave_member(rooms, "green", "f"), CHAT_OK);
	assert_guests(rooms, "red:0/2 blue:1/3 green:0/0 ", 1, 1);
	room_store_destroy(rooms);
}
END_TEST

static bool
stop_at_room(const struct room *room, void *arg)
{
	(void)room;
	++*(int *)arg;
	return false;
}

static bool
stop_at_member(struct str id, void *arg)
{
	(void)id;
	++*(int *)arg;
	return false;
}

START_TEST(visits_end_if_the_visitor_returns_false)
{
	struct room_store *rooms = three_rooms(_i);
	int visits = 0;

	room_store_each(rooms, stop_at_room, &visits);
	ck_assert_int_eq(visits, 1);
	room_store_each_room_of(rooms, STR("a"), stop_at_room, &visits);
	ck_assert_int_eq(visits, 2);
	room_store_each_member(rooms, STR("red"), stop_at_member, &visits);
	ck_assert_int_eq(visits, 3);
	room_store_destroy(rooms);
}
END_TEST

SUITE(rooms)
{
	ADD_FOR_EACH_KIND(tests, has_no_rooms_at_first);
	ADD_FOR_EACH_KIND(tests,
	    gives_a_room_back_as_it_was_put_but_counts_itself);
	ADD_FOR_EACH_KIND(tests, refuses_a_room_that_is_there);
	ADD_FOR_EACH_KIND(tests, shows_members_and_rooms_in_order_of_joining);
	ADD_FOR_EACH_KIND(tests,
	    refuses_to_join_twice_or_where_there_is_no_room);
	ADD_FOR_EACH_KIND(tests, refuses_to_leave_where_one_is_not);
	ADD_FOR_EACH_KIND(tests, keeps_the_others_when_a_member_leaves);
	ADD_FOR_EACH_KIND(tests, a_member_that_rejoins_is_the_last);
	ADD_FOR_EACH_KIND(tests,
	    a_room_can_be_left_by_all_and_removed_and_made_again);
	ADD_FOR_EACH_KIND(tests,
	    a_member_joins_many_rooms_and_leaves_them_in_any_order);
	ADD_FOR_EACH_KIND(tests, records_the_time_of_the_last_join_or_leave);
	ADD_FOR_EACH_KIND(tests, takes_another_epoch);
	ADD_FOR_EACH_KIND(tests, counts_guests_and_the_rooms_that_have_some);
	ADD_FOR_EACH_KIND(tests, visits_end_if_the_visitor_returns_false);
}
