/* What clients were told before it was synced, and the disk never took. */
#include "persistence/journal/durable_known.h"
#include "persistence/journal/journal.h"
#include "tests/suite.h"
#include "tests/support/persistence/journal_rig.h"
#include "tests/support/persistence/recording_replay.h"
#include "tests/support/persistence/store_files.h"

static struct recovery_result result;

/* Whether the numbering holds. */
static bool
recover(struct memory_disk *disk)
{
	struct seen seen;

	ck_assert_int_eq(recover_disk(disk, RECOVERY_MEND, &seen, &result),
	    RECOVERY_OK);
	return result.broken_up_to == 0;
}

/* In this boot: LSN 1 is OPEN, 2 a message. */
static void
put_segment(struct memory_disk *disk, uint8_t policy)
{
	static struct store_file file;
	struct open_entry entry = { .policy = policy, .version = STR("test") };
	char payload[OPEN_ENTRY_MOST];

	store_put_format(disk);
	disk_boot_id(memory_disk_disk(disk), entry.boot_id);
	segment_begin(&file, 1);
	store_file_add(&file, RECORD_OPEN,
	    str_slice(payload, open_entry_write(payload, &entry)));
	store_file_message(&file, "kitchen", 1);
	store_file_put(&file, disk, 0);
}

static void
put_told(struct memory_disk *disk, uint64_t lsn)
{
	char bytes[DURABLE_TOLD_AT + DURABLE_SLOT_SIZE] = { 0 };

	durable_slot_write(bytes + DURABLE_TOLD_AT, test_store_id, lsn);
	memory_disk_put(disk, DURABLE_NAME, bytes, sizeof(bytes));
}

static const struct {
	uint8_t policy;
	uint64_t told;
	bool holds;
} cases[] = {
	{ STORE_SYNC_INTERVAL, 0, true },
	{ STORE_SYNC_INTERVAL, 2, true },
	{ STORE_SYNC_INTERVAL, 3, false },
	{ STORE_SYNC_NEVER, 3, false },
	/* An earlier run's. */
	{ STORE_SYNC_ALWAYS, 3, true },
};

START_TEST(numbers_hold_if_all_that_was_told_is_there)
{
	struct memory_disk *disk = memory_disk_create();

	put_segment(disk, cases[_i].policy);
	put_told(disk, cases[_i].told);
	ck_assert_int_eq(recover(disk), cases[_i].holds);
	ck_assert_int_eq(result.told_is_gone, !cases[_i].holds);
	memory_disk_destroy(disk);
}
END_TEST

/* The rooms did not get their new epochs: the next start has to do it. */
START_TEST(a_start_that_came_not_far_leaves_it_to_the_next)
{
	struct memory_disk *disk = memory_disk_create(), *left;
	struct store_options options = { .segment_bytes = 1u << 16,
		.queue_bytes = 1u << 20,
		.probe_ms = 5000,
		.sync = _i == 0 ? STORE_SYNC_ALWAYS : STORE_SYNC_INTERVAL };
	struct journal_config config = { .disk = memory_disk_disk(disk),
		.options = &options,
		.recovered = &result };
	struct journal *journal;

	put_segment(disk, STORE_SYNC_INTERVAL);
	put_told(disk, 3);
	ck_assert(!recover(disk));
	journal = journal_create(&config);
	ck_assert_ptr_nonnull(journal);
	left = memory_disk_crash(disk, CRASH_KILL, 0);
	ck_assert(!recover(left));
	journal_destroy(journal);
	memory_disk_destroy(left);
	memory_disk_destroy(disk);
}
END_TEST

static uint64_t
told(struct journal_rig *rig)
{
	uint64_t lsn;

	ck_assert_int_eq(durable_known_told(rig->disk, rig->recovered.store_id,
			     &lsn),
	    0);
	return lsn;
}

START_TEST(is_noted_where_it_is_told_before_a_sync)
{
	struct journal_rig rig;

	journal_rig_init(&rig);
	rig.options.sync = (enum store_sync)_i;
	journal_rig_open(&rig);
	journal_rig_say(&rig, "a");
	journal_rig_say(&rig, "b");
	journal_rig_run(&rig);
	ck_assert_uint_eq(journal_committed(rig.journal), 3);
	ck_assert_uint_eq(told(&rig), _i == STORE_SYNC_ALWAYS ? 0 : 3);
	journal_rig_fini(&rig);
}
END_TEST

static void
teardown(void)
{
	recovery_result_fini(&result);
}

SUITE(told)
{
	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_loop_test(tests, numbers_hold_if_all_that_was_told_is_there,
	    0, COUNT_OF(cases));
	tcase_add_loop_test(tests,
	    a_start_that_came_not_far_leaves_it_to_the_next, 0, 2);
	tcase_add_loop_test(tests, is_noted_where_it_is_told_before_a_sync, 0,
	    3);
}
