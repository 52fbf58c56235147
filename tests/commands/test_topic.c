#include "tests/suite.h"
#include "tests/support/commands/world.h"

#define IN_R .room = STR("r")

START_TEST(is_set_published_and_removed)
{
	connect_members(2);
	fill_room("r", 2);
	ck_assert_int_eq(DO(TOPIC, "id1", IN_R, .topic = STR("tea"),
			     .ref = STR("1")),
	    CHAT_OK);
	EXPECT_EVENTS(
	    "room r: topic room=r at=1000 topic=tea by=member1 by_id=id1\n"
	    "id1: done ref=1 room=r\n");
	DO(ROOM_JOIN, "id2", IN_R, .flags = COMMAND_UNLISTED);
	EXPECT_EVENTS(
	    "id2: joined room=r name=r epoch=epoch3 at=1000 member=member2 "
	    "id=id2 count=2 duplicate topic=tea names_left_out\n");
	DO(TOPIC, "id1", IN_R, .topic = STR(""));
	EXPECT_EVENTS(
	    "room r: topic room=r at=1000 topic= by=member1 by_id=id1\n"
	    "id1: done room=r\n");
	ck_assert_uint_eq(attribute_store_count(world.chat.attributes,
			      STR("r")),
	    0);
}
END_TEST

START_TEST(comes_with_a_new_room)
{
	connect_members(1);
	DO(ROOM_JOIN, "id1", IN_R,
	    .flags = COMMAND_MAY_CREATE | COMMAND_UNLISTED,
	    .topic = STR("tea"));
	EXPECT_EVENTS(
	    "id1: joined room=r name=r epoch=epoch2 at=1000 member=member1 "
	    "id=id1 count=1 topic=tea role=owner names_left_out\n");
	DO(ROOM_JOIN, "id1", IN_R, .flags = COMMAND_UNLISTED);
	EXPECT_EVENTS(
	    "id1: joined room=r name=r epoch=epoch2 at=1000 member=member1 "
	    "id=id1 count=1 duplicate topic=tea role=owner names_left_out\n");
	DO(ROOM_CREATE, "id1", .room = STR("s"), .name = STR("s"),
	    .topic = STR("cake"));
	EXPECT_EVENTS("id1: created room=s name=s\n");
	DO(ROOM_JOIN, "id1", .room = STR("s"), .flags = COMMAND_UNLISTED);
	EXPECT_EVENTS(
	    "id1: joined room=s name=s epoch=epoch3 at=1000 member=member1 "
	    "id=id1 count=1 duplicate topic=cake role=owner names_left_out\n");
}
END_TEST

START_TEST(needs_a_moderator)
{
	connect_members(2);
	fill_room("r", 2);
	ck_assert_int_eq(DO(TOPIC, "id2", IN_R, .topic = STR("x")),
	    CHAT_FORBIDDEN);
}
END_TEST

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static const struct {
	struct str topic;
	bool is_valid;
} topics[] = {
	{ STR("t\u00e9 \xf0\x9f\x8d\xb5"), true },
	{ STR(FIFTY FIFTY FIFTY FIFTY FIFTY "123456"), true },
	{ STR(FIFTY FIFTY FIFTY FIFTY FIFTY "1234567"), false },
	{ STR("two\nlines"), false },
	{ STR("two\xe2\x80\xa8lines"), false },
	{ STR("\x1b[31m"), false },
	{ STR("\xc2\x9b"), false },
	{ STR("\xff"), false },
};

START_TEST(is_one_line)
{
	connect_members(1);
	fill_room("r", 1);
	ck_assert_int_eq(DO(TOPIC, "id1", IN_R, .topic = topics[_i].topic),
	    topics[_i].is_valid ? CHAT_OK : CHAT_BAD_FIELD);
	ck_assert_int_eq(DO(ROOM_CREATE, "id1", .name = STR("x"),
			     .topic = topics[_i].topic),
	    topics[_i].is_valid ? CHAT_OK : CHAT_BAD_FIELD);
}
END_TEST

SUITE(topic)
{
	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_test(tests, is_set_published_and_removed);
	tcase_add_test(tests, comes_with_a_new_room);
	tcase_add_test(tests, needs_a_moderator);
	tcase_add_loop_test(tests, is_one_line, 0, COUNT_OF(topics));
}
