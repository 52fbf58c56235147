#include "commands/support/room_fill.h"

#include <string.h>

#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define HOME 7
#define OFFICE 8

/* A history of 100 messages or 1000 bytes, filled in 4 s at the soonest. */
static void
setup(void)
{
	world_begin();
	connect_members(2);
	fill_room("tea", 2);
	fill_room("coffee", 1);
	world.chat.limits.fill_ms = 4000;
	world.chat.limits.fill_messages = 100;
	world.chat.limits.fill_bytes = 1000;
	forget_events();
}

/* Whether the last message was answered like this. */
static bool
was_published(const char *text)
{
	return strstr(world.publisher.events.text, text) != NULL;
}

static void
message_post(const char *author, const char *room, uint64_t origin)
{
	forget_events();
	ck_assert_int_eq(DO(BROADCAST, author, .room = str_from(room),
			     .body = STR("\"x\""), .origin = origin),
	    CHAT_OK);
}

static void
messages_post(int count, const char *author, const char *room, uint64_t origin)
{
	for (int i = 0; i < count; i++)
		message_post(author, room, origin);
}

START_TEST(half_a_history_is_filled_at_once)
{
	messages_post(50, "id1", "tea", HOME);
	ck_assert(!was_published("delayed"));
	message_post("id1", "tea", HOME);
	ck_assert(was_published("id1: delayed 40 ms\n"));
	messages_post(24, "id1", "tea", HOME);
	ck_assert(was_published("id1: delayed 1000 ms\n"));
}
END_TEST

START_TEST(time_pays_for_messages)
{
	messages_post(50, "id1", "tea", HOME);
	fake_clock_pass(&world.clock, 400);
	messages_post(10, "id1", "tea", HOME);
	ck_assert(!was_published("delayed"));
	fake_clock_pass(&world.clock, 100000);
	messages_post(50, "id1", "tea", HOME);
	ck_assert(!was_published("delayed"));
	message_post("id1", "tea", HOME);
	ck_assert(was_published("delayed"));
}
END_TEST

START_TEST(all_connections_of_an_address_share_it)
{
	messages_post(50, "id1", "tea", HOME);
	message_post("id2", "tea", HOME);
	ck_assert(was_published("id2: delayed 40 ms\n"));
}
END_TEST

START_TEST(other_addresses_and_rooms_have_their_own)
{
	messages_post(50, "id1", "tea", HOME);
	messages_post(50, "id1", "coffee", HOME);
	messages_post(50, "id2", "tea", OFFICE);
	messages_post(200, "id2", "tea", 0);
	ck_assert(!was_published("delayed"));
}
END_TEST

START_TEST(bytes_count_if_they_fill_more)
{
	world.chat.limits.fill_bytes = 6;
	message_post("id1", "tea", HOME);
	ck_assert(!was_published("delayed"));
	message_post("id1", "tea", HOME);
	ck_assert(was_published("id1: delayed 2000 ms\n"));
}
END_TEST

START_TEST(the_lobby_is_filled_as_slowly)
{
	world.chat.limits.fill_lobby_bytes = 6;
	for (int i = 0; i < 2; i++) {
		forget_events();
		ck_assert_int_eq(DO(BROADCAST, "id1", .body = STR("\"x\""),
				     .origin = HOME),
		    CHAT_OK);
		ck_assert(was_published("id1: delayed 2000 ms\n") == (i == 1));
	}
	message_post("id1", "tea", HOME);
	ck_assert(!was_published("delayed"));
}
END_TEST

START_TEST(a_full_table_gives_up_the_oldest)
{
	for (uint64_t origin = 1; origin <= 4 * ROOM_FILL_SLOTS; origin++)
		message_post("id1", "tea", origin);
	ck_assert(!was_published("delayed"));
}
END_TEST

SUITE(room_fill)
{
	tcase_add_checked_fixture(tests, setup, world_end);
	tcase_add_test(tests, half_a_history_is_filled_at_once);
	tcase_add_test(tests, time_pays_for_messages);
	tcase_add_test(tests, all_connections_of_an_address_share_it);
	tcase_add_test(tests, other_addresses_and_rooms_have_their_own);
	tcase_add_test(tests, bytes_count_if_they_fill_more);
	tcase_add_test(tests, the_lobby_is_filled_as_slowly);
	tcase_add_test(tests, a_full_table_gives_up_the_oldest);
}
