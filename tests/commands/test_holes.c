/*
 * A room of which a disk has lost messages: 1 2 3, 6 7, 500, 503 … 506 are
 * left.
 */
#include "persistence/memory/memory_history.h"
#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define PAGE "id1: history room=r epoch=epoch3"
#define POSTED(n) " [" #n " at=1000 member1 id1 1]"

static void
message_put(uint64_t seq)
{
	struct message message = {
		.seq = seq,
		.at_ms = 1000,
		.author = STR("member1"),
		.author_id = STR("id1"),
		.body = STR("1"),
	};

	ck_assert_int_eq(memory_history_put(world.chat.history, STR("r"),
			     &message),
	    CHAT_OK);
}

static void
setup(void)
{
	static const uint64_t seqs[] = { 1, 2, 3, 6, 7, 500, 503, 504, 505,
		506 };

	world_begin();
	connect_members(2);
	fill_room("r", 1);
	for (size_t i = 0; i < COUNT_OF(seqs); i++)
		message_put(seqs[i]);
}

/* A page has four messages at most. */
static const struct {
	unsigned flags;
	uint64_t from;
	uint32_t limit;
	const char *events;
} pages[] = {
	{ COMMAND_HAS_AFTER, 0, 50,
	    PAGE POSTED(1) POSTED(2) POSTED(3) POSTED(6) " more\n" },
	{ COMMAND_HAS_AFTER, 3, 1, PAGE POSTED(6) " more\n" },
	{ COMMAND_HAS_AFTER, 4, 1, PAGE POSTED(6) " more\n" },
	{ COMMAND_HAS_AFTER, 7, 50,
	    PAGE POSTED(500) POSTED(503) POSTED(504) POSTED(505) " more\n" },
	{ COMMAND_HAS_AFTER, 400, 1, PAGE POSTED(500) " more\n" },
	{ COMMAND_HAS_AFTER, 501, 4,
	    PAGE POSTED(503) POSTED(504) POSTED(505) POSTED(506) "\n" },
	{ COMMAND_HAS_AFTER, 505, 4, PAGE POSTED(506) "\n" },
	/* backwards: fewer than asked for, but never none */
	{ COMMAND_HAS_BEFORE, UINT64_MAX, 4,
	    PAGE POSTED(503) POSTED(504) POSTED(505) POSTED(506) " more\n" },
	{ COMMAND_HAS_BEFORE, 503, 4, PAGE POSTED(500) " more\n" },
	{ COMMAND_HAS_BEFORE, 500, 4,
	    PAGE POSTED(2) POSTED(3) POSTED(6) POSTED(7) " more\n" },
	{ COMMAND_HAS_BEFORE, 500, 3,
	    PAGE POSTED(3) POSTED(6) POSTED(7) " more\n" },
	{ COMMAND_HAS_BEFORE, 500, 1, PAGE POSTED(7) " more\n" },
	{ COMMAND_HAS_BEFORE, 6, 1, PAGE POSTED(3) " more\n" },
	{ COMMAND_HAS_BEFORE, 5, 4, PAGE POSTED(1) POSTED(2) POSTED(3) "\n" },
};

START_TEST(a_page_steps_over_what_is_lost)
{
	ck_assert_int_eq(DO(HISTORY, "id1", .room = STR("r"),
			     .flags = pages[_i].flags,
			     .from_seq = pages[_i].from,
			     .limit = pages[_i].limit),
	    CHAT_OK);
	EXPECT_EVENTS(pages[_i].events);
}
END_TEST

static const struct {
	uint64_t since;
	const char *notified;
} comebacks[] = {
	{ 506, "asked recovered\n" },
	{ 503, "[504 at=1000 member1 id1 1] [505 at=1000 member1 id1 1] "
	       "[506 at=1000 member1 id1 1] asked recovered\n" },
	{ 500, "asked missing=501-502\n" },
	{ 501, "asked missing=502-502\n" },
	/* From the first hole to the last of what is shown. */
	{ 2, "[3 at=1000 member1 id1 1] [6 at=1000 member1 id1 1] "
	     "[7 at=1000 member1 id1 1] [500 at=1000 member1 id1 1] more "
	     "asked missing=4-499\n" },
};

START_TEST(a_rejoin_reports_what_is_missing)
{
	const char *events = world.publisher.events.text;

	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r"),
			     .flags = COMMAND_HAS_SINCE,
			     .since_epoch = STR("epoch3"),
			     .since_seq = comebacks[_i].since),
	    CHAT_OK);
	ck_assert_msg(strstr(events, comebacks[_i].notified) != NULL, "%s",
	    events);
}
END_TEST

SUITE(holes)
{
	tcase_add_checked_fixture(tests, setup, world_end);
	tcase_add_loop_test(tests, a_page_steps_over_what_is_lost, 0,
	    COUNT_OF(pages));
	tcase_add_loop_test(tests, a_rejoin_reports_what_is_missing, 0,
	    COUNT_OF(comebacks));
}
