/* Acknowledged records that are damaged after the process was killed. */
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/journal_rig.h"
#include "tests/support/persistence/recording_replay.h"

#define MESSAGES 3

static struct journal_rig rig;
static struct recovery_result result;
static struct seen seen;

static void
setup(void)
{
	journal_rig_init(&rig);
}

static void
teardown(void)
{
	journal_rig_fini(&rig);
	recovery_result_fini(&result);
}

/* In the first segment: one byte of the only record with this text. */
static void
damage_record(struct memory_disk *disk, const char *text)
{
	const char *name = "seg-0000000000000001.log";
	size_t len;
	const char *bytes = memory_disk_file(disk, name, &len);
	const char *at = memmem(bytes, len, text, strlen(text));
	char changed = 'X';
	int file;

	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(disk_open(memory_disk_disk(disk), name, DISK_WRITE,
			     &file),
	    0);
	ck_assert_int_eq(disk_write(memory_disk_disk(disk), file, &changed, 1,
			     (uint64_t)(at - bytes)),
	    0);
	disk_close(memory_disk_disk(disk), file);
}

static bool
is_acked(void)
{
	return journal_committed(rig.journal) == MESSAGES + 1;
}

static void
open_and_append(enum store_sync sync)
{
	static const char *const texts[MESSAGES] = { "first", "second",
		"third" };

	rig.options.sync = sync;
	journal_rig_open(&rig);
	for (size_t i = 0; i < MESSAGES; i++)
		journal_rig_append_text(&rig, texts[i]);
}

static void
note_first_call_after_ack(struct memory_disk *disk, enum disk_call call,
    void *arg)
{
	unsigned *calls = arg;

	(void)call;
	if (*calls == 0 && is_acked())
		*calls = memory_disk_calls(disk, DISK_CALL_ANY);
}

/* How many calls the writer makes until all is acknowledged. */
static unsigned
calls_until_acked(enum store_sync sync)
{
	unsigned first_after = 0, before;

	open_and_append(sync);
	before = memory_disk_calls(rig.memory, DISK_CALL_ANY);
	memory_disk_watch(rig.memory, note_first_call_after_ack, &first_after);
	journal_rig_run(&rig);
	memory_disk_watch(rig.memory, NULL, NULL);
	ck_assert(is_acked());
	if (first_after == 0)
		return memory_disk_calls(rig.memory, DISK_CALL_ANY) - before;
	return first_after - 1 - before;
}

/* LSN 1 is OPEN. */
static void
assert_lost(const char *text, uint64_t lsn)
{
	struct memory_disk *left = memory_disk_crash(rig.memory, CRASH_KILL, 0);

	damage_record(left, text);
	ck_assert_int_eq(recover_disk(left, RECOVERY_REPAIR, &seen, &result),
	    RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 1);
	ck_assert_uint_eq(result.lost[0].first, lsn);
	ck_assert_uint_eq(result.next_lsn, MESSAGES + 2);
	ck_assert_uint_eq(result.torn_records, 0);
	memory_disk_destroy(left);
}

/* Kills the process as soon as it may have acknowledged. */
static void
kill_after_ack(enum store_sync sync)
{
	unsigned calls = calls_until_acked(sync);

	teardown();
	setup();
	open_and_append(sync);
	memory_disk_stop_after(rig.memory, calls);
	journal_rig_run(&rig);
	ck_assert(is_acked());
}

START_TEST(a_damaged_record_is_lost_from_its_acknowledgement_on)
{
	kill_after_ack((enum store_sync)_i);
	assert_lost("third", MESSAGES + 1);
}
END_TEST

START_TEST(the_records_behind_a_damaged_one_are_kept)
{
	kill_after_ack((enum store_sync)_i);
	assert_lost("first", 2);
}
END_TEST

SUITE(journal_kill)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests,
	    a_damaged_record_is_lost_from_its_acknowledgement_on, 0, 3);
	tcase_add_loop_test(tests, the_records_behind_a_damaged_one_are_kept, 0,
	    3);
}
