#include "tests/suite.h"
#include "tests/support/commands/world.h"

START_TEST(answers_the_joiner_and_then_notifies_the_others)
{
	connect_members(2);
	fill_room("r", 1);
	ck_assert_int_eq(DO(ROOM_JOIN, "id2", .room = STR("r"),
			     .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "id2: joined ref=1 room=r name=r epoch=epoch3 at=1000 "
	    "member=member2 id=id2 count=2 "
	    "names=member1,member2\n"
	    "room r except=id2: entered room=r member=member2 id=id2\n");
}
END_TEST

START_TEST(makes_a_room_if_it_may)
{
	connect_members(1);
	DO(ROOM_JOIN, "id1", .room = STR("new"), .flags = COMMAND_MAY_CREATE);
	EXPECT_EVENTS("id1: joined room=new name=new epoch=epoch2 at=1000 "
		      "member=member1 id=id1 count=1 role=owner "
		      "names=member1\n");
}
END_TEST

START_TEST(answers_a_second_join_and_sends_no_event)
{
	connect_members(2);
	fill_room("r", 2);
	post("id2", "r", 1);
	ck_assert_int_eq(DO(ROOM_JOIN, "id1", .room = STR("r"), .limit = 5),
	    CHAT_OK);
	EXPECT_EVENTS("id1: joined room=r name=r epoch=epoch3 seq=1 at=1000 "
		      "member=member1 id=id1 count=2 duplicate role=owner "
		      "names=member1,member2 [1 at=1000 member2 id2 1]\n");
}
END_TEST

START_TEST(answers_again_even_if_the_room_is_full)
{
	connect_members(2);
	fill_room("r", 2);
	world.chat.limits.room_members = 2;
	world.chat.limits.rooms_per_member = 1;
	ck_assert_int_eq(DO(ROOM_JOIN, "id1", .room = STR("r")), CHAT_OK);
}
END_TEST

START_TEST(leaves_the_names_out_where_there_are_many)
{
	connect_members(4);
	fill_room("r", 3);
	DO(ROOM_JOIN, "id4", .room = STR("r"));
	EXPECT_EVENTS(
	    "id4: joined room=r name=r epoch=epoch5 at=1000 member=member4 "
	    "id=id4 count=4 "
	    "names_left_out\n"
	    "room r: count room=r count=4\n");
}
END_TEST

START_TEST(omits_names_that_the_dialect_does_not_send)
{
	connect_members(2);
	fill_room("r", 1);
	DO(ROOM_JOIN, "id2", .room = STR("r"), .flags = COMMAND_UNLISTED);
	EXPECT_EVENTS(
	    "id2: joined room=r name=r epoch=epoch3 at=1000 member=member2 "
	    "id=id2 count=2 "
	    "names_left_out\n"
	    "room r except=id2: entered room=r member=member2 id=id2\n");
}
END_TEST

START_TEST(makes_a_room_that_stays)
{
	connect_members(2);
	DO(ROOM_JOIN, "id1", .room = STR("r"),
	    .flags = COMMAND_MAY_CREATE | COMMAND_PERSISTENT);
	post("id1", "r", 1);
	DO(ROOM_LEAVE, "id1", .room = STR("r"));
	forget_events();
	DO(ROOM_JOIN, "id2", .room = STR("r"), .limit = 1);
	EXPECT_EVENTS("id2: joined room=r name=r epoch=epoch3 seq=1 at=1000 "
		      "member=member2 id=id2 count=1 names=member2 "
		      "[1 at=1000 member1 id1 1]\n");
}
END_TEST

START_TEST(makes_no_other_room_of_one_that_is_there)
{
	connect_members(2);
	fill_room("r", 1);
	DO(ROOM_JOIN, "id2", .room = STR("r"),
	    .flags = COMMAND_MAY_CREATE | COMMAND_PERSISTENT);
	DO(ROOM_LEAVE, "id1", .room = STR("r"));
	DO(ROOM_LEAVE, "id2", .room = STR("r"));
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 0);
}
END_TEST

static const struct {
	struct str room;
	unsigned flags;
	uint32_t limit;
	const char *events;
} refusals[] = {
	{ STR_ABSENT, COMMAND_MAY_CREATE, 0,
	    "id2: failed bad_field field=room\n" },
	{ STR("nope"), 0, 0,
	    "id2: failed room_not_found text=Room nope does not exist\n" },
	{ STR("a b"), 0, 0,
	    "id2: failed room_not_found text=Room a b does not exist\n" },
	{ STR("a b"), COMMAND_MAY_CREATE, 0, "id2: " BAD_ROOM_ID },
	{ STR(""), COMMAND_MAY_CREATE, 0, "id2: " BAD_ROOM_ID },
	{ STR("full"), 0, 0, "id2: failed room_full limit=1\n" },
	{ STR("full"), 0, 1001, "id2: failed bad_field field=history\n" },
};

START_TEST(refuses)
{
	connect_members(2);
	DO(ROOM_CREATE, "id1", .room = STR("full"), .name = STR("Full"),
	    .max_members = 1);
	forget_events();
	ck_assert_int_ne(DO(ROOM_JOIN, "id2", .room = refusals[_i].room,
			     .flags = refusals[_i].flags,
			     .limit = refusals[_i].limit),
	    CHAT_OK);
	EXPECT_EVENTS(refusals[_i].events);
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 1);
}
END_TEST

START_TEST(stops_where_a_member_is_in_too_many)
{
	connect_members(1);
	fill_room("a", 1);
	fill_room("b", 1);
	fill_room("c", 1);
	DO(ROOM_JOIN, "id1", .room = STR("d"), .flags = COMMAND_MAY_CREATE);
	EXPECT_EVENTS("id1: failed too_many_rooms limit=3\n");
	connect_members(1);
	DO(ROOM_CREATE, "id5", .room = STR("d"), .name = STR("D"));
	forget_events();
	DO(ROOM_JOIN, "id1", .room = STR("d"));
	EXPECT_EVENTS("id1: failed too_many_rooms limit=3\n");
}
END_TEST

START_TEST(stops_where_there_are_too_many)
{
	connect_members(1);
	world.chat.limits.rooms = 1;
	fill_room("a", 1);
	DO(ROOM_JOIN, "id1", .room = STR("b"), .flags = COMMAND_MAY_CREATE);
	EXPECT_EVENTS("id1: failed too_many_rooms limit=1\n");
}
END_TEST

START_TEST(bounds_the_room_it_makes)
{
	connect_members(2);
	DO(ROOM_JOIN, "id1", .room = STR("r"), .flags = COMMAND_MAY_CREATE,
	    .ttl_ms = 1000, .max_members = 1);
	forget_events();
	DO(ROOM_JOIN, "id2", .room = STR("r"), .flags = COMMAND_MAY_CREATE,
	    .ttl_ms = 2000, .max_members = 2);
	EXPECT_EVENTS("id2: failed room_full limit=1\n");
	post("id1", "r", 1);
	fake_clock_pass(&world.clock, 1000);
	DO(HISTORY, "id1", .room = STR("r"), .limit = 9);
	EXPECT_EVENTS("id1: history room=r epoch=epoch3\n");
	DO(ROOM_JOIN, "id1", .room = STR("q"), .flags = COMMAND_MAY_CREATE,
	    .ttl_ms = 999);
	EXPECT_EVENTS("id1: failed bad_field field=ttl_ms\n");
}
END_TEST

START_TEST(leaves_the_room_before_where_one_is_in_one_at_a_time)
{
	world.chat.limits.rooms_per_member = 1;
	connect_members(2);
	fill_room("a", 2);
	ck_assert_int_eq(DO(ROOM_JOIN, "id1", .room = STR("b"),
			     .flags =
				 COMMAND_MAY_CREATE | COMMAND_LEAVES_OTHERS),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "id1: joined room=b name=b epoch=epoch4 at=1000 member=member1 "
	    "id=id1 count=1 role=owner names=member1\n"
	    "room a except=id1: gone room=a member=member1 id=id1\n");
	ck_assert_uint_eq(room_store_rooms_of(world.chat.rooms, STR("id1")), 1);
	DO(ROOM_JOIN, "id1", .room = STR("b"), .flags = COMMAND_LEAVES_OTHERS);
	EXPECT_EVENTS(
	    "id1: joined room=b name=b epoch=epoch4 at=1000 member=member1 "
	    "id=id1 count=1 duplicate role=owner names=member1\n");
	DO(ROOM_JOIN, "id2", .room = STR("b"), .flags = COMMAND_LEAVES_OTHERS);
	EXPECT_EVENTS(
	    "id2: joined room=b name=b epoch=epoch4 at=1000 member=member2 "
	    "id=id2 count=2 names=member1,member2\n"
	    "room b except=id2: entered room=b member=member2 id=id2\n");
	ck_assert_uint_eq(room_store_count(world.chat.rooms), 1);
}
END_TEST

START_TEST(leaves_no_room_if_it_gets_into_no_other)
{
	connect_members(1);
	fill_room("a", 1);
	ck_assert_int_eq(DO(ROOM_JOIN, "id1", .room = STR("b"),
			     .flags = COMMAND_LEAVES_OTHERS),
	    CHAT_ROOM_NOT_FOUND);
	ck_assert(room_store_has(world.chat.rooms, STR("a"), STR("id1")));
}
END_TEST

/* member2 has posted 1 to 12 in a room that keeps ten; pages have four. */
static void
room_fill(void)
{
	connect_members(2);
	DO(ROOM_JOIN, "id2", .room = STR("r"), .flags = COMMAND_MAY_CREATE);
	post("id2", "r", 12);
}

#define JOINED_AT(at)                                              \
	"id1: joined room=r name=r epoch=epoch3 seq=12 at=" at " " \
	"member=member1 id=id1 count=2 names=member2,member1"
#define JOINED JOINED_AT("1000")
#define POSTED(n) " [" #n " at=1000 member2 id2 " #n "]"
#define ENTERED "room r except=id1: entered room=r member=member1 id=id1\n"

static const struct {
	unsigned flags;
	struct str epoch;
	uint64_t since;
	uint32_t limit;
	const char *events;
} catching_up[] = {
	/* nothing was asked for */
	{ 0, STR_ABSENT, 0, 0, JOINED "\n" ENTERED },
	/* the newest, as many as a page has */
	{ 0, STR_ABSENT, 0, 1, JOINED POSTED(12) "\n" ENTERED },
	{ 0, STR_ABSENT, 0, 4,
	    JOINED POSTED(9) POSTED(10) POSTED(11) POSTED(12) "\n" ENTERED },
	{ 0, STR_ABSENT, 0, 5,
	    JOINED POSTED(9) POSTED(10) POSTED(11)
		POSTED(12) " more\n" ENTERED },
	/* the missed messages, and no others */
	{ COMMAND_HAS_SINCE, STR("epoch3"), 12, 0,
	    JOINED " asked recovered\n" ENTERED },
	{ COMMAND_HAS_SINCE, STR("epoch3"), 11, 9,
	    JOINED POSTED(12) " asked recovered\n" ENTERED },
	{ COMMAND_HAS_SINCE, STR("epoch3"), 8, 0,
	    JOINED POSTED(9) POSTED(10) POSTED(11)
		POSTED(12) " asked recovered\n" ENTERED },
	/* its first page */
	{ COMMAND_HAS_SINCE, STR("epoch3"), 7, 0,
	    JOINED POSTED(8) POSTED(9) POSTED(10)
		POSTED(11) " more asked recovered\n" ENTERED },
	/* 3 is the first that is kept */
	{ COMMAND_HAS_SINCE, STR("epoch3"), 2, 0,
	    JOINED POSTED(3) POSTED(4) POSTED(5)
		POSTED(6) " more asked recovered\n" ENTERED },
	{ COMMAND_HAS_SINCE, STR("epoch3"), 1, 0,
	    JOINED POSTED(3) POSTED(4) POSTED(5)
		POSTED(6) " more asked missing=2-2\n" ENTERED },
	{ COMMAND_HAS_SINCE, STR("epoch3"), 0, 0,
	    JOINED POSTED(3) POSTED(4) POSTED(5)
		POSTED(6) " more asked missing=1-2\n" ENTERED },
	/* another epoch of the room */
	{ COMMAND_HAS_SINCE, STR("epoch3"), 13, 0,
	    JOINED POSTED(3) POSTED(4) POSTED(5)
		POSTED(6) " more asked epoch_changed\n" ENTERED },
	{ COMMAND_HAS_SINCE, STR("epoch3"), UINT64_MAX, 0,
	    JOINED POSTED(3) POSTED(4) POSTED(5)
		POSTED(6) " more asked epoch_changed\n" ENTERED },
	{ COMMAND_HAS_SINCE, STR("epoch2"), 11, 0,
	    JOINED POSTED(3) POSTED(4) POSTED(5)
		POSTED(6) " more asked epoch_changed\n" ENTERED },
	{ COMMAND_HAS_SINCE, STR(""), 11, 0,
	    JOINED POSTED(3) POSTED(4) POSTED(5)
		POSTED(6) " more asked epoch_changed\n" ENTERED },
};

START_TEST(catches_up)
{
	room_fill();
	DO(ROOM_JOIN, "id1", .room = STR("r"), .flags = catching_up[_i].flags,
	    .since_epoch = catching_up[_i].epoch,
	    .since_seq = catching_up[_i].since, .limit = catching_up[_i].limit);
	EXPECT_EVENTS(catching_up[_i].events);
}
END_TEST

START_TEST(a_former_epoch_is_good_up_to_its_last_number)
{
	struct room room;

	room_fill();
	ck_assert_int_eq(room_store_get(world.chat.rooms, STR("r"), &room),
	    CHAT_OK);
	strcpy(room.former_epoch, room.epoch);
	strcpy(room.epoch, "other");
	room.former_seq = 11;
	room_store_set_epoch(world.chat.rooms, &room);
	DO(ROOM_JOIN, "id1", .room = STR("r"), .flags = COMMAND_HAS_SINCE,
	    .since_epoch = STR("epoch3"), .since_seq = 11 + (uint64_t)_i);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    _i == 0 ? "asked recovered" : "asked epoch_changed"));
}
END_TEST

/* The clock has gone on when the changes are made. */
START_TEST(learns_what_became_of_earlier_messages)
{
	connect_members(2);
	DO(ROOM_JOIN, "id2", .room = STR("r"), .flags = COMMAND_MAY_CREATE);
	post("id2", "r", 4);
	DO(EDIT, "id2", .room = STR("r"), .from_seq = 1, .body = STR("old"));
	fake_clock_pass(&world.clock, 10);
	post("id2", "r", 2);
	DO(EDIT, "id2", .room = STR("r"), .from_seq = 4, .body = STR("new"));
	DO(REACT, "id2", .room = STR("r"), .from_seq = 4,
	    .reaction = STR("+1"));
	DO(REDACT, "id2", .room = STR("r"), .from_seq = 2);
	DO(EDIT, "id2", .room = STR("r"), .from_seq = 6, .body = STR("last"));
	forget_events();
	DO(ROOM_JOIN, "id1", .room = STR("r"), .flags = COMMAND_HAS_SINCE,
	    .since_epoch = STR("epoch3"), .since_seq = 5);
	EXPECT_EVENTS("id1: joined room=r name=r epoch=epoch3 seq=6 at=1010 "
		      "member=member1 id=id1 count=2 names=member2,member1 "
		      "[6 at=1010 member2 id2 last edited=1010] changes "
		      "[2 at=1000 member2 id2  redacted] "
		      "[4 at=1000 member2 id2 new edited=1010 +1:1] asked "
		      "recovered\n" ENTERED);
}
END_TEST

START_TEST(learns_of_as_many_changes_as_fit)
{
	room_fill();
	for (uint64_t seq = 5; seq <= 10; seq++)
		DO(REDACT, "id2", .room = STR("r"), .from_seq = seq);
	forget_events();
	DO(ROOM_JOIN, "id1", .room = STR("r"), .flags = COMMAND_HAS_SINCE,
	    .since_epoch = STR("epoch3"), .since_seq = 12);
	EXPECT_EVENTS(JOINED " changes [7 at=1000 member2 id2  redacted] "
			     "[8 at=1000 member2 id2  redacted] "
			     "[9 at=1000 member2 id2  redacted] "
			     "[10 at=1000 member2 id2  redacted] more asked "
			     "recovered\n" ENTERED);
}
END_TEST

START_TEST(misses_all_that_was_forgotten)
{
	room_fill();
	fake_clock_pass(&world.clock, 60000);
	DO(ROOM_JOIN, "id1", .room = STR("r"), .flags = COMMAND_HAS_SINCE,
	    .since_epoch = STR("epoch3"), .since_seq = 7);
	EXPECT_EVENTS(JOINED_AT("61000") " asked missing=8-12\n" ENTERED);
}
END_TEST

START_TEST(has_missed_nothing_of_what_was_forgotten_before)
{
	room_fill();
	fake_clock_pass(&world.clock, 60000);
	DO(ROOM_JOIN, "id1", .room = STR("r"), .flags = COMMAND_HAS_SINCE,
	    .since_epoch = STR("epoch3"), .since_seq = 12);
	EXPECT_EVENTS(JOINED_AT("61000") " asked recovered\n" ENTERED);
}
END_TEST

/*
 * Earlier messages are in the answer or below `since`, later ones are sent as
 * events.
 */
START_TEST(loses_and_doubles_nothing_between_messages_and_live_events)
{
	room_fill();
	DO(ROOM_JOIN, "id1", .room = STR("r"), .flags = COMMAND_HAS_SINCE,
	    .since_epoch = STR("epoch3"), .since_seq = 11);
	DO(BROADCAST, "id2", .room = STR("r"), .body = STR("13"));
	EXPECT_EVENTS(JOINED POSTED(
	    12) " asked recovered\n" ENTERED
		"room r: message room=r seq=13 at=1000 member=member2 id=id2 "
		"body=13\n");
}
END_TEST

SUITE(room_join)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, answers_the_joiner_and_then_notifies_the_others);
	tcase_add_test(tests, makes_a_room_if_it_may);
	tcase_add_test(tests, makes_a_room_that_stays);
	tcase_add_test(tests, makes_no_other_room_of_one_that_is_there);
	tcase_add_test(tests, answers_a_second_join_and_sends_no_event);
	tcase_add_test(tests, answers_again_even_if_the_room_is_full);
	tcase_add_test(tests, leaves_the_names_out_where_there_are_many);
	tcase_add_test(tests, omits_names_that_the_dialect_does_not_send);
	tcase_add_loop_test(tests, refuses, 0, COUNT_OF(refusals));
	tcase_add_test(tests, stops_where_a_member_is_in_too_many);
	tcase_add_test(tests, stops_where_there_are_too_many);
	tcase_add_test(tests, bounds_the_room_it_makes);
	tcase_add_test(tests,
	    leaves_the_room_before_where_one_is_in_one_at_a_time);
	tcase_add_test(tests, leaves_no_room_if_it_gets_into_no_other);
	tcase_add_loop_test(tests, a_former_epoch_is_good_up_to_its_last_number,
	    0, 2);
	tcase_add_loop_test(tests, catches_up, 0, COUNT_OF(catching_up));
	tcase_add_test(tests, learns_what_became_of_earlier_messages);
	tcase_add_test(tests, learns_of_as_many_changes_as_fit);
	tcase_add_test(tests, misses_all_that_was_forgotten);
	tcase_add_test(tests, has_missed_nothing_of_what_was_forgotten_before);
	tcase_add_test(tests,
	    loses_and_doubles_nothing_between_messages_and_live_events);
}
