/*
 * Each resource that a command needs is refused once: nothing has changed then,
 * only its author gets an error, and the next attempt succeeds.
 */
#include "tests/suite.h"
#include "tests/support/commands/world.h"
#include "tests/support/failing_malloc.h"

static enum chat_error
connect_run(void)
{
	return CONNECT(.name = STR("member1"));
}

static enum chat_error
broadcast_run(void)
{
	return DO(BROADCAST, "id1", .room = STR("r"), .body = STR("4"),
	    .key = STR("k"));
}

static enum chat_error
rename_run(void)
{
	return DO(RENAME, "id1", .name = STR("member2"));
}

static enum chat_error
create_run(void)
{
	return DO(ROOM_CREATE, "id1", .name = STR("New"));
}

static enum chat_error
join_run(void)
{
	return DO(ROOM_JOIN, "id1", .room = STR("other"),
	    .flags = COMMAND_HAS_SINCE, .since_epoch = STR("?"));
}

static enum chat_error
join_new_run(void)
{
	return DO(ROOM_JOIN, "id1", .room = STR("new"), .limit = 5,
	    .flags = COMMAND_MAY_CREATE);
}

static enum chat_error
join_again_run(void)
{
	return DO(ROOM_JOIN, "id1", .room = STR("r"), .limit = 5);
}

static enum chat_error
join_crowd_run(void)
{
	return DO(ROOM_JOIN, "id1", .room = STR("crowd"), .limit = 5);
}

static enum chat_error
join_as_guest_run(void)
{
	return DO(ROOM_JOIN, "id10", .room = STR("crowd"),
	    .name = STR("alice"));
}

static enum chat_error
leave_run(void)
{
	return DO(ROOM_LEAVE, "id3", .room = STR("crowd"));
}

static enum chat_error
list_run(void)
{
	return DO(LIST, "id1", .room = STR("r"));
}

static enum chat_error
rooms_request(void)
{
	return DO(ROOM_LIST, "id1");
}

static enum chat_error
history_run(void)
{
	return DO(HISTORY, "id1", .room = STR("r"), .limit = 2);
}

static enum chat_error
disconnect_run(void)
{
	return DO(DISCONNECT, "id3");
}

static enum chat_error
tick_run(void)
{
	return TICK();
}

static const struct scenario {
	enum chat_error (*run)(void);
	unsigned refusals; /* by stores and publisher that it has to expect */
	bool in_memory;    /* it needs memory of its own */
	bool by_guest;
} scenarios[] = {
	{ connect_run, 3, true, false },
	{ broadcast_run, 1, false, false },
	{ rename_run, 1, true, false },
	{ create_run, 4, false, false },
	{ join_run, 2, true, false },
	{ join_new_run, 4, true, false },
	{ join_again_run, 0, true, false },
	{ join_crowd_run, 2, true, false },
	{ join_as_guest_run, 3, true, true },
	{ leave_run, 0, false, false },
	{ list_run, 0, true, false },
	{ rooms_request, 0, true, false },
	{ history_run, 0, true, false },
	{ disconnect_run, 0, false, false },
	{ tick_run, 0, false, false },
};

/* Six members, two of them with a number behind their name; three rooms, and
 * two guests, one of them in a room. */
static void
setup(void)
{
	world_begin();
	connect_members(4);
	fill_room("r", 2);
	post("id2", "r", 3);
	for (int i = 2; i <= 4; i++) {
		char id[] = { 'i', 'd', (char)('0' + i), '\0' };

		DO(ROOM_JOIN, id, .room = STR("crowd"),
		    .flags = COMMAND_MAY_CREATE);
	}
	DO(ROOM_CREATE, "id4", .room = STR("other"), .name = STR("Other"));
	post("id4", "other", 3);
	CONNECT(.name = STR("member1"));
	CONNECT(.name = STR("member2"));
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	CONNECT(.flags = COMMAND_GUEST | COMMAND_NO_LOBBY);
	DO(ROOM_JOIN, "id11", .room = STR("crowd"), .name = STR("alice"));
	forget_events();
}

/* The events when nothing fails. */
static void
scenario_record(const struct scenario *scenario, struct transcript *out)
{
	setup();
	ck_assert_int_eq(scenario->run(), CHAT_OK);
	*out = world.publisher.events;
	world_end();
}

static void
check_refusal(const struct scenario *scenario, const struct transcript *before)
{
	static struct transcript after;
	const char *events = world.publisher.events.text;
	const char *failed = scenario->by_guest
				 ? "id10: failed unavailable retry=1000\n"
				 : "id1: failed unavailable retry=1000\n";

	world_dump(&after);
	ck_assert_str_eq(after.text, before->text);
	if (scenario->run == connect_run)
		ck_assert(strstr(events, "welcome") == NULL);
	else
		ck_assert_str_eq(events, failed);
	ck_assert_int_eq(scenario->run(), CHAT_OK);
}

static struct transcript before;

START_TEST(changes_nothing_if_it_is_refused)
{
	const struct scenario *scenario = &scenarios[_i];

	for (unsigned n = 1; n <= scenario->refusals; n++) {
		setup();
		world_dump(&before);
		world.fault.to_go = n;
		ck_assert_int_eq(scenario->run(), CHAT_UNAVAILABLE);
		check_refusal(scenario, &before);
		world_end();
	}
}
END_TEST

START_TEST(expects_no_other_refusal)
{
	static struct transcript expected;

	scenario_record(&scenarios[_i], &expected);
	setup();
	world.fault.to_go = scenarios[_i].refusals + 1;
	ck_assert_int_eq(scenarios[_i].run(), CHAT_OK);
	ck_assert_uint_eq(world.fault.to_go, 1);
	EXPECT_EVENTS(expected.text);
	world_end();
}
END_TEST

/* Where memory is asked for only to be thrifty, all may go well without. */
static void
scenario_check_result(const struct scenario *scenario,
    const struct transcript *expected, enum chat_error result)
{
	if (result != CHAT_OK) {
		ck_assert_int_eq(result, CHAT_UNAVAILABLE);
		check_refusal(scenario, &before);
	} else {
		EXPECT_EVENTS(expected->text);
	}
}

START_TEST(changes_nothing_without_memory)
{
	const struct scenario *scenario = &scenarios[_i];
	static struct transcript expected;
	enum chat_error result;
	unsigned refusals = 0;
	bool failed;

	if (!malloc_can_fail())
		return;
	scenario_record(scenario, &expected);
	for (unsigned n = 1; n == 1 || failed; n++) {
		setup();
		world_dump(&before);
		malloc_fail_at(n);
		result = scenario->run();
		malloc_fail_at(0);
		failed = malloc_has_failed();
		refusals += result != CHAT_OK;
		scenario_check_result(scenario, &expected, result);
		world_end();
	}
	ck_assert(!scenario->in_memory || refusals > 0);
}
END_TEST

SUITE(failures)
{
	tcase_add_loop_test(tests, changes_nothing_if_it_is_refused, 0,
	    COUNT_OF(scenarios));
	tcase_add_loop_test(tests, expects_no_other_refusal, 0,
	    COUNT_OF(scenarios));
	tcase_add_loop_test(tests, changes_nothing_without_memory, 0,
	    COUNT_OF(scenarios));
}
