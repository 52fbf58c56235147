/* A damaged store on a disk without space to repair it. */
#include "persistence/format/watermark.h"
#include "persistence/journal/journal.h"
#include "tests/suite.h"
#include "tests/support/persistence/recovery_rig.h"

#define SEGMENT "seg-0000000000000001.log"
#define MESSAGES 6
#define NEXT_LSN (2 + MESSAGES + 1)

static struct store_options options;
static struct journal *journal;
static uint64_t repair_lsn;

/* LSN 1: OPEN, 2: the room, then the messages; all synced. */
static size_t
put_store(bool with_watermark)
{
	size_t damaged_at = 0;

	begin_store(&file, 0);
	file.durable = 2;
	for (uint64_t seq = 1; seq <= MESSAGES; seq++) {
		size_t at = store_file_message(&file, "kitchen", seq);

		if (seq == 3)
			damaged_at = at;
	}
	store_file_put(&file, store_disk, RECOVERY_TAIL);
	if (with_watermark)
		store_put_durable(store_disk, NEXT_LSN - 1);
	return damaged_at;
}

static void
record_damage(size_t at)
{
	file.bytes[at + RECORD_HEAD_SIZE + 3] ^= 1;
	store_file_put(&file, store_disk, RECOVERY_TAIL);
}

static size_t
store_bytes_used(void)
{
	size_t used = 0;
	const char *name;

	for (size_t i = 0; (name = memory_disk_name(store_disk, i)) != NULL;
	     i++)
		used += size_of(name);
	return used;
}

static bool
has_quarantine(void)
{
	const char *name;

	for (size_t i = 0; (name = memory_disk_name(store_disk, i)) != NULL;
	     i++)
		if (strncmp(name, "quarantine/", 11) == 0)
			return true;
	return false;
}

static int
repair_run_recovery(void *arg)
{
	(void)arg;
	return recovery_repair(memory_disk_disk(store_disk), repair_lsn);
}

static void
open_journal(void)
{
	struct journal_config config = {
		.disk = memory_disk_disk(store_disk),
		.options = &options,
		.recovered = &result,
		.repair = repair_run_recovery,
	};

	repair_lsn = result.next_lsn;
	journal = journal_create(&config);
	ck_assert_ptr_nonnull(journal);
}

static void
run_journal(void)
{
	while (journal_step(journal))
		continue;
}

static bool
can_append(void)
{
	enum chat_error error;
	char *payload = journal_reserve(journal, 4, &error);

	if (payload == NULL)
		return false;
	memcpy(payload, "text", 4);
	journal_commit(journal, RECORD_MESSAGE);
	return true;
}

static void
setup(void)
{
	recovery_rig_begin();
	options = (struct store_options){ .sync = STORE_SYNC_ALWAYS,
		.segment_bytes = 1u << 16,
		.queue_bytes = 1u << 20,
		.min_free_bytes = 4096,
		.probe_ms = 5000,
		.compact_after_bytes = 64u << 20 };
}

static void
teardown(void)
{
	journal_destroy(journal);
	journal = NULL;
	recovery_rig_end();
}

/* 0: a damaged record, 1: no watermark, 2: no FORMAT. */
static void
put_case(int which)
{
	size_t at = put_store(which != 1);

	if (which == 0)
		record_damage(at);
	if (which == 2)
		forget("FORMAT");
}

START_TEST(opens_read_only_while_there_is_no_space_to_repair)
{
	put_case(_i);
	memory_disk_set_capacity(store_disk, store_bytes_used());
	ck_assert_int_eq(recover_from(store_disk, RECOVERY_REPAIR),
	    _i == 0 ? RECOVERY_DAMAGED : RECOVERY_OK);
	ck_assert(result.needs_repair);
	ck_assert_uint_eq(result.next_lsn, NEXT_LSN);
	ck_assert_uint_eq(seen.count, 1 + MESSAGES - (_i == 0));
	open_journal();
	ck_assert_str_eq(journal_error(journal), "disk full");
	ck_assert(!can_append());
	memory_disk_advance(store_disk, options.probe_ms);
	run_journal();
	ck_assert_str_eq(journal_error(journal), "disk full");
}
END_TEST

START_TEST(repairs_and_writes_once_there_is_space)
{
	put_case(_i);
	memory_disk_set_capacity(store_disk, store_bytes_used());
	recover_from(store_disk, RECOVERY_REPAIR);
	open_journal();
	memory_disk_set_capacity(store_disk, 1u << 20);
	memory_disk_advance(store_disk, options.probe_ms);
	run_journal();
	ck_assert_ptr_null(journal_error(journal));
	ck_assert(can_append());
	run_journal();
	journal_destroy(journal);
	journal = NULL;
	ck_assert_int_eq(has_quarantine(), _i == 0);
	/* The next start finds nothing to report. */
	ck_assert_int_eq(recover_from(store_disk, RECOVERY_REPAIR),
	    RECOVERY_OK);
	ck_assert(!result.needs_repair);
}
END_TEST

/* Damage that was not repaired is found by the next start. */
START_TEST(the_next_start_repairs_what_this_one_could_not)
{
	put_case(_i);
	memory_disk_set_capacity(store_disk, store_bytes_used());
	recover_from(store_disk, RECOVERY_REPAIR);
	open_journal();
	journal_destroy(journal);
	journal = NULL;
	memory_disk_set_capacity(store_disk, 1u << 20);
	ck_assert_int_eq(recover_from(store_disk, RECOVERY_REPAIR),
	    _i == 0 ? RECOVERY_DAMAGED : RECOVERY_OK);
	ck_assert(!result.needs_repair);
	ck_assert_uint_eq(result.lost_records, _i == 0);
}
END_TEST

START_TEST(files_that_changed_meanwhile_stop_the_repair)
{
	put_case(0);
	memory_disk_set_capacity(store_disk, store_bytes_used());
	recover_from(store_disk, RECOVERY_REPAIR);
	open_journal();
	memory_disk_set_capacity(store_disk, 1u << 20);
	forget(SEGMENT);
	forget(WATERMARK_NAME);
	memory_disk_advance(store_disk, options.probe_ms);
	run_journal();
	ck_assert_str_eq(journal_error(journal), "disk error");
}
END_TEST

SUITE(journal_repair)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests,
	    opens_read_only_while_there_is_no_space_to_repair, 0, 3);
	tcase_add_loop_test(tests, repairs_and_writes_once_there_is_space, 0,
	    3);
	tcase_add_loop_test(tests,
	    the_next_start_repairs_what_this_one_could_not, 0, 3);
	tcase_add_test(tests, files_that_changed_meanwhile_stop_the_repair);
}
