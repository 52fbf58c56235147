#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/commands/world.h"
#include "tests/support/failing_malloc.h"

#define HOUR_MS 3600000
#define HOME 7
#define OFFICE 8

static void
setup(void)
{
	world_begin();
	connect_members(1);
	world.chat.limits.rooms = 1000;
	world.chat.limits.rooms_per_member = 1000;
	world.chat.limits.persistent_rooms = 16;
	world.chat.limits.persistent_rooms_per_hour = 3;
}

static enum chat_error
quota_room_create(int number, uint64_t origin, unsigned flags)
{
	char id[16];

	snprintf(id, sizeof(id), "room%d", number);
	return DO(ROOM_CREATE, "id1", .name = STR("Room"), .room = str_from(id),
	    .flags = flags, .origin = origin);
}

static enum chat_error
create_persistent(int number, uint64_t origin)
{
	return quota_room_create(number, origin, COMMAND_PERSISTENT);
}

START_TEST(one_address_creates_so_many_persistent_rooms_an_hour)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(create_persistent(i, HOME), CHAT_OK);
	forget_events();
	ck_assert_int_eq(create_persistent(3, HOME), CHAT_TOO_MANY_ROOMS);
	EXPECT_EVENTS("id1: failed too_many_rooms limit=3\n");
	ck_assert_int_eq(create_persistent(3, OFFICE), CHAT_OK);
	fake_clock_pass(&world.clock, HOUR_MS - 1);
	ck_assert_int_eq(create_persistent(4, HOME), CHAT_TOO_MANY_ROOMS);
	fake_clock_pass(&world.clock, 1);
	ck_assert_int_eq(create_persistent(4, HOME), CHAT_OK);
}
END_TEST

static void
room_put_of(const char *id, uint64_t origin, int64_t age_ms)
{
	struct room room = { .name = "Room",
		.epoch = "1",
		.persistent = true,
		.origin = origin,
		.created_ms = clock_wall_ms(&world.clock.base) - age_ms };

	snprintf(room.id, sizeof(room.id), "%s", id);
	ck_assert_int_eq(room_store_put(world.chat.rooms, &room), CHAT_OK);
}

START_TEST(rooms_from_before_the_start_count)
{
	room_put_of("new", HOME, 1000);
	room_put_of("old", HOME, HOUR_MS);
	room_put_of("older", HOME, HOUR_MS - 2000);
	room_put_of("of-the-future", HOME, -1000);
	ck_assert_int_eq(create_persistent(0, HOME), CHAT_OK);
	ck_assert_int_eq(create_persistent(1, HOME), CHAT_TOO_MANY_ROOMS);
	fake_clock_pass(&world.clock, 2000);
	ck_assert_int_eq(create_persistent(1, HOME), CHAT_OK);
	ck_assert_int_eq(create_persistent(2, HOME), CHAT_TOO_MANY_ROOMS);
}
END_TEST

START_TEST(without_memory_no_room_from_before_is_left_out)
{
	if (!malloc_can_fail())
		return;
	for (int i = 0; i < 3; i++) {
		char id[] = "was0";

		id[3] = (char)('0' + i);
		room_put_of(id, HOME, 1000);
	}
	malloc_fail_at(1);
	ck_assert_int_eq(create_persistent(0, HOME), CHAT_UNAVAILABLE);
	malloc_fail_at(0);
	ck_assert_int_eq(create_persistent(0, HOME), CHAT_TOO_MANY_ROOMS);
}
END_TEST

START_TEST(joining_creates_within_the_same_quota)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(create_persistent(i, HOME), CHAT_OK);
	ck_assert_int_eq(DO(ROOM_JOIN, "id1", .room = STR("new"),
			     .flags = COMMAND_MAY_CREATE | COMMAND_PERSISTENT,
			     .origin = HOME),
	    CHAT_TOO_MANY_ROOMS);
}
END_TEST

START_TEST(all_addresses_share_a_limit_below_that_of_rooms)
{
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(create_persistent(i, (uint64_t)i + 1),
		    CHAT_OK);
	ck_assert_int_eq(create_persistent(16, 99), CHAT_TOO_MANY_ROOMS);
	ck_assert_int_eq(create_persistent(16, 0), CHAT_TOO_MANY_ROOMS);
	/* Rooms that end with their members are not counted. */
	ck_assert_int_eq(quota_room_create(16, HOME, 0), CHAT_OK);
}
END_TEST

START_TEST(an_address_has_so_many_rooms_at_a_time)
{
	world.chat.limits.rooms_per_origin = 5;
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(quota_room_create(i, HOME, 0), CHAT_OK);
	forget_events();
	ck_assert_int_eq(quota_room_create(5, HOME, 0), CHAT_TOO_MANY_ROOMS);
	EXPECT_EVENTS("id1: failed too_many_rooms limit=5\n");
	ck_assert_int_eq(DO(ROOM_JOIN, "id1", .room = STR("other"),
			     .flags = COMMAND_MAY_CREATE, .origin = HOME),
	    CHAT_TOO_MANY_ROOMS);
	ck_assert_int_eq(quota_room_create(5, OFFICE, 0), CHAT_OK);
	ck_assert_int_eq(quota_room_create(6, 0, 0), CHAT_OK);
	DO(ROOM_LEAVE, "id1", .room = STR("room0"));
	ck_assert_int_eq(quota_room_create(7, HOME, 0), CHAT_OK);
	/* Others leave its rooms, and it has gone: they are still its own. */
	ck_assert_int_eq(quota_room_create(8, HOME, 0), CHAT_TOO_MANY_ROOMS);
}
END_TEST

START_TEST(an_address_has_a_quarter_of_the_persistent_rooms)
{
	world.chat.limits.rooms_per_origin = 100;
	world.chat.limits.persistent_rooms_per_hour = 0;
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(create_persistent(i, HOME), CHAT_OK);
	forget_events();
	ck_assert_int_eq(create_persistent(4, HOME), CHAT_TOO_MANY_ROOMS);
	EXPECT_EVENTS("id1: failed too_many_rooms limit=4\n");
	ck_assert_int_eq(quota_room_create(4, HOME, 0), CHAT_OK);
	ck_assert_int_eq(create_persistent(5, OFFICE), CHAT_OK);
}
END_TEST

START_TEST(rooms_of_users_do_not_count_for_their_address)
{
	struct principal principal = { .user_id = STR("u") };

	world.chat.limits.rooms_per_origin = 1;
	ck_assert_int_eq(CONNECT(.principal = &principal), CHAT_OK);
	ck_assert_int_eq(quota_room_create(0, HOME, 0), CHAT_OK);
	for (int i = 1; i < 4; i++) {
		char id[] = "user0";

		id[4] = (char)('0' + i);
		ck_assert_int_eq(DO(ROOM_CREATE, "id2", .name = STR("Room"),
				     .room = str_from(id), .origin = HOME),
		    CHAT_OK);
	}
}
END_TEST

START_TEST(this_machine_has_no_limit_of_its_own)
{
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(create_persistent(i, 0), CHAT_OK);
}
END_TEST

START_TEST(a_room_that_exists_costs_nothing)
{
	ck_assert_int_eq(create_persistent(0, HOME), CHAT_OK);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(create_persistent(0, HOME), CHAT_ROOM_EXISTS);
	ck_assert_int_eq(create_persistent(1, HOME), CHAT_OK);
}
END_TEST

/* Otherwise its id would stay taken after its member has left. */
START_TEST(a_room_for_one_ends_with_its_member)
{
	ck_assert_int_eq(DO(ROOM_CREATE, "id1", .name = STR("Mine"),
			     .room = STR("general"), .max_members = 1,
			     .flags = COMMAND_PERSISTENT),
	    CHAT_OK);
	DO(ROOM_LEAVE, "id1", .room = STR("general"));
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
}
END_TEST

/* --- sweeping ------------------------------------------------------------- */

static bool
room_exists(const char *id)
{
	struct room room;

	return room_store_get(world.chat.rooms, str_from(id), &room) == CHAT_OK;
}

static void
quota_time_pass(int64_t ms)
{
	fake_clock_pass(&world.clock, ms);
	ck_assert_int_eq(TICK(), CHAT_OK);
}

START_TEST(an_empty_room_ends_after_a_while)
{
	world.chat.limits.room_empty_ms = HOUR_MS;
	create_persistent(0, HOME);
	create_persistent(1, HOME);
	DO(ROOM_LEAVE, "id1", .room = STR("room0"));
	quota_time_pass(HOUR_MS - 1);
	ck_assert(room_exists("room0"));
	quota_time_pass(60000);
	ck_assert(!room_exists("room0"));
	/* It has a member. */
	ck_assert(room_exists("room1"));
}
END_TEST

START_TEST(an_empty_room_ends_within_less_than_a_minute_if_asked)
{
	world.chat.limits.room_empty_ms = 2000;
	create_persistent(0, HOME);
	DO(ROOM_LEAVE, "id1", .room = STR("room0"));
	quota_time_pass(1999);
	ck_assert(room_exists("room0"));
	quota_time_pass(2000);
	ck_assert(!room_exists("room0"));
}
END_TEST

START_TEST(a_message_keeps_a_room)
{
	world.chat.limits.room_empty_ms = HOUR_MS;
	world.history_limits.age_ms = 0;
	create_persistent(0, HOME);
	quota_time_pass(HOUR_MS / 2);
	DO(BROADCAST, "id1", .room = STR("room0"), .body = STR("1"));
	DO(ROOM_LEAVE, "id1", .room = STR("room0"));
	quota_time_pass(HOUR_MS - 60000);
	ck_assert(room_exists("room0"));
	quota_time_pass(120000);
	ck_assert(!room_exists("room0"));
}
END_TEST

START_TEST(many_empty_rooms_end_one_after_the_other)
{
	world.chat.limits.room_empty_ms = HOUR_MS;
	world.chat.limits.persistent_rooms = 0;
	for (int i = 0; i < 100; i++) {
		char id[16];

		create_persistent(i, 0);
		snprintf(id, sizeof(id), "room%d", i);
		DO(ROOM_LEAVE, "id1", .room = str_from(id));
	}
	quota_time_pass(HOUR_MS);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 100 - 64);
	quota_time_pass(60000);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
}
END_TEST

START_TEST(rooms_stay_for_ever_if_asked)
{
	create_persistent(0, HOME);
	DO(ROOM_LEAVE, "id1", .room = STR("room0"));
	quota_time_pass(1000 * INT64_C(3600000));
	ck_assert(room_exists("room0"));
}
END_TEST

SUITE(room_quota)
{
	tcase_add_checked_fixture(tests, setup, world_end);
	tcase_add_test(tests,
	    one_address_creates_so_many_persistent_rooms_an_hour);
	tcase_add_test(tests, rooms_from_before_the_start_count);
	tcase_add_test(tests, without_memory_no_room_from_before_is_left_out);
	tcase_add_test(tests, joining_creates_within_the_same_quota);
	tcase_add_test(tests, all_addresses_share_a_limit_below_that_of_rooms);
	tcase_add_test(tests, an_address_has_so_many_rooms_at_a_time);
	tcase_add_test(tests, an_address_has_a_quarter_of_the_persistent_rooms);
	tcase_add_test(tests, rooms_of_users_do_not_count_for_their_address);
	tcase_add_test(tests, this_machine_has_no_limit_of_its_own);
	tcase_add_test(tests, a_room_that_exists_costs_nothing);
	tcase_add_test(tests, a_room_for_one_ends_with_its_member);
	tcase_add_test(tests, an_empty_room_ends_after_a_while);
	tcase_add_test(tests,
	    an_empty_room_ends_within_less_than_a_minute_if_asked);
	tcase_add_test(tests, a_message_keeps_a_room);
	tcase_add_test(tests, many_empty_rooms_end_one_after_the_other);
	tcase_add_test(tests, rooms_stay_for_ever_if_asked);
}
