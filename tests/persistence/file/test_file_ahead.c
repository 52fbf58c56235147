/* A store that another process reads while it is written, and opens then. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/chance.h"
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
store_write(const char *body)
{
	store_rig_append(&rig, "r", body);
	store_rig_settle(&rig);
}

static void
store_make_room(void)
{
	ck_assert_int_eq(store_rig_put(&rig, "r", true), CHAT_OK);
	store_rig_settle(&rig);
}

/*
 * The writing process ends; the other one has the same content, and can
 * write.
 */
static void
store_take_over(void)
{
	char *before = strdup(store_rig_show(&rig));

	store_rig_close(&rig);
	store_rig_open(&rig);
	ck_assert_str_eq(store_rig_show(&rig), before);
	(void)store_rig_put(&rig, "new", true);
	store_rig_append(&rig, "new", "1");
	store_rig_settle(&rig);
	free(before);
	before = strdup(store_rig_show(&rig));
	store_rig_close(&rig);
	store_rig_open(&rig);
	ck_assert_str_eq(store_rig_show(&rig), before);
	free(before);
}

static void
store_compact_after(uint64_t bytes)
{
	store_rig_close(&rig);
	rig.options.compact_after_bytes = bytes;
	store_rig_open(&rig);
}

/* Reads of the disk that opening the store takes. */
static unsigned
store_reopen_reads(void)
{
	unsigned before;

	store_rig_close(&rig);
	before = memory_disk_calls(rig.memory, DISK_CALL_PREAD);
	store_rig_open(&rig);
	return memory_disk_calls(rig.memory, DISK_CALL_PREAD) - before;
}

START_TEST(goes_on_behind_what_was_read)
{
	char body[10001] = "";
	unsigned all;

	store_rig_close(&rig);
	rig.limits.messages = 0;
	rig.options.segment_bytes = 1u << 24;
	store_rig_open(&rig);
	store_make_room();
	memset(body, 'x', sizeof(body) - 1);
	for (unsigned i = 0; i < 1000; i++)
		store_write(body);
	all = store_reopen_reads();
	store_rig_read_ahead(&rig);
	ck_assert_ptr_nonnull(rig.ahead);
	store_write("y");
	ck_assert_uint_lt(store_reopen_reads(), all / 2);
	ck_assert_uint_eq(store_rig_append(&rig, "r", "z"), 1002);
}
END_TEST

START_TEST(reads_while_records_are_written)
{
	char body[30001] = "";

	store_rig_read_ahead(&rig);
	store_make_room();
	memset(body, 'x', sizeof(body) - 1);
	/* Each third one begins a segment. */
	for (unsigned i = 0; i < 10; i++) {
		store_rig_read_ahead(&rig);
		store_write(body);
		store_rig_read_ahead(&rig);
		store_rig_append(&rig, "r", "not written yet");
		store_rig_read_ahead(&rig);
		store_rig_settle(&rig);
	}
	ck_assert_ptr_nonnull(rig.ahead);
	store_take_over();
}
END_TEST

START_TEST(is_read_anew_after_a_compaction)
{
	char body[30001] = "";

	store_compact_after(1u << 17);
	rig.limits.messages = 2;
	store_make_room();
	memset(body, 'x', sizeof(body) - 1);
	store_write(body);
	store_rig_read_ahead(&rig);
	for (unsigned i = 0; i < 12; i++)
		store_write(body);
	store_take_over();
}
END_TEST

/*
 * Failed records may have been read; other records may have their LSNs now.
 */
START_TEST(forgets_records_that_failed)
{
	static const struct disk_fault faults[] = {
		{ DISK_CALL_FDATASYNC, 1, ENOSPC, false },
		{ DISK_CALL_FDATASYNC, 1, EIO, true },
		{ DISK_CALL_PWRITE, 1, ENOSPC, false },
		{ DISK_CALL_PWRITE, 1, 0, false },
	};
	struct journal *journal = file_store_journal(rig.store);

	store_make_room();
	store_write("a");
	memory_disk_fail(rig.memory, faults[_i]);
	store_rig_append(&rig, "r", "b");
	for (unsigned i = 0; i < 4; i++) {
		store_rig_read_ahead(&rig);
		journal_step(journal);
	}
	store_rig_settle(&rig);
	if (_i != 1) {
		memory_disk_advance(rig.memory, rig.options.probe_ms);
		store_rig_settle(&rig);
		store_write("c");
		store_take_over();
	} else {
		store_rig_close(&rig);
		memory_disk_heal(rig.memory);
		store_rig_open(&rig);
	}
}
END_TEST

START_TEST(a_failed_read_is_made_up_for)
{
	store_make_room();
	for (unsigned n = 1; n < 30; n++) {
		store_write("a");
		store_rig_read_ahead(&rig);
		store_write("b");
		memory_disk_fail(rig.memory,
		    (struct disk_fault){ DISK_CALL_ANY, n, EIO, false });
		store_rig_read_ahead(&rig);
		memory_disk_heal(rig.memory);
		store_take_over();
	}
}
END_TEST

START_TEST(without_memory_nothing_is_read)
{
	if (!malloc_can_fail())
		return;
	store_make_room();
	store_write("a");
	for (unsigned n = 1;; n++) {
		malloc_fail_at(n);
		store_rig_read_ahead(&rig);
		if (!malloc_has_failed())
			break;
		malloc_fail_at(0);
		ck_assert_ptr_null(rig.ahead);
	}
	malloc_fail_at(0);
	store_take_over();
}
END_TEST

START_TEST(makes_no_store_in_an_empty_directory)
{
	struct store_rig other;

	store_rig_init(&other);
	store_rig_read_ahead(&other);
	ck_assert_ptr_null(other.ahead);
	ck_assert_ptr_null(memory_disk_name(other.memory, 0));
	store_rig_fini(&other);
}
END_TEST

/* --- at random ------------------------------------------------------------ */

static struct chance chance;

static void
random_write(const char *room)
{
	static char body[9001];

	memset(body, 'x', sizeof(body));
	body[chance_below(&chance, sizeof(body))] = '\0';
	body[sizeof(body) - 1] = '\0';
	store_rig_append(&rig, room, body);
}

static void
random_set(const char *room)
{
	struct attribute attribute = { .kind = ATTRIBUTE_TOPIC,
		.at_ms = STORE_RIG_NOW,
		.value = STR("topic"),
		.by = STR("a1") };

	if (chance_below(&chance, 2) > 0) {
		attribute.kind = ATTRIBUTE_EDIT;
		attribute.seq = 1 + chance_below(&chance, 20);
		attribute.value = STR("Alice");
		attribute.body = STR("edited");
	}
	(void)store_rig_set(&rig, room, &attribute);
}

/* Half of a batch is written, and cut back. */
static void
random_fail(void)
{
	unsigned nth = 1 + (unsigned)chance_below(&chance, 5);

	memory_disk_heal(rig.memory);
	memory_disk_fail(rig.memory,
	    (struct disk_fault){ DISK_CALL_PWRITE, nth, 0, false });
	memory_disk_fail(rig.memory,
	    (struct disk_fault){ DISK_CALL_PWRITE, nth + 1, ENOSPC, false });
}

/* The other process reads between any two calls. */
static void
change_watch(struct memory_disk *disk, enum disk_call call, void *arg)
{
	(void)disk;
	(void)call;
	(void)arg;
	if (chance_below(&chance, 6) == 0)
		store_rig_read_ahead(&rig);
}

static void
random_step(void)
{
	static const char *const rooms[] = { "r", "s", "t" };
	const char *room = rooms[chance_below(&chance, COUNT_OF(rooms))];
	size_t step = chance_below(&chance, 100);

	if (step < 40)
		random_write(room);
	else if (step < 50)
		random_set(room);
	else if (step < 60)
		store_rig_put(&rig, room, true);
	else if (step < 62)
		store_rig_remove(&rig, room);
	else if (step < 72)
		store_rig_settle(&rig);
	else if (step < 90)
		journal_step(file_store_journal(rig.store));
	else if (step < 92)
		random_fail();
	else if (step < 94)
		memory_disk_advance(rig.memory, rig.options.probe_ms);
	file_store_poll(rig.store);
}

START_TEST(comes_to_the_same_as_a_start)
{
	chance.state = (uint64_t)_i;
	rig.limits.messages = 15;
	store_compact_after(1u << 18);
	memory_disk_watch(rig.memory, change_watch, NULL);
	for (unsigned i = 0; i < 600; i++)
		random_step();
	memory_disk_watch(rig.memory, NULL, NULL);
	memory_disk_heal(rig.memory);
	for (unsigned i = 0; i < 3; i++) {
		memory_disk_advance(rig.memory, rig.options.probe_ms);
		store_rig_settle(&rig);
	}
	store_take_over();
}
END_TEST

SUITE(file_ahead)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, goes_on_behind_what_was_read);
	tcase_add_test(tests, reads_while_records_are_written);
	tcase_add_test(tests, is_read_anew_after_a_compaction);
	tcase_add_loop_test(tests, forgets_records_that_failed, 0, 4);
	tcase_add_test(tests, a_failed_read_is_made_up_for);
	tcase_add_test(tests, without_memory_nothing_is_read);
	tcase_add_test(tests, makes_no_store_in_an_empty_directory);
	tcase_add_loop_test(tests, comes_to_the_same_as_a_start, 0, 100);
}
