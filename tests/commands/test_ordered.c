/* Commands that are run in the order of all nodes. */
#include <stdlib.h>

#include "domain/command_copy.h"
#include "persistence/blobs/memory_blobs.h"
#include "persistence/memory/memory_history.h"
#include "tests/suite.h"
#include "tests/support/commands/braces.h"
#include "tests/support/commands/world.h"

#define PROPOSED_MOST 8

struct proposed {
	struct command command;
	char texts[256];
};

/* An order that waits for the test. */
static struct {
	struct command_order base;
	struct proposed proposed[PROPOSED_MOST];
	size_t count, done;
	enum room_readiness readiness, own_readiness, count_readiness;
	bool is_down, leads;
	int64_t now_ms; /* of what runs */
} order;

static enum chat_error
order_propose(struct command_order *base, const struct command *command)
{
	struct proposed *next = &order.proposed[order.count];

	(void)base;
	if (order.is_down && command->kind != COMMAND_DISCONNECT)
		return CHAT_UNAVAILABLE;
	ck_assert_uint_lt(order.count, PROPOSED_MOST);
	ck_assert_uint_le(command_text_bytes(command), sizeof(next->texts));
	command_copy(command, &next->command, next->texts);
	next->command.peer = NULL;
	order.count++;
	return CHAT_OK;
}

static enum room_readiness
order_room(struct command_order *base, struct str room_id)
{
	(void)base;
	(void)room_id;
	return order.readiness;
}

static enum room_readiness
order_own_rooms(struct command_order *base, struct str member_id,
    char out[ROOM_ID_SIZE])
{
	(void)base;
	(void)member_id;
	strcpy(out, "den");
	return order.own_readiness;
}

/* id2 moderates the server, from another node. */
static unsigned
order_rights(struct command_order *base, struct str member_id)
{
	(void)base;
	return str_equal(member_id, STR("id2")) ? RIGHT_MODERATE : 0;
}

static void
order_spread(struct command_order *base, const struct command *command,
    struct str room_id)
{
	(void)base;
	transcript_add(&world.publisher.events, "spread %s %.*s\n",
	    command_kind_word(command->kind), (int)room_id.len, room_id.data);
}

static enum room_readiness
order_count(struct command_order *base, struct str room_id)
{
	const struct history_span span = { .last = 9, .last_at_ms = 7000 };

	(void)base;
	if (order.count_readiness == ROOM_IS_READY)
		memory_history_set_span(world.chat.history, room_id, &span);
	return order.count_readiness;
}

static bool
order_is_ready(struct command_order *base)
{
	(void)base;
	return !order.is_down;
}

static bool
order_leads(struct command_order *base)
{
	(void)base;
	return order.leads;
}

static const struct command_order_ops order_ops = {
	.leads = order_leads,
	.is_ready = order_is_ready,
	.own_rooms = order_own_rooms,
	.count = order_count,
	.rights = order_rights,
	.spread = order_spread,
	.propose = order_propose,
	.room = order_room,
};

/* Members from before are of this node. */
static void
order_begin(unsigned members)
{
	world_begin();
	connect_members(members);
	dispatcher_destroy(world.dispatcher);
	order.base.ops = &order_ops;
	order.count = order.done = 0;
	order.readiness = order.own_readiness = ROOM_IS_READY;
	order.is_down = order.leads = false;
	order.now_ms = 5;
	world.chat.order = &order.base;
	world.dispatcher = dispatcher_create(&world.chat);
	ck_assert_ptr_nonnull(world.dispatcher);
	dispatcher_resume(world.dispatcher, members);
}

static void
order_begin_alone(void)
{
	order_begin(2);
}

static struct ordered_run
run_next(void)
{
	struct ordered_run run = { .now_ms = order.now_ms };

	ck_assert_uint_lt(order.done, order.count);
	order.base.handler->ops->run(order.base.handler,
	    &order.proposed[order.done++].command, &run);
	return run;
}

/* A command that another node has proposed. */
static void
run_foreign(enum command_kind kind, struct str author, struct str room)
{
	struct ordered_run run = { .now_ms = 5, .is_foreign = true };
	struct command command = { .kind = kind,
		.author = author,
		.room = room,
		.rights = RIGHTS_USUAL,
		.connection = CONNECTION_ELSEWHERE };

	order.base.handler->ops->run(order.base.handler, &command, &run);
}

START_TEST(runs_at_its_place_and_not_before)
{
	DO(ROOM_CREATE, "id1", .room = STR("den"), .name = STR("Den"));
	EXPECT_EVENTS("");
	run_next();
	EXPECT_EVENTS("id1: created room=den name=Den\n");
	ck_assert_uint_eq(order.count, 1);
}
END_TEST

START_TEST(later_commands_of_the_author_wait)
{
	DO(RENAME, "id1", .name = STR("Ann"));
	DO(ME, "id1", .ref = STR("1"));
	DO(LIST, "id1", .ref = STR("2"));
	DO(LIST, "id2", .ref = STR("3"));
	EXPECT_EVENTS("id1: me ref=1 member=member1 id=id1 server=parley\n"
		      "id2: list ref=3 names=member1,member2\n");
	run_next();
	EXPECT_EVENTS("id1: named member=Ann id=id1\n"
		      "id1: list ref=2 names=Ann,member2\n");
}
END_TEST

START_TEST(two_commands_of_one_author_keep_their_order)
{
	DO(ROOM_CREATE, "id1", .room = STR("a"), .name = STR("A"));
	DO(ROOM_CREATE, "id1", .room = STR("b"), .name = STR("B"));
	ck_assert_uint_eq(order.count, 1);
	run_next();
	ck_assert_uint_eq(order.count, 2);
	run_next();
	EXPECT_EVENTS("id1: created room=a name=A\n"
		      "id1: created room=b name=B\n");
}
END_TEST

START_TEST(what_a_member_of_another_node_does_is_published)
{
	DO(ROOM_CREATE, "id1", .room = STR("den"), .name = STR("Den"));
	run_next();
	forget_events();
	run_foreign(COMMAND_ROOM_JOIN, STR("id2"), STR("den"));
	EXPECT_EVENTS("room den except=id2/4294967295: entered room=den "
		      "member=member2 id=id2\n");
	run_foreign(COMMAND_ROOM_LEAVE, STR("id2"), STR("den"));
	EXPECT_EVENTS(
	    "room den except=id2/4294967295: gone room=den member=member2 "
	    "id=id2\n"
	    "id2/4294967295: left room=den at=5 member=member2 id=id2\n");
	ck_assert(!room_store_has(world.chat.rooms, STR("den"), STR("id2")));
}
END_TEST

START_TEST(a_connection_gets_its_member_at_its_place)
{
	struct ordered_run run;

	CONNECT(.name = STR("Ann"), .connection = 7);
	EXPECT_EVENTS("");
	run = run_next();
	ck_assert_str_eq(run.member_id, "id3");
	ck_assert(!run.is_lost);
	EXPECT_EVENTS("attach id3/7\n"
		      "id3/7: welcome member=Ann id=id3 server=parley\n"
		      "lobby: announced member=Ann id=id3\n");
}
END_TEST

START_TEST(a_connection_that_is_gone_by_then_is_lost)
{
	struct ordered_run run;

	CONNECT(.name = STR("Ann"), .connection = 7);
	world.publisher.none_waits = true;
	run = run_next();
	ck_assert(run.is_lost);
	ck_assert_str_eq(run.member_id, "id3");
	ck_assert_uint_eq(member_store_count(world.chat.members), 3);
}
END_TEST

START_TEST(an_order_that_is_away_refuses)
{
	order.is_down = true;
	ck_assert_int_eq(CONNECT(.connection = 7), CHAT_UNAVAILABLE);
	DO(RENAME, "id1", .name = STR("Ann"), .ref = STR("1"));
	EXPECT_EVENTS("id1: failed ref=1 unavailable retry=1000\n");
}
END_TEST

START_TEST(a_member_that_goes_is_never_refused)
{
	order.is_down = true;
	DO(DISCONNECT, "id1");
	ck_assert_uint_eq(order.count, 1);
	run_next();
	ck_assert_uint_eq(member_store_count(world.chat.members), 1);
}
END_TEST

START_TEST(an_unknown_outcome_is_answered)
{
	DO(RENAME, "id1", .name = STR("Ann"), .ref = STR("1"));
	DO(LIST, "id1", .ref = STR("2"));
	order.base.handler->ops->give_up(order.base.handler,
	    &order.proposed[0].command, CHAT_STORE_FAILED);
	EXPECT_EVENTS("id1: failed ref=1 store_failed retry=1000\n"
		      "id1: list ref=2 names=member1,member2\n");
}
END_TEST

START_TEST(a_room_whose_history_is_away_is_not_read)
{
	DO(ROOM_CREATE, "id1", .room = STR("den"), .name = STR("Den"));
	run_next();
	forget_events();
	order.readiness = ROOM_IS_UNAVAILABLE;
	DO(HISTORY, "id1", .room = STR("den"));
	EXPECT_EVENTS("id1: failed unavailable retry=1000\n");
	world.log.is_slow = true;
	order.readiness = ROOM_IS_AWAITED;
	DO(HISTORY, "id1", .room = STR("den"));
	EXPECT_EVENTS("");
	order.readiness = ROOM_IS_READY;
	slow_log_do_all(&world.log);
	EXPECT_EVENTS("id1: history room=den epoch=epoch3\n");
}
END_TEST

START_TEST(messages_to_the_lobby_are_ordered_and_counted)
{
	DO(BROADCAST, "id1", .body = STR("1"), .ref = STR("1"));
	run_next();
	EXPECT_EVENTS("lobby: message member=member1 id=id1 body=1\n"
		      "id1: delivered ref=1 recipients=2\n");
}
END_TEST

static enum filter_verdict
filter_shout(struct message_filter *filter, struct str body, struct str *out)
{
	(void)filter;
	(void)body;
	*out = STR("LOUD");
	return FILTER_CHANGED;
}

static bool
filter_allows(struct message_filter *filter, struct str text)
{
	(void)filter;
	return !str_equal(text, STR("Darn"));
}

/* Other nodes may have another list. */
START_TEST(the_node_of_its_author_checks_the_words_of_a_name)
{
	const struct message_filter_ops ops = { .allows = filter_allows };
	struct message_filter filter = { &ops };
	struct ordered_run run = { .now_ms = 5, .is_foreign = true };
	struct command of_another_node = { .kind = COMMAND_RENAME,
		.author = STR("id2"),
		.name = STR("Darn"),
		.rights = RIGHTS_USUAL,
		.connection = CONNECTION_ELSEWHERE };
	struct member member;

	world.chat.filter = &filter;
	DO(RENAME, "id1", .name = STR("Darn"));
	EXPECT_EVENTS("id1: failed message_refused field=name text=The name "
		      "contains a word that is not allowed\n");
	ck_assert_uint_eq(order.count, 0);
	DO(RENAME, "id1", .name = STR("Ann"));
	ck_assert_uint_eq(order.count, 1);
	order.base.handler->ops->run(order.base.handler, &of_another_node,
	    &run);
	ck_assert_int_eq(member_store_get_named(world.chat.members, STR("Darn"),
			     &member),
	    CHAT_OK);
	world.chat.filter = NULL;
}
END_TEST

/*
 * Nodes may have other lists of words and files, so commands are prepared
 * before they are proposed.
 */
START_TEST(the_node_of_its_author_prepares_a_message)
{
	const struct message_filter_ops ops = { .apply = filter_shout };
	struct message_filter filter = { &ops };

	world.chat.filter = &filter;
	DO(DM, "id1", .recipient = STR("id2"), .body = STR("hush"));
	ck_assert(str_equal(order.proposed[0].command.body, STR("LOUD")));
	world.chat.filter = NULL;
	run_next();
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text, "body=LOUD"));
	DO(DM, "id1", .recipient = STR("id2"), .body = STR(""));
	ck_assert_uint_eq(order.count, 1);
}
END_TEST

START_TEST(who_moderates_the_server_at_another_node_is_safe)
{
	DO(ROOM_CREATE, "id1", .room = STR("den"), .name = STR("Den"));
	run_next();
	run_foreign(COMMAND_ROOM_JOIN, STR("id2"), STR("den"));
	forget_events();
	DO(KICK, "id1", .room = STR("den"), .recipient = STR("id2"));
	run_next();
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "id1: failed forbidden"));
	ck_assert(room_store_has(world.chat.rooms, STR("den"), STR("id2")));
}
END_TEST

START_TEST(typing_is_spread_by_the_node_of_its_author)
{
	DO(ROOM_CREATE, "id1", .room = STR("den"), .name = STR("Den"));
	run_next();
	run_foreign(COMMAND_ROOM_JOIN, STR("id2"), STR("den"));
	forget_events();
	DO(TYPING, "id1", .room = STR("den"));
	EXPECT_EVENTS(
	    "room den except=id1: typing room=den member=member1 id=id1\n"
	    "spread typing den\n");
	run_foreign(COMMAND_TYPING, STR("id2"), STR("den"));
	EXPECT_EVENTS(
	    "room den except=id2/4294967295: typing room=den member=member2 "
	    "id=id2\n");
}
END_TEST

START_TEST(the_members_of_a_room_that_lost_messages_come_again)
{
	DO(ROOM_CREATE, "id1", .room = STR("den"), .name = STR("Den"));
	run_next();
	forget_events();
	order.base.handler->ops->reset(order.base.handler, STR("den"));
	EXPECT_EVENTS("id1: ended store_failed\n");
}
END_TEST

START_TEST(a_mute_by_the_server_is_published_by_each_node)
{
	struct attribute mute = { .kind = ATTRIBUTE_ROLE,
		.subject = STR("id2"),
		.value = STR("member muted 99"),
		.by = STR("id2") };
	struct entry entry = { .kind = ENTRY_ATTRIBUTE,
		.room_id = STR("den"),
		.attribute = mute };

	DO(ROOM_CREATE, "id1", .room = STR("den"), .name = STR("Den"));
	run_next();
	run_foreign(COMMAND_ROOM_JOIN, STR("id2"), STR("den"));
	forget_events();
	commit_log_report(&world.log.base, &entry, NULL, CHAT_OK);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "room den: role room=den"));
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "reason=flood"));
}
END_TEST

START_TEST(own_rooms_are_listed_when_their_histories_are_here)
{
	world.log.is_slow = true;
	order.own_readiness = ROOM_IS_AWAITED;
	DO(ROOM_LIST, "id1", .flags = COMMAND_MINE);
	EXPECT_EVENTS("");
	order.own_readiness = ROOM_IS_READY;
	slow_log_do_all(&world.log);
	EXPECT_EVENTS("id1: rooms at=1000\n");
}
END_TEST

/* --- notices of files ----------------------------------------------------- */

#define FILE_ID "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10"
#define FILE_OF(...) .file = { .id = STR(FILE_ID), __VA_ARGS__ }

static struct blob_store *blobs;

/* A complete file of id1, in the directory of all nodes. */
static void
files_begin(void)
{
	order_begin(2);
	world.chat.blobs = blobs = memory_blobs_create();
	DO(FILE_CREATE, "id1", FILE_OF(.name = STR("a"), .size = 1));
	DO(FILE_APPEND, "id1", .body = STR("x"), FILE_OF(.at = 0));
}

static void
files_end(void)
{
	world_end();
	blob_store_destroy(blobs);
}

START_TEST(an_upload_is_announced_by_each_node)
{
	DO(FILE_COMPLETE, "id1", .flags = COMMAND_ANNOUNCED, FILE_OF(.at = 0));
	DO(LIST, "id1");
	ck_assert_ptr_null(strstr(world.publisher.events.text, "uploaded"));
	forget_events();
	run_next();
	EXPECT_EVENTS("lobby except=id1: file_uploaded member=member1 id=id1\n"
		      "id1: list names=member1,member2\n");
	order.proposed[0].command.connection = CONNECTION_ELSEWHERE;
	order.done = 0;
	run_next();
	EXPECT_EVENTS("lobby except=id1/4294967295: file_uploaded "
		      "member=member1 id=id1\n");
}
END_TEST

START_TEST(who_takes_a_file_is_known_to_its_owner_at_another_node)
{
	DO(FILE_COMPLETE, "id1", FILE_OF(.at = 0));
	ck_assert_int_eq(blob_store_grant(blobs, STR(FILE_ID), BLOB_ALL,
			     STR("")),
	    CHAT_OK);
	forget_events();
	DO(FILE_ACCEPT, "id2", FILE_OF(.at = 0));
	EXPECT_EVENTS("");
	run_next();
	EXPECT_EVENTS(
	    "id1: file_accepted member=member2 id=id2 private by=member1\n"
	    "lobby: file_accepted member=member2 id=id2 by=member1\n"
	    "id2: file_taken\n");
	order.is_down = true;
	DO(FILE_REJECT, "id2", FILE_OF(.at = 0));
	EXPECT_EVENTS("id2: failed unavailable retry=1000\n");
}
END_TEST

START_TEST(each_node_reports_how_many_it_has_sent_a_file)
{
	struct command pushed = { .kind = COMMAND_FILE_PUSHED,
		FILE_OF(.at = 0) };

	world_do(&pushed);
	ck_assert_uint_eq(order.count, 0);
	pushed.limit = 2;
	world_do(&pushed);
	forget_events();
	run_next();
	EXPECT_EVENTS("lobby: file_pushed count=2\n");
}
END_TEST

/* The receiver at another node may ask for it before the author's node is
 * there. */
START_TEST(the_file_of_a_message_is_granted_before_it_is_proposed)
{
	const struct blob *blob;

	world.chat.file_messages = &braces;
	DO(FILE_COMPLETE, "id1", FILE_OF(.at = 0));
	DO(BROADCAST, "id1", .body = STR("{" FILE_ID "}"));
	DO(DM, "id2", .recipient = STR("id1"), .body = STR("\"plain\""));
	blob = blob_store_find(blobs, STR(FILE_ID));
	ck_assert(blob_has_grant(blob, BLOB_ALL, STR("")));
	run_next();
	DO(DM, "id1", .recipient = STR("id2"), .body = STR("{" FILE_ID "}"));
	ck_assert(blob_has_grant(blob, BLOB_MEMBER, STR("id2")));
}
END_TEST

START_TEST(rooms_that_are_not_followed_are_counted)
{
	DO(ROOM_CREATE, "id1", .room = STR("den"), .name = STR("Den"));
	run_next();
	forget_events();
	world.log.is_slow = true;
	order.count_readiness = ROOM_IS_AWAITED;
	DO(ROOM_LIST, "id1");
	EXPECT_EVENTS("id1: rooms at=1000 [den Den 1 since=5 alive=5]\n");
	DO(ROOM_LIST, "id1", .flags = COMMAND_WITH_COUNTS);
	EXPECT_EVENTS("");
	order.count_readiness = ROOM_IS_READY;
	slow_log_do_all(&world.log);
	EXPECT_EVENTS("id1: rooms at=1000 [den Den 1 since=5 alive=7000 "
		      "messages=9]\n");
	order.count_readiness = ROOM_IS_UNAVAILABLE;
	DO(ROOM_LIST, "id1", .flags = COMMAND_WITH_COUNTS);
	EXPECT_EVENTS("id1: rooms at=1000 [den Den 1 since=5 alive=7000 "
		      "messages=9 uncounted]\n");
}
END_TEST

static void
den_create(const char *id)
{
	DO(ROOM_CREATE, "id1", .room = str_from(id), .name = str_from(id),
	    .flags = COMMAND_PERSISTENT, .origin = 7);
	run_next();
}

START_TEST(all_nodes_count_the_new_rooms_of_an_address)
{
	world.chat.limits.persistent_rooms_per_hour = 2;
	den_create("a");
	den_create("b");
	forget_events();
	den_create("c");
	EXPECT_EVENTS("id1: failed too_many_rooms limit=2\n");
	order.now_ms += 3600000;
	den_create("c");
	EXPECT_EVENTS("id1: created room=c name=c persistent\n");
}
END_TEST

static bool
den_exists(void)
{
	struct room room;

	return room_store_get(world.chat.rooms, STR("den"), &room) == CHAT_OK;
}

/* A room that ends after five seconds, whose only member has left. */
static void
den_empty(void)
{
	world.chat.limits.room_empty_ms = 5000;
	DO(ROOM_CREATE, "id1", .room = STR("den"), .name = STR("Den"),
	    .flags = COMMAND_PERSISTENT);
	run_next();
	DO(ROOM_LEAVE, "id1", .room = STR("den"));
	run_next();
}

/* The node that leads does, once it knows when the last message came: 7000. */
START_TEST(one_node_proposes_the_end_of_an_empty_room)
{
	den_empty();
	fake_clock_pass(&world.clock, 9000);
	TICK();
	order.leads = true;
	order.count_readiness = ROOM_IS_UNAVAILABLE;
	fake_clock_pass(&world.clock, 5000);
	TICK();
	ck_assert_uint_eq(order.count, 2);
	order.count_readiness = ROOM_IS_AWAITED;
	fake_clock_pass(&world.clock, 5000);
	TICK();
	ck_assert_uint_eq(order.count, 2);
	order.count_readiness = ROOM_IS_READY;
	TICK();
	ck_assert_uint_eq(order.count, 3);
	TICK();
	ck_assert_uint_eq(order.count, 3);
	order.now_ms = 5004;
	run_next();
	ck_assert(den_exists());
	fake_clock_pass(&world.clock, 5000);
	TICK();
	order.now_ms = 20000;
	run_next();
	ck_assert(!den_exists());
}
END_TEST

START_TEST(a_room_that_is_posted_in_does_not_end)
{
	den_empty();
	order.leads = true;
	order.count_readiness = ROOM_IS_READY;
	fake_clock_pass(&world.clock, 9000);
	TICK();
	ck_assert_uint_eq(order.count, 2);
	fake_clock_pass(&world.clock, 5000);
	TICK();
	ck_assert_uint_eq(order.count, 3);
	/* A member has entered it meanwhile. */
	DO(ROOM_JOIN, "id2", .room = STR("den"));
	order.done++;
	run_next();
	order.done = 2;
	order.now_ms = 20000;
	run_next();
	ck_assert(den_exists());
}
END_TEST

SUITE(ordered)
{
	tcase_add_checked_fixture(tests, order_begin_alone, world_end);
	tcase_add_test(tests, runs_at_its_place_and_not_before);
	tcase_add_test(tests, later_commands_of_the_author_wait);
	tcase_add_test(tests, two_commands_of_one_author_keep_their_order);
	tcase_add_test(tests, what_a_member_of_another_node_does_is_published);
	tcase_add_test(tests, a_connection_gets_its_member_at_its_place);
	tcase_add_test(tests, a_connection_that_is_gone_by_then_is_lost);
	tcase_add_test(tests, an_order_that_is_away_refuses);
	tcase_add_test(tests, a_member_that_goes_is_never_refused);
	tcase_add_test(tests, an_unknown_outcome_is_answered);
	tcase_add_test(tests, a_room_whose_history_is_away_is_not_read);
	tcase_add_test(tests, messages_to_the_lobby_are_ordered_and_counted);
	tcase_add_test(tests,
	    the_node_of_its_author_checks_the_words_of_a_name);
	tcase_add_test(tests, the_node_of_its_author_prepares_a_message);
	tcase_add_test(tests, who_moderates_the_server_at_another_node_is_safe);
	tcase_add_test(tests, typing_is_spread_by_the_node_of_its_author);
	tcase_add_test(tests,
	    the_members_of_a_room_that_lost_messages_come_again);
	tcase_add_test(tests, a_mute_by_the_server_is_published_by_each_node);
	tcase_add_test(tests,
	    own_rooms_are_listed_when_their_histories_are_here);
	tcase_add_test(tests, rooms_that_are_not_followed_are_counted);
	tcase_add_test(tests, all_nodes_count_the_new_rooms_of_an_address);
	tcase_add_test(tests, one_node_proposes_the_end_of_an_empty_room);
	tcase_add_test(tests, a_room_that_is_posted_in_does_not_end);
}

SUITE(ordered_files)
{
	tcase_add_checked_fixture(tests, files_begin, files_end);
	tcase_add_test(tests, an_upload_is_announced_by_each_node);
	tcase_add_test(tests,
	    who_takes_a_file_is_known_to_its_owner_at_another_node);
	tcase_add_test(tests, each_node_reports_how_many_it_has_sent_a_file);
	tcase_add_test(tests,
	    the_file_of_a_message_is_granted_before_it_is_proposed);
}
