#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define PIECE "id2: replayed room=r"
#define POSTED(n) " [" #n " at=1000 member1 id1 " #n "]"

/* Of 1 to 12 the last ten are kept. */
static const struct {
	uint64_t from, to;
	uint32_t bytes;
	const char *events;
} pieces[] = {
	{ 9, 12, 1000,
	    PIECE " seq=13" POSTED(9) POSTED(10) POSTED(11) POSTED(12) "\n" },
	{ 3, 4, 1000, PIECE " seq=5" POSTED(3) POSTED(4) "\n" },
	{ 12, 12, 1, PIECE " seq=13" POSTED(12) "\n" },
	/* cut behind the message that reaches the limit */
	{ 9, 12, 3, PIECE " seq=11" POSTED(9) POSTED(10) " more\n" },
	{ 9, 12, 1, PIECE " seq=10" POSTED(9) " more\n" },
	/* fell behind */
	{ 2, 4, 1000, PIECE " seq=5" POSTED(3) POSTED(4) " missing=2-2\n" },
	{ 1, 2, 1000, PIECE " seq=3 missing=1-2\n" },
};

START_TEST(shows_what_was_not_sent)
{
	connect_members(2);
	fill_room("r", 2);
	post("id1", "r", 12);
	ck_assert_int_eq(DO(REPLAY, "id2", .room = STR("r"),
			     .from_seq = pieces[_i].from,
			     .to_seq = pieces[_i].to,
			     .limit = pieces[_i].bytes),
	    CHAT_OK);
	EXPECT_EVENTS(pieces[_i].events);
}
END_TEST

START_TEST(is_cut_after_many_messages)
{
	connect_members(2);
	fill_room("r", 2);
	world.history_limits.messages = 100;
	post("id1", "r", 100);
	DO(REPLAY, "id2", .room = STR("r"), .from_seq = 1, .to_seq = 100,
	    .limit = 1000000);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "replayed room=r seq=65"));
	forget_events();
	DO(REPLAY, "id2", .room = STR("r"), .from_seq = 65, .to_seq = 100,
	    .limit = 1000000);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "replayed room=r seq=101"));
	forget_events();
}
END_TEST

START_TEST(skips_what_was_too_old)
{
	connect_members(2);
	fill_room("r", 2);
	world.history_limits.age_ms = 100;
	post("id1", "r", 2);
	world.clock.wall_ms += 100;
	DO(BROADCAST, "id1", .room = STR("r"), .body = STR("3"));
	forget_events();
	DO(REPLAY, "id2", .room = STR("r"), .from_seq = 1, .to_seq = 3,
	    .limit = 1000);
	EXPECT_EVENTS(PIECE " seq=4 [3 at=1100 member1 id1 3]\n");
}
END_TEST

START_TEST(ends_with_the_current_members)
{
	connect_members(2);
	fill_room("r", 2);
	post("id1", "r", 2);
	DO(REPLAY, "id2", .room = STR("r"), .flags = COMMAND_WITH_PRESENCE,
	    .from_seq = 1, .to_seq = 2, .limit = 1);
	EXPECT_EVENTS(PIECE " seq=2" POSTED(1) " more\n");
	DO(REPLAY, "id2", .room = STR("r"), .flags = COMMAND_WITH_PRESENCE,
	    .from_seq = 2, .to_seq = 2, .limit = 1);
	EXPECT_EVENTS(PIECE " seq=3" POSTED(
	    2) "\n"
	       "id2: presence room=r count=2 names=member1,member2\n");
	world.chat.limits.presence_up_to = 1;
	DO(REPLAY, "id2", .room = STR("r"), .flags = COMMAND_WITH_PRESENCE,
	    .from_seq = 3, .to_seq = 2, .limit = 1);
	EXPECT_EVENTS(PIECE " seq=3\n"
			    "id2: presence room=r count=2 names_left_out\n");
}
END_TEST

START_TEST(finds_nothing_where_there_is_no_room)
{
	connect_members(1);
	ck_assert_int_eq(DO(REPLAY, "id1", .room = STR("r"), .from_seq = 1,
			     .to_seq = 1),
	    CHAT_ROOM_NOT_FOUND);
	EXPECT_EVENTS("");
}
END_TEST

SUITE(replay)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_loop_test(tests, shows_what_was_not_sent, 0,
	    COUNT_OF(pieces));
	tcase_add_test(tests, is_cut_after_many_messages);
	tcase_add_test(tests, skips_what_was_too_old);
	tcase_add_test(tests, ends_with_the_current_members);
	tcase_add_test(tests, finds_nothing_where_there_is_no_room);
}
