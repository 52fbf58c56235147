/* Uploaded files: owners, readers, and messages that share them. */
#include <stdio.h>

#include "commands/commands.h"
#include "persistence/blobs/memory_blobs.h"
#include "tests/suite.h"
#include "tests/support/commands/braces.h"
#include "tests/support/commands/world.h"
#include "tests/support/failing_malloc.h"

#define ID "0b6a1f0e-5c1c-4b8e-9a55-2f6d1c1f7e10"

/* A store that completes files when the test wants it. */
static struct blob_store_ops slow_ops;
static void (*complete_now)(struct blob_store *, struct str, struct str,
    struct blob_waiter *);
static struct {
	struct blob_waiter *waiter;
	char type[BLOB_TYPE_SIZE];
} held;

static void
slow_complete(struct blob_store *store, struct str id, struct str type,
    struct blob_waiter *waiter)
{
	(void)store;
	(void)id;
	held.waiter = waiter;
	*str_put(held.type, type) = '\0';
}

static void
store_slow_down(void)
{
	slow_ops = *world.chat.blobs->ops;
	complete_now = slow_ops.complete;
	slow_ops.complete = slow_complete;
	world.chat.blobs->ops = &slow_ops;
}

static void
held_complete(void)
{
	complete_now(world.chat.blobs, STR(ID), str_from(held.type),
	    held.waiter);
}

static void
setup(void)
{
	world_begin();
	world.chat.blobs = memory_blobs_create();
	world.chat.file_messages = &braces;
	connect_members(3);
	forget_events();
}

static void
teardown(void)
{
	struct blob_store *blobs = world.chat.blobs;

	world_end();
	blob_store_destroy(blobs);
}

#define FILE_OF(...) .file = { .id = STR(ID), __VA_ARGS__ }

static void
file_upload(const char *who, const char *text)
{
	ck_assert_int_eq(DO(FILE_CREATE, who,
			     FILE_OF(.name = STR("a.txt"),
				 .size = strlen(text))),
	    CHAT_OK);
	ck_assert_int_eq(DO(FILE_APPEND, who, .body = str_from(text),
			     FILE_OF(.at = 0)),
	    CHAT_OK);
	ck_assert_int_eq(DO(FILE_COMPLETE, who, FILE_OF(.at = 0)), CHAT_OK);
	forget_events();
}

/* Failures are answered: the result of a command is then CHAT_OK. */
static bool
file_is_readable(const char *who)
{
	bool is_readable;

	DO(FILE_READ, who, .limit = 100, FILE_OF(.at = 0));
	is_readable = strstr(world.publisher.events.text, "file_data") != NULL;
	forget_events();
	return is_readable;
}

START_TEST(a_file_is_its_owners_alone)
{
	file_upload("id1", "text");
	ck_assert(file_is_readable("id1"));
	ck_assert(!file_is_readable("id2"));
	DO(FILE_DELETE, "id2", FILE_OF(.at = 0));
	EXPECT_EVENTS("id2: failed member=member2 file_not_found\n");
	DO(FILE_DELETE, "id1", FILE_OF(.at = 0));
	EXPECT_EVENTS("id1: done\n");
	ck_assert_ptr_null(blob_store_find(world.chat.blobs, STR(ID)));
}
END_TEST

START_TEST(a_message_lets_its_room_read_the_file)
{
	file_upload("id1", "text");
	fill_room("tea", 2);
	forget_events();
	DO(BROADCAST, "id1", .room = STR("tea"), .body = STR("{" ID "}"));
	EXPECT_EVENTS(
	    "room tea: message room=tea seq=1 at=1000 member=member1 id=id1 "
	    "body={" ID "a.txt}\n");
	ck_assert(file_is_readable("id2"));
	ck_assert(!file_is_readable("id3"));
	DO(ROOM_LEAVE, "id2", .room = STR("tea"));
	forget_events();
	ck_assert(!file_is_readable("id2"));
}
END_TEST

START_TEST(only_owners_share_a_file)
{
	file_upload("id1", "text");
	fill_room("tea", 2);
	forget_events();
	DO(BROADCAST, "id2", .room = STR("tea"), .body = STR("{" ID "}"));
	EXPECT_EVENTS("id2: failed member=member2 file_not_found\n");
	DO(BROADCAST, "id2", .room = STR("tea"), .body = STR("{}"));
	EXPECT_EVENTS("id2: failed bad_field field=message.file\n");
	ck_assert_uint_eq(blob_store_find(world.chat.blobs, STR(ID))
			      ->grant_count,
	    0);
}
END_TEST

START_TEST(a_private_message_lets_one_member_read_the_file)
{
	file_upload("id1", "text");
	DO(DM, "id1", .recipient = STR("id2"), .body = STR("{" ID "}"));
	forget_events();
	ck_assert(file_is_readable("id2"));
	ck_assert(!file_is_readable("id3"));
	DO(BROADCAST, "id1", .body = STR("{" ID "}"));
	forget_events();
	ck_assert(file_is_readable("id3"));
}
END_TEST

START_TEST(rights_are_needed)
{
	file_upload("id1", "text");
	DO(BROADCAST, "id1", .body = STR("{" ID "}"));
	forget_events();
	DO(FILE_CREATE, "id2", .rights = RIGHT_READ, .file.size = 1);
	ck_assert_ptr_nonnull(strstr(world.publisher.events.text,
	    "unauthorized right=upload"));
	forget_events();
	DO(FILE_READ, "id2", .limit = 9, .rights = RIGHT_POST,
	    FILE_OF(.at = 0));
	EXPECT_EVENTS("id2: failed member=member2 file_not_found\n");
}
END_TEST

START_TEST(bytes_come_in_order_and_no_more_than_announced)
{
	DO(FILE_CREATE, "id1", FILE_OF(.name = STR("a"), .size = 4));
	DO(FILE_APPEND, "id1", .body = STR("te"), FILE_OF(.at = 0));
	forget_events();
	DO(FILE_APPEND, "id1", .body = STR("te"), FILE_OF(.at = 0));
	EXPECT_EVENTS("id1: failed file_offset limit=2\n");
	DO(FILE_APPEND, "id1", .body = STR("xte"), FILE_OF(.at = 2));
	EXPECT_EVENTS("id1: failed file_too_large limit=4\n");
	DO(FILE_COMPLETE, "id1", FILE_OF(.at = 0));
	EXPECT_EVENTS("id1: failed file_offset limit=2\n");
	DO(FILE_APPEND, "id2", .body = STR("xt"), FILE_OF(.at = 2));
	EXPECT_EVENTS("id2: failed member=member2 file_not_found\n");
	ck_assert(!file_is_readable("id1"));
}
END_TEST

START_TEST(a_chunk_may_begin_a_file)
{
	DO(FILE_APPEND, "id1", .flags = COMMAND_MAY_CREATE, .body = STR("te"),
	    FILE_OF(.name = STR("a.txt"), .size = 4));
	DO(FILE_APPEND, "id1", .flags = COMMAND_MAY_CREATE, .body = STR("xt"),
	    FILE_OF(.at = 2));
	DO(FILE_COMPLETE, "id1", FILE_OF(.at = 0));
	forget_events();
	ck_assert(file_is_readable("id1"));
	DO(FILE_APPEND, "id2", .flags = COMMAND_MAY_CREATE, .body = STR("x"),
	    FILE_OF(.size = 4));
	EXPECT_EVENTS("id2: failed file_exists\n");
}
END_TEST

START_TEST(limits_of_size_and_space)
{
	world.chat.limits.files = (struct file_limits){
		.size = 100000,
		.quota_user = 50000,
		.quota = 70000,
	};
	DO(FILE_CREATE, "id1", FILE_OF(.size = 100001));
	EXPECT_EVENTS("id1: failed file_too_large limit=100000\n");
	DO(FILE_CREATE, "id1", FILE_OF(.size = 50001));
	EXPECT_EVENTS("id1: failed quota_reached limit=50000\n");
	DO(FILE_CREATE, "id1", .origin = 1, FILE_OF(.size = 40000));
	forget_events();
	DO(FILE_CREATE, "id2", .origin = 1, .file.size = 20000);
	EXPECT_EVENTS("id2: failed quota_reached limit=50000\n");
	DO(FILE_CREATE, "id2", .origin = 2, .file.size = 40000);
	EXPECT_EVENTS("id2: failed files_full\n");
	ck_assert_uint_eq(dispatcher_file_totals(world.dispatcher)->refused, 4);
}
END_TEST

START_TEST(types_may_be_refused)
{
	strcpy(world.chat.limits.files.types, "image/*");
	DO(FILE_CREATE, "id1", FILE_OF(.type = STR("image/png"), .size = 4));
	DO(FILE_APPEND, "id1", .body = STR("text"), FILE_OF(.at = 0));
	forget_events();
	DO(FILE_COMPLETE, "id1", FILE_OF(.at = 0));
	EXPECT_EVENTS("id1: failed file_type_refused\n");
	ck_assert_ptr_null(blob_store_find(world.chat.blobs, STR(ID)));
}
END_TEST

START_TEST(later_commands_wait_for_a_completion)
{
	DO(FILE_CREATE, "id1", FILE_OF(.name = STR("a.txt"), .size = 4));
	DO(FILE_APPEND, "id1", .body = STR("text"), FILE_OF(.at = 0));
	store_slow_down();
	forget_events();
	DO(FILE_COMPLETE, "id1", .ref = STR("1"), FILE_OF(.at = 0));
	DO(BROADCAST, "id1", .body = STR("{" ID "}"));
	EXPECT_EVENTS("");
	held_complete();
	EXPECT_EVENTS("id1: file ref=1\n");
	slow_log_do_all(&world.log);
	EXPECT_EVENTS("lobby: message member=member1 id=id1 body={" ID
		      "a.txt}\n");
}
END_TEST

/* Its memory is freed: the sanitizers would report a leak. */
START_TEST(a_completion_may_never_end)
{
	DO(FILE_CREATE, "id1", FILE_OF(.size = 0));
	store_slow_down();
	DO(FILE_COMPLETE, "id1", FILE_OF(.at = 0));
	ck_assert_ptr_nonnull(held.waiter);
}
END_TEST

START_TEST(time_removes_files)
{
	world.chat.limits.files.expire_ms = 200000;
	world.chat.limits.files.unfinished_ms = 70000;
	file_upload("id1", "text");
	DO(FILE_CREATE, "id2",
	    .file = { .id = STR("0b6a1f0e-5c1c-4b8e-9a55-"
				"2f6d1c1f7e11"),
		.size = 4 });
	fake_clock_pass(&world.clock, 60000);
	TICK();
	ck_assert_uint_eq(blob_store_usage(world.chat.blobs, STR_ABSENT).count,
	    2);
	fake_clock_pass(&world.clock, 60000);
	TICK();
	ck_assert_uint_eq(blob_store_usage(world.chat.blobs, STR_ABSENT).count,
	    1);
	fake_clock_pass(&world.clock, 100000);
	TICK();
	ck_assert_uint_eq(blob_store_usage(world.chat.blobs, STR_ABSENT).count,
	    0);
	ck_assert_uint_eq(dispatcher_file_totals(world.dispatcher)->expired, 2);
}
END_TEST

START_TEST(a_file_goes_with_its_room)
{
	file_upload("id1", "text");
	fill_room("tea", 2);
	DO(BROADCAST, "id1", .room = STR("tea"), .body = STR("{" ID "}"));
	DO(ROOM_LEAVE, "id1", .room = STR("tea"));
	DO(ROOM_LEAVE, "id2", .room = STR("tea"));
	fake_clock_pass(&world.clock, 60000);
	TICK();
	ck_assert_ptr_null(blob_store_find(world.chat.blobs, STR(ID)));
}
END_TEST

START_TEST(a_file_goes_with_its_message)
{
	file_upload("id1", "text");
	fill_room("tea", 2);
	DO(BROADCAST, "id1", .room = STR("tea"), .body = STR("{" ID "}"));
	DO(REDACT, "id1", .room = STR("tea"), .from_seq = 1);
	ck_assert_ptr_null(blob_store_find(world.chat.blobs, STR(ID)));
	DO(REDACT, "id1", .room = STR("tea"), .from_seq = 1);
}
END_TEST

START_TEST(acceptance_is_published_to_the_owner_and_the_lobby)
{
	file_upload("id1", "text");
	DO(FILE_ACCEPT, "id2", FILE_OF(.at = 0));
	EXPECT_EVENTS("id2: failed member=member2 file_not_found\n");
	DO(BROADCAST, "id1", .body = STR("{" ID "}"));
	forget_events();
	DO(FILE_ACCEPT, "id2", FILE_OF(.at = 0));
	EXPECT_EVENTS(
	    "id1: file_accepted member=member2 id=id2 private by=member1\n"
	    "lobby: file_accepted member=member2 id=id2 by=member1\n"
	    "id2: file_taken\n");
	DO(FILE_REJECT, "id2", FILE_OF(.at = 0));
	EXPECT_EVENTS(
	    "id1: file_rejected member=member2 id=id2 private by=member1\n"
	    "lobby: file_rejected member=member2 id=id2 by=member1\n");
}
END_TEST

START_TEST(the_audience_of_a_message_learns_that_all_have_its_file)
{
	file_upload("id1", "text");
	world_do(&(struct command){
	    .kind = COMMAND_FILE_PUSHED,
	    .limit = 2,
	    FILE_OF(.at = 0),
	});
	EXPECT_EVENTS("lobby: file_pushed count=2\n");
	world_do(&(struct command){
	    .kind = COMMAND_FILE_PUSHED,
	    .room = STR("tea"),
	    FILE_OF(.at = 0),
	});
	EXPECT_EVENTS("room tea: file_pushed room=tea\n");
	blob_store_remove(world.chat.blobs, STR(ID));
	world_do(&(struct command){
	    .kind = COMMAND_FILE_PUSHED,
	    FILE_OF(.at = 0),
	});
	EXPECT_EVENTS("");
}
END_TEST

START_TEST(without_a_store_there_are_no_files)
{
	struct blob_store *blobs = world.chat.blobs;

	world.chat.blobs = NULL;
	DO(FILE_CREATE, "id1", FILE_OF(.size = 1));
	EXPECT_EVENTS("id1: failed unavailable retry=1000\n");
	DO(FILE_READ, "id1", .limit = 9, FILE_OF(.at = 0));
	EXPECT_EVENTS("id1: failed member=member1 file_not_found\n");
	DO(BROADCAST, "id1", .body = STR("{" ID "}"));
	EXPECT_EVENTS("id1: failed member=member1 file_not_found\n");
	TICK();
	world.chat.blobs = blobs;
}
END_TEST

START_TEST(a_lack_of_memory_fails_one_command)
{
	if (!malloc_can_fail())
		return;
	for (unsigned nth = 1; nth < 8; nth++) {
		malloc_fail_at(nth);
		DO(FILE_APPEND, "id1", .flags = COMMAND_MAY_CREATE,
		    .body = STR("text"), FILE_OF(.size = 4));
		DO(FILE_COMPLETE, "id1", FILE_OF(.at = 0));
		malloc_fail_at(0);
		forget_events();
		blob_store_remove(world.chat.blobs, STR(ID));
	}
	file_upload("id1", "text");
	ck_assert(file_is_readable("id1"));
}
END_TEST

SUITE(files)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_file_is_its_owners_alone);
	tcase_add_test(tests, a_message_lets_its_room_read_the_file);
	tcase_add_test(tests, only_owners_share_a_file);
	tcase_add_test(tests, a_private_message_lets_one_member_read_the_file);
	tcase_add_test(tests, rights_are_needed);
	tcase_add_test(tests, bytes_come_in_order_and_no_more_than_announced);
	tcase_add_test(tests, a_chunk_may_begin_a_file);
	tcase_add_test(tests, limits_of_size_and_space);
	tcase_add_test(tests, types_may_be_refused);
	tcase_add_test(tests, later_commands_wait_for_a_completion);
	tcase_add_test(tests, a_completion_may_never_end);
	tcase_add_test(tests, time_removes_files);
	tcase_add_test(tests, a_file_goes_with_its_room);
	tcase_add_test(tests, a_file_goes_with_its_message);
	tcase_add_test(tests,
	    acceptance_is_published_to_the_owner_and_the_lobby);
	tcase_add_test(tests,
	    the_audience_of_a_message_learns_that_all_have_its_file);
	tcase_add_test(tests, without_a_store_there_are_no_files);
	tcase_add_test(tests, a_lack_of_memory_fails_one_command);
}
