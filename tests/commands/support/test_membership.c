#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define ALICE "uabcdefghijklmnopqrstuvwxyz"

static const struct principal user = {
	.user_id = STR("alice"),
	.member_id = STR(ALICE),
	.name = STR("alice"),
};

static enum chat_error
lasting_connect(uint32_t connection)
{
	return CONNECT(.connection = connection, .principal = &user,
	    .name = user.name, .flags = COMMAND_SHARED);
}

static void
user_disconnect(uint32_t connection)
{
	DO(DISCONNECT, ALICE, .connection = connection);
}

static void
user_join(const char *room, unsigned flags)
{
	DO(ROOM_JOIN, ALICE, .connection = 1, .room = str_from(room),
	    .flags = COMMAND_MAY_CREATE | flags);
}

static bool
user_is_in(const char *room)
{
	return room_store_has(world.chat.rooms, str_from(room), STR(ALICE));
}

/* alice has joined r and s, of which s is not persistent, and is gone. */
static void
user_was_here(void)
{
	connect_members(1);
	lasting_connect(1);
	user_join("r", COMMAND_PERSISTENT);
	user_join("s", 0);
	DO(ROOM_JOIN, "id1", .room = STR("r"));
	DO(ROOM_JOIN, "id1", .room = STR("s"));
	user_disconnect(1);
	forget_events();
}

START_TEST(a_user_comes_back_to_its_persistent_rooms)
{
	user_was_here();
	ck_assert(!user_is_in("r"));
	ck_assert_int_eq(lasting_connect(2), CHAT_OK);
	EXPECT_EVENTS("attach " ALICE "/2\n" ALICE
		      "/2: welcome member=alice id=" ALICE " server=parley\n"
		      "lobby: announced member=alice id=" ALICE "\n"
		      "room r except=" ALICE
		      "/2: entered room=r member=alice id=" ALICE "\n");
	ck_assert(user_is_in("r"));
	ck_assert(!user_is_in("s"));
}
END_TEST

START_TEST(leaving_ends_it)
{
	user_was_here();
	lasting_connect(2);
	DO(ROOM_LEAVE, ALICE, .connection = 2, .room = STR("r"));
	user_disconnect(2);
	lasting_connect(3);
	ck_assert(!user_is_in("r"));
}
END_TEST

/* Also before its beginning is safe. */
START_TEST(leaving_at_once_ends_it)
{
	lasting_connect(1);
	user_join("r", COMMAND_PERSISTENT);
	DO(ROOM_LEAVE, ALICE, .connection = 1, .room = STR("r"));
	world.log.is_slow = true;
	user_join("r", 0);
	DO(ROOM_LEAVE, ALICE, .connection = 1, .room = STR("r"));
	world.log.is_slow = false;
	slow_log_do_all(&world.log);
	user_disconnect(1);
	lasting_connect(2);
	ck_assert(!user_is_in("r"));
}
END_TEST

START_TEST(creating_a_room_begins_it)
{
	lasting_connect(1);
	DO(ROOM_CREATE, ALICE, .connection = 1, .room = STR("r"),
	    .name = STR("R"), .flags = COMMAND_PERSISTENT);
	user_disconnect(1);
	lasting_connect(2);
	ck_assert(user_is_in("r"));
}
END_TEST

START_TEST(there_is_no_place_for_it)
{
	user_was_here();
	if (_i == 0)
		world.chat.limits.room_members = 1;
	else
		world.chat.limits.rooms_per_member = 0;
	ck_assert_int_eq(lasting_connect(2), CHAT_OK);
	ck_assert(!user_is_in("r"));
}
END_TEST

START_TEST(is_not_remembered_beyond_the_limit)
{
	world.chat.limits.room_attributes = 0;
	user_was_here();
	lasting_connect(2);
	ck_assert(!user_is_in("r"));
}
END_TEST

/* The store refuses writes: alice is in the room while it is connected. */
START_TEST(a_room_is_joined_and_left_without_it)
{
	connect_members(1);
	lasting_connect(1);
	DO(ROOM_CREATE, "id1", .room = STR("r"), .name = STR("R"),
	    .flags = COMMAND_PERSISTENT);
	world.fault.to_go = 1;
	user_join("r", 0);
	ck_assert(user_is_in("r"));
	user_disconnect(1);
	lasting_connect(1);
	ck_assert(!user_is_in("r"));
	user_join("r", 0);
	world.fault.to_go = 1;
	DO(ROOM_LEAVE, ALICE, .connection = 1, .room = STR("r"));
	ck_assert(!user_is_in("r"));
}
END_TEST

/* After any failure alice is not connected, or it is in its room. */
START_TEST(needs_memory_for_its_rooms)
{
	enum chat_error error = CHAT_UNAVAILABLE;

	user_was_here();
	for (unsigned i = 1; error != CHAT_OK; i++) {
		world.fault.to_go = i;
		error = lasting_connect(2);
		world.fault.to_go = 0;
		ck_assert_int_eq(user_is_in("r"), error == CHAT_OK);
	}
}
END_TEST

SUITE(membership)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, a_user_comes_back_to_its_persistent_rooms);
	tcase_add_test(tests, leaving_ends_it);
	tcase_add_test(tests, leaving_at_once_ends_it);
	tcase_add_test(tests, creating_a_room_begins_it);
	tcase_add_loop_test(tests, there_is_no_place_for_it, 0, 2);
	tcase_add_test(tests, is_not_remembered_beyond_the_limit);
	tcase_add_test(tests, a_room_is_joined_and_left_without_it);
	tcase_add_test(tests, needs_memory_for_its_rooms);
}
