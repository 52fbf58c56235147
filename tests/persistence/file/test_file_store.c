#include "persistence/file/file_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/store_rig.h"

static struct store_rig rig;

static void
setup(void)
{
	store_rig_init(&rig);
	store_rig_open(&rig);
}

static void
teardown(void)
{
	store_rig_fini(&rig);
}

static void
store_expect(const char *expected)
{
	ck_assert_str_eq(store_rig_show(&rig), expected);
}

static void
store_reopen(void)
{
	store_rig_close(&rig);
	store_rig_open(&rig);
}

/* r with two messages, all of it committed. */
static void
store_write_messages(void)
{
	ck_assert_int_eq(store_rig_put(&rig, "r", true), CHAT_OK);
	ck_assert_uint_eq(store_rig_append(&rig, "r", "a"), 1);
	ck_assert_uint_eq(store_rig_append_keyed(&rig, "r", "b", "k"), 2);
	store_rig_settle(&rig);
}

START_TEST(keeps_persistent_rooms_and_messages)
{
	store_write_messages();
	store_rig_put(&rig, "s", false);
	store_rig_append(&rig, "s", "c");
	store_rig_put(&rig, "t", true);
	store_rig_settle(&rig);
	store_expect("r epoch1: 1=a 2=b; s epoch2 ordinary: 1=c; t epoch3:");
	store_reopen();
	store_expect("r epoch1: 1=a 2=b; t epoch3:");
	ck_assert_uint_eq(store_rig_append(&rig, "r", "c"), 3);
	store_rig_settle(&rig);
	store_reopen();
	store_expect("r epoch1: 1=a 2=b 3=c; t epoch3:");
}
END_TEST

START_TEST(keeps_what_is_known_of_a_room_and_a_message)
{
	struct room room = { .id = "r",
		.name = "Räume",
		.epoch = "e1",
		.persistent = true,
		.ttl_ms = 3600000,
		.created_ms = 77,
		.max_members = 9 };
	struct message message;
	struct entry entry = {
		.kind = ENTRY_ROOM_CREATED, .room_id = STR("r"), .room = &room
	};

	ck_assert_int_eq(commit_log_append(rig.log, &entry, NULL), CHAT_OK);
	store_rig_append_keyed(&rig, "r", "{\"x\": 1}", "k");
	store_rig_settle(&rig);
	store_reopen();
	ck_assert_int_eq(room_store_get(rig.rooms, STR("r"), &room), CHAT_OK);
	ck_assert_str_eq(room.name, "Räume");
	ck_assert_int_eq(room.ttl_ms, 3600000);
	ck_assert_int_eq(room.created_ms, 77);
	ck_assert_uint_eq(room.max_members, 9);
	ck_assert_uint_eq(room.member_count, 0);
	ck_assert(history_find_key(rig.history, STR("r"), STR("k"),
	    STORE_RIG_NOW, &message));
	ck_assert(str_equal(message.author, STR("Alice")));
	ck_assert(str_equal(message.author_id, STR("a1")));
	ck_assert(str_equal(message.body, STR("{\"x\": 1}")));
	ck_assert_int_eq(message.at_ms, STORE_RIG_NOW);
}
END_TEST

START_TEST(does_not_restore_a_removed_room)
{
	store_write_messages();
	ck_assert_int_eq(store_rig_remove(&rig, "r"), CHAT_OK);
	store_rig_settle(&rig);
	store_expect("");
	store_reopen();
	store_expect("");
	store_rig_put(&rig, "r", true);
	ck_assert_uint_eq(store_rig_append(&rig, "r", "again"), 1);
	store_rig_settle(&rig);
	store_reopen();
	store_expect("r epoch2: 1=again");
}
END_TEST

/* Any part of the third message may survive the power cut. */
START_TEST(survives_a_power_cut)
{
	store_write_messages();
	store_rig_append(&rig, "r", "c");
	store_rig_crash(&rig, (enum crash_shape)_i);
	store_expect("r epoch1: 1=a 2=b");
}
END_TEST

START_TEST(drops_what_the_disk_refused)
{
	struct message message;

	store_write_messages();
	store_rig_fail_syncs(&rig);
	ck_assert_uint_eq(store_rig_append_keyed(&rig, "r", "c", "k3"), 3);
	store_rig_put(&rig, "s", true);
	store_rig_append(&rig, "s", "d");
	ck_assert_uint_eq(store_rig_append(&rig, "r", "e"), 4);
	store_rig_settle(&rig);
	ck_assert_uint_eq(rig.lost, 4);
	store_expect("r epoch1: 1=a 2=b");
	ck_assert(!history_find_key(rig.history, STR("r"), STR("k3"),
	    STORE_RIG_NOW, &message));
	ck_assert_ptr_nonnull(journal_error(file_store_journal(rig.store)));
}
END_TEST

START_TEST(reads_on_while_it_cannot_write)
{
	store_write_messages();
	store_rig_fail_syncs(&rig);
	store_rig_append(&rig, "r", "c");
	store_rig_settle(&rig);
	ck_assert_uint_eq(store_rig_append(&rig, "r", "d"), 0);
	ck_assert_int_eq(store_rig_put(&rig, "s", true), CHAT_UNAVAILABLE);
	ck_assert_int_eq(store_rig_put(&rig, "t", false), CHAT_OK);
	ck_assert_uint_eq(store_rig_append(&rig, "t", "e"), 1);
	store_expect("r epoch1: 1=a 2=b; t epoch3 ordinary: 1=e");
}
END_TEST

/* A disk that is full for a while. */
START_TEST(goes_on_once_there_is_room)
{
	store_write_messages();
	memory_disk_fail(rig.memory,
	    (struct disk_fault){
		.call = DISK_CALL_PWRITE, .nth = 1, .error = ENOSPC });
	store_rig_append(&rig, "r", "c");
	store_rig_settle(&rig);
	store_expect("r epoch1: 1=a 2=b");
	ck_assert_uint_eq(store_rig_append(&rig, "r", "d"), 0);
	memory_disk_heal(rig.memory);
	memory_disk_advance(rig.memory, 5000);
	store_rig_settle(&rig);
	ck_assert_uint_eq(store_rig_append(&rig, "r", "d"), 3);
	store_rig_settle(&rig);
	store_reopen();
	store_expect("r epoch1: 1=a 2=b 3=d");
}
END_TEST

START_TEST(is_opened_by_one_process_only)
{
	struct store_rig other = rig;

	ck_assert_int_eq(store_rig_try(&other), FILE_STORE_IN_USE);
}
END_TEST

/* Under `interval` a power cut takes numbers that were acknowledged. */
START_TEST(begins_another_epoch_where_numbers_may_come_again)
{
	store_rig_close(&rig);
	rig.options.sync = STORE_SYNC_INTERVAL;
	store_rig_open(&rig);
	store_write_messages();
	store_rig_crash(&rig, CRASH_KILL);
	store_expect("r epoch1: 1=a 2=b");
	store_rig_crash(&rig, CRASH_ALL);
	store_expect("r epoch2: 1=a 2=b");
	store_reopen();
	store_expect("r epoch2: 1=a 2=b");
	store_rig_append(&rig, "r", "c");
	store_rig_settle(&rig);
	store_reopen();
	store_expect("r epoch2: 1=a 2=b 3=c");
}
END_TEST

/* Damages a text in the newest segment, on the present disk. */
static void
segment_damage(const char *text)
{
	char name[64] = "", *copy;
	const char *bytes, *at;
	size_t len;

	for (size_t i = 0; memory_disk_name(rig.memory, i) != NULL; i++)
		if (strncmp(memory_disk_name(rig.memory, i), "seg-", 4) == 0)
			snprintf(name, sizeof(name), "%s",
			    memory_disk_name(rig.memory, i));
	bytes = memory_disk_file(rig.memory, name, &len);
	at = memmem(bytes, len, text, strlen(text));
	ck_assert_ptr_nonnull(at);
	copy = malloc(len);
	memcpy(copy, bytes, len);
	copy[at - bytes] ^= 1;
	memory_disk_put(rig.memory, name, copy, len);
	free(copy);
}

START_TEST(leaves_a_hole_where_something_was_lost)
{
	store_write_messages();
	store_rig_append(&rig, "r", "third of r");
	store_rig_append(&rig, "r", "d");
	store_rig_settle(&rig);
	store_rig_close(&rig);
	segment_damage("third of r");
	store_rig_open(&rig);
	store_expect("r epoch2: 1=a 2=b 4=d");
	store_rig_crash(&rig, CRASH_NOTHING);
	store_expect("r epoch2: 1=a 2=b 4=d");
	ck_assert_uint_eq(store_rig_append(&rig, "r", "e"), 5);
	store_rig_settle(&rig);
	store_reopen();
	store_expect("r epoch2: 1=a 2=b 4=d 5=e");
}
END_TEST

START_TEST(keeps_messages_of_a_room_whose_record_is_lost)
{
	ck_assert_int_eq(store_rig_put(&rig, "long-lost", true), CHAT_OK);
	store_rig_append(&rig, "long-lost", "a");
	store_rig_settle(&rig);
	store_rig_close(&rig);
	segment_damage("long-lost");
	store_rig_open(&rig);
	store_expect("long-lost epoch3: 1=a");
	store_reopen();
	store_expect("long-lost epoch3: 1=a");
	ck_assert_uint_eq(store_rig_append(&rig, "long-lost", "b"), 2);
	store_rig_settle(&rig);
	store_reopen();
	store_expect("long-lost epoch3: 1=a 2=b");
}
END_TEST

START_TEST(refuses_a_damaged_store_if_asked)
{
	store_write_messages();
	store_rig_append(&rig, "r", "third of r");
	store_rig_settle(&rig);
	store_rig_close(&rig);
	segment_damage("third of r");
	rig.options.on_damage = STORE_REFUSE;
	ck_assert_int_eq(store_rig_try(&rig), FILE_STORE_REFUSED);
	rig.options.on_damage = STORE_QUARANTINE;
	store_rig_open(&rig);
}
END_TEST

START_TEST(lets_old_messages_expire)
{
	rig.limits.age_ms = 1000;
	rig.options.clock_trust_ms = 0;
	store_write_messages();
	history_expire(rig.history, STORE_RIG_NOW + 1000);
	store_expect("r epoch1:");
	store_reopen();
	memory_disk_set_wall(rig.memory, STORE_RIG_NOW + 1000);
	history_expire(rig.history, STORE_RIG_NOW + 1000);
	ck_assert_uint_eq(store_rig_append(&rig, "r", "c"), 3);
}
END_TEST

START_TEST(keeps_the_time_of_use_of_a_room)
{
	const int64_t later = STORE_RIG_NOW + 2 * INT64_C(86400000);
	struct room room;

	store_write_messages();
	room_store_touch(rig.rooms, STR("r"), later);
	memory_disk_advance(rig.memory, 3600000);
	history_expire(rig.history, STORE_RIG_NOW + 3600000);
	store_rig_append(&rig, "r", "c");
	store_rig_settle(&rig);
	store_rig_close(&rig);
	store_rig_open(&rig);
	ck_assert_int_eq(room_store_get(rig.rooms, STR("r"), &room), CHAT_OK);
	ck_assert_int_eq(room.active_ms, later);
}
END_TEST

START_TEST(lets_nothing_expire_by_a_clock_that_jumped)
{
	const int64_t later = STORE_RIG_NOW + 2 * 3600000;

	rig.limits.age_ms = 3600000;
	rig.options.clock_trust_ms = 600000;
	store_write_messages();
	memory_disk_set_wall(rig.memory, later);
	history_expire(rig.history, later);
	store_expect("r epoch1: 1=a 2=b");
	memory_disk_advance(rig.memory, 600000);
	history_expire(rig.history, later + 600000);
	store_expect("r epoch1:");
}
END_TEST

/* Until it succeeds, an operation returns an error and changes nothing. */
static void
operation_retry(bool (*operate)(void), const char *afterwards)
{
	char before[1000];
	bool done = false;
	unsigned n = 0;

	snprintf(before, sizeof(before), "%s", store_rig_show(&rig));
	while (!done) {
		malloc_fail_at(++n);
		done = operate();
		malloc_fail_at(0);
		ck_assert(done || malloc_has_failed());
		store_expect(before);
	}
	store_rig_settle(&rig);
	store_expect(afterwards);
	ck_assert_uint_gt(n, 2);
	store_reopen();
	store_expect(afterwards);
}

static bool
store_put_room(void)
{
	struct room room = {
		.id = "s", .name = "S", .epoch = "e", .persistent = true
	};
	struct entry entry = {
		.kind = ENTRY_ROOM_CREATED, .room_id = STR("s"), .room = &room
	};

	return commit_log_append(rig.log, &entry, NULL) == CHAT_OK;
}

static bool
post_something(void)
{
	return store_rig_append_keyed(&rig, "r", "c", "k3") == 3;
}

START_TEST(without_memory_nothing_has_changed)
{
	if (!malloc_can_fail())
		return;
	store_write_messages();
	operation_retry(store_put_room, "r epoch1: 1=a 2=b; s e:");
	operation_retry(post_something, "r epoch1: 1=a 2=b 3=c; s e:");
}
END_TEST

START_TEST(without_memory_it_is_not_opened)
{
	enum file_store_end end = FILE_STORE_FAILED;
	unsigned n = 0;

	if (!malloc_can_fail())
		return;
	store_write_messages();
	store_rig_close(&rig);
	while (end != FILE_STORE_OPEN) {
		malloc_fail_at(++n);
		end = store_rig_try(&rig);
		malloc_fail_at(0);
		ck_assert(end == FILE_STORE_OPEN || malloc_has_failed());
	}
	ck_assert_uint_gt(n, 10);
	ck_assert_ptr_nonnull(strstr(store_rig_show(&rig), ": 1=a 2=b"));
}
END_TEST

SUITE(file_store)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, keeps_persistent_rooms_and_messages);
	tcase_add_test(tests, keeps_what_is_known_of_a_room_and_a_message);
	tcase_add_test(tests, does_not_restore_a_removed_room);
	tcase_add_loop_test(tests, survives_a_power_cut, CRASH_NOTHING,
	    CRASH_NAMES);
	tcase_add_test(tests, drops_what_the_disk_refused);
	tcase_add_test(tests, reads_on_while_it_cannot_write);
	tcase_add_test(tests, goes_on_once_there_is_room);
	tcase_add_test(tests, is_opened_by_one_process_only);
	tcase_add_test(tests,
	    begins_another_epoch_where_numbers_may_come_again);
	tcase_add_test(tests, leaves_a_hole_where_something_was_lost);
	tcase_add_test(tests, keeps_messages_of_a_room_whose_record_is_lost);
	tcase_add_test(tests, refuses_a_damaged_store_if_asked);
	tcase_add_test(tests, without_memory_nothing_has_changed);
	tcase_add_test(tests, without_memory_it_is_not_opened);
	tcase_add_test(tests, lets_old_messages_expire);
	tcase_add_test(tests, keeps_the_time_of_use_of_a_room);
	tcase_add_test(tests, lets_nothing_expire_by_a_clock_that_jumped);
}
