#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define PAGE "id1: history room=r epoch=epoch2"
#define POSTED(n) " [" #n " at=1000 member1 id1 " #n "]"

/* Of 1 to 12 the last ten are kept; a page has four at most. */
static const struct {
	unsigned flags;
	uint64_t from;
	uint32_t limit;
	const char *events;
} pages[] = {
	/* the newest */
	{ 0, 0, 50, PAGE POSTED(9) POSTED(10) POSTED(11) POSTED(12) " more\n" },
	{ 0, 0, 2, PAGE POSTED(11) POSTED(12) " more\n" },
	{ 0, 0, 0, PAGE " more\n" },
	/* backwards */
	{ COMMAND_HAS_BEFORE, 9, 50,
	    PAGE POSTED(5) POSTED(6) POSTED(7) POSTED(8) " more\n" },
	{ COMMAND_HAS_BEFORE, 7, 50,
	    PAGE POSTED(3) POSTED(4) POSTED(5) POSTED(6) "\n" },
	{ COMMAND_HAS_BEFORE, 5, 50, PAGE POSTED(3) POSTED(4) "\n" },
	{ COMMAND_HAS_BEFORE, 5, 1, PAGE POSTED(4) " more\n" },
	{ COMMAND_HAS_BEFORE, 5, 0, PAGE " more\n" },
	{ COMMAND_HAS_BEFORE, 4, 50, PAGE POSTED(3) "\n" },
	{ COMMAND_HAS_BEFORE, 3, 50, PAGE "\n" },
	{ COMMAND_HAS_BEFORE, 0, 50, PAGE "\n" },
	{ COMMAND_HAS_BEFORE, 13, 1, PAGE POSTED(12) " more\n" },
	{ COMMAND_HAS_BEFORE, UINT64_MAX, 1, PAGE POSTED(12) " more\n" },
	/* forwards */
	{ COMMAND_HAS_AFTER, 0, 50,
	    PAGE POSTED(3) POSTED(4) POSTED(5) POSTED(6) " more\n" },
	{ COMMAND_HAS_AFTER, 6, 50,
	    PAGE POSTED(7) POSTED(8) POSTED(9) POSTED(10) " more\n" },
	{ COMMAND_HAS_AFTER, 6, 0, PAGE " more\n" },
	{ COMMAND_HAS_AFTER, 8, 50,
	    PAGE POSTED(9) POSTED(10) POSTED(11) POSTED(12) "\n" },
	{ COMMAND_HAS_AFTER, 11, 50, PAGE POSTED(12) "\n" },
	{ COMMAND_HAS_AFTER, 12, 50, PAGE "\n" },
	{ COMMAND_HAS_AFTER, UINT64_MAX, 50, PAGE "\n" },
};

START_TEST(shows_a_page)
{
	connect_members(1);
	fill_room("r", 1);
	post("id1", "r", 12);
	ck_assert_int_eq(DO(HISTORY, "id1", .room = STR("r"),
			     .flags = pages[_i].flags,
			     .from_seq = pages[_i].from,
			     .limit = pages[_i].limit),
	    CHAT_OK);
	EXPECT_EVENTS(pages[_i].events);
}
END_TEST

/* A message costs 80 bytes, 10 of member1 and id1, and its body. */
static void
post_large(unsigned n)
{
	static char body[910];

	world.chat.limits.message_bytes = sizeof(body);
	memset(body, '1', sizeof(body));
	for (unsigned i = 0; i < n; i++)
		DO(BROADCAST, "id1", .room = STR("r"),
		    .body = str_slice(body, sizeof(body)));
	forget_events();
}

#define LARGE(n) " [" #n " at=1000 member1 id1 910 bytes]"

START_TEST(is_cut_by_size_where_it_is_read_from)
{
	connect_members(1);
	fill_room("r", 1);
	post_large(4);
	world.chat.limits.page_bytes = 3000;
	DO(HISTORY, "id1", .room = STR("r"), .limit = 4);
	EXPECT_EVENTS(PAGE LARGE(2) LARGE(3) LARGE(4) " more\n");
	DO(HISTORY, "id1", .room = STR("r"), .limit = 4,
	    .flags = COMMAND_HAS_AFTER);
	EXPECT_EVENTS(PAGE LARGE(1) LARGE(2) LARGE(3) " more\n");
	world.chat.limits.page_bytes = 2999;
	DO(HISTORY, "id1", .room = STR("r"), .limit = 4,
	    .flags = COMMAND_HAS_BEFORE, .from_seq = 4);
	EXPECT_EVENTS(PAGE LARGE(2) LARGE(3) " more\n");
	DO(HISTORY, "id1", .room = STR("r"), .limit = 4,
	    .flags = COMMAND_HAS_AFTER, .from_seq = 1);
	EXPECT_EVENTS(PAGE LARGE(2) LARGE(3) " more\n");
}
END_TEST

START_TEST(shows_one_message_however_large)
{
	connect_members(1);
	fill_room("r", 1);
	post_large(2);
	world.chat.limits.page_bytes = 10;
	DO(HISTORY, "id1", .room = STR("r"), .limit = 4);
	EXPECT_EVENTS(PAGE LARGE(2) " more\n");
	DO(HISTORY, "id1", .room = STR("r"), .limit = 4,
	    .flags = COMMAND_HAS_AFTER);
	EXPECT_EVENTS(PAGE LARGE(1) " more\n");
}
END_TEST

START_TEST(is_empty_without_messages)
{
	connect_members(1);
	fill_room("r", 1);
	DO(HISTORY, "id1", .room = STR("r"), .limit = 50, .ref = STR("1"));
	EXPECT_EVENTS("id1: history ref=1 room=r epoch=epoch2\n");
}
END_TEST

START_TEST(does_not_show_what_is_too_old)
{
	connect_members(1);
	fill_room("r", 1);
	post("id1", "r", 3);
	fake_clock_pass(&world.clock, 60000);
	DO(HISTORY, "id1", .room = STR("r"), .limit = 50);
	EXPECT_EVENTS(PAGE "\n");
	DO(HISTORY, "id1", .room = STR("r"), .limit = 50,
	    .flags = COMMAND_HAS_AFTER);
	EXPECT_EVENTS(PAGE "\n");
}
END_TEST

static const struct {
	struct str room;
	unsigned flags;
	uint32_t limit;
	const char *events;
} refusals[] = {
	{ STR_ABSENT, 0, 50, "id1: failed bad_field field=room\n" },
	{ STR("q"), 0, 50,
	    "id1: failed room_not_found text=Room q does not exist\n" },
	{ STR("other"), 0, 50, "id1: failed not_in_room\n" },
	{ STR("r"), 0, 1001, "id1: failed bad_field field=limit\n" },
	{ STR("r"), COMMAND_HAS_AFTER | COMMAND_HAS_BEFORE, 50,
	    "id1: failed bad_field field=before\n" },
};

START_TEST(refuses)
{
	connect_members(2);
	fill_room("r", 1);
	DO(ROOM_CREATE, "id2", .room = STR("other"), .name = STR("Other"));
	forget_events();
	ck_assert_int_ne(DO(HISTORY, "id1", .room = refusals[_i].room,
			     .flags = refusals[_i].flags,
			     .limit = refusals[_i].limit),
	    CHAT_OK);
	EXPECT_EVENTS(refusals[_i].events);
}
END_TEST

SUITE(history)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_loop_test(tests, shows_a_page, 0, COUNT_OF(pages));
	tcase_add_test(tests, is_cut_by_size_where_it_is_read_from);
	tcase_add_test(tests, shows_one_message_however_large);
	tcase_add_test(tests, is_empty_without_messages);
	tcase_add_test(tests, does_not_show_what_is_too_old);
	tcase_add_loop_test(tests, refuses, 0, COUNT_OF(refusals));
}
