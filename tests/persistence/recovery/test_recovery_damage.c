/* Durable records that are lost from segments. */
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/recovery_rig.h"

/* Records 7 and 8 are damaged; 9 and 10 are good, 10 confirms 9. */
static size_t
segment_put_damaged(struct store_file *segment)
{
	size_t at;

	begin_store(segment, 4);
	at = store_file_message(segment, "kitchen", 5);
	store_file_message(segment, "kitchen", 6);
	store_file_message(segment, "kitchen", 7);
	segment->durable = 9;
	store_file_message(segment, "kitchen", 8);
	segment->bytes[at + 20] ^= 1;
	segment->bytes[at + 140] ^= 1;
	store_file_put(segment, store_disk, RECOVERY_TAIL);
	return at;
}

START_TEST(acknowledged_records_are_lost_and_the_rest_is_kept)
{
	size_t at = segment_put_damaged(&file), len;
	const char *kept;

	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(seen.count, 7);
	assert_run(0, 2, 5);
	assert_run(5, 9, 2);
	ck_assert_uint_eq(seen.lost_count, 2);
	ck_assert_uint_eq(seen.lost[0], 7);
	ck_assert_uint_eq(seen.lost[1], 8);
	ck_assert_uint_eq(result.lost_records, 2);
	ck_assert_uint_eq(result.lost_ranges, 1);
	ck_assert_uint_eq(result.lost[0].first, 7);
	ck_assert_uint_eq(result.lost[0].last, 8);
	ck_assert_uint_eq(result.next_lsn, 11);
	ck_assert_uint_ne(result.epochs_invalid_up_to, 0);
	kept = memory_disk_file(store_disk,
	    "quarantine/seg-0000000000000001.log-0000000000001238", &len);
	ck_assert_uint_eq(at, 0x1238);
	ck_assert_ptr_nonnull(kept);
	ck_assert_mem_eq(kept, file.bytes + at, len);
	ck_assert(is_there(
	    "quarantine/seg-0000000000000001.log-0000000000001238.txt"));
	ck_assert_ptr_nonnull(strstr(result.why, "seg-0000000000000001.log"));
}
END_TEST

START_TEST(a_loss_is_reported_until_the_journal_records_it)
{
	segment_put_damaged(&file);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 2);
	segment_begin(&other, result.next_lsn);
	store_file_open(&other, STORE_SYNC_ALWAYS, 'b');
	store_file_lost(&other, 7, 8, 2, 0);
	store_file_put(&other, store_disk, 0);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(result.lost_records, 0);
	ck_assert_uint_eq(seen.lost_count, 2);
	ck_assert_uint_eq(seen.count, 7);
	/* No message shows yet that the rooms have new epochs. */
	ck_assert_uint_ne(result.epochs_invalid_up_to, 0);
}
END_TEST

static bool
take_record(struct replay *replay, const struct record *record)
{
	(void)replay;
	(void)record;
	return true;
}

static bool
take_no_record(struct replay *replay, const struct record *record)
{
	(void)replay;
	(void)record;
	return false;
}

START_TEST(refused_damage_is_left_as_it_is)
{
	struct recovery_config config = { .disk = memory_disk_disk(store_disk),
		.mode = RECOVERY_REPAIR,
		.refuse_damage = true };
	struct replay replay = { .record = take_record };
	struct memory_disk *before;

	segment_put_damaged(&file);
	before = memory_disk_crash(store_disk, CRASH_ALL, 1);
	ck_assert_int_eq(recovery_run(&config, &replay, &result),
	    RECOVERY_DAMAGED);
	ck_assert(memory_disk_equal(store_disk, before));
	ck_assert_ptr_nonnull(strstr(result.why, "byte 4664"));
	memory_disk_destroy(before);
}
END_TEST

START_TEST(ends_when_what_it_replays_finds_no_memory)
{
	struct recovery_config config = { .disk =
					      memory_disk_disk(store_disk) };
	struct replay replay = { .record = take_no_record };

	begin_store(&file, 1);
	store_file_put(&file, store_disk, 0);
	ck_assert_int_eq(recovery_run(&config, &replay, &result),
	    RECOVERY_FAILED);
}
END_TEST

START_TEST(a_durable_tail_that_is_gone_is_lost)
{
	begin_store(&file, 4);
	store_file_put(&file, store_disk, RECOVERY_TAIL);
	store_put_durable(store_disk, 9);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 3);
	ck_assert_uint_eq(seen.lost[0], 7);
	ck_assert_uint_eq(seen.lost[1], 9);
	ck_assert_uint_eq(result.next_lsn, 10);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.next_lsn, 10);
}
END_TEST

START_TEST(a_tail_may_be_lost_in_part_and_torn_in_part)
{
	size_t at;

	begin_store(&file, 4);
	at = store_file_message(&file, "kitchen", 5);
	store_file_message(&file, "kitchen", 6);
	store_file_message(&file, "kitchen", 7);
	memset(file.bytes + at, 0x55, 100);
	store_file_put(&file, store_disk, RECOVERY_TAIL);
	store_put_durable(store_disk, 7);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 1);
	ck_assert_uint_eq(result.lost[0].first, 7);
	ck_assert_uint_eq(result.lost[0].last, 7);
	ck_assert_uint_eq(result.next_lsn, 8);
	ck_assert_uint_eq(result.torn_records, 1);
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), at);
}
END_TEST

/* 1 … 5 and SEAL 6, 7 … 9 and SEAL 10, 11. */
static void
put_three_segments(void)
{
	begin_store(&file, 3);
	store_file_add(&file, RECORD_SEAL, STR(""));
	store_file_put(&file, store_disk, 0);
	segment_begin(&file, 7);
	for (unsigned seq = 4; seq <= 6; seq++)
		store_file_message(&file, "kitchen", seq);
	store_file_add(&file, RECORD_SEAL, STR(""));
	store_file_put(&file, store_disk, 0);
	segment_begin(&file, 11);
	store_file_message(&file, "kitchen", 7);
	store_file_put(&file, store_disk, RECOVERY_TAIL);
}

START_TEST(a_missing_segment_reaches_to_the_next)
{
	put_three_segments();
	forget("seg-0000000000000007.log");
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 4);
	ck_assert_uint_eq(result.lost[0].first, 7);
	ck_assert_uint_eq(result.lost[0].last, 10);
	ck_assert_uint_eq(seen.count, 5);
	ck_assert_uint_eq(result.next_lsn, 12);
}
END_TEST

static const size_t cut_heads[] = { 0, 63, 64, 2047, 2112, 4095, 4096 };

/* One copy of its head may be good, but no record follows. */
START_TEST(behind_a_missing_segment_one_may_be_cut_in_its_head)
{
	const char *name = "seg-0000000000000007.log";
	char bytes[SEGMENT_HEAD_SIZE];
	size_t len;

	put_three_segments();
	memcpy(bytes, memory_disk_file(store_disk, name, &len), sizeof(bytes));
	memory_disk_put(store_disk, name, bytes, cut_heads[_i]);
	forget("seg-0000000000000001.log");
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 10);
	ck_assert_uint_eq(result.next_lsn, 12);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 10);
}
END_TEST

START_TEST(a_segment_whose_heads_are_both_bad_is_set_aside)
{
	static const char *const names[] = { "seg-0000000000000001.log",
		"seg-0000000000000007.log", "seg-000000000000000b.log" };
	static const unsigned lost[] = { 6, 4, 1 };
	char name[STORE_FILE_ROOM], *bytes = name;
	size_t len;

	put_three_segments();
	memcpy(bytes, memory_disk_file(store_disk, names[_i], &len),
	    size_of(names[_i]));
	memset(bytes, 0x77, 64);
	memset(bytes + 2048, 0x77, 64);
	memory_disk_put(store_disk, names[_i], bytes, len);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, lost[_i]);
	ck_assert_uint_eq(result.next_lsn, 12);
	ck_assert(!is_there(names[_i]));
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, lost[_i]);
	ck_assert_uint_eq(result.next_lsn, 12);
}
END_TEST

START_TEST(a_sealed_segment_that_is_cut_short_loses_its_end)
{
	put_three_segments();
	segment_begin(&file, 7);
	store_file_message(&file, "kitchen", 4);
	store_file_put(&file, store_disk, 0);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 3);
	ck_assert_uint_eq(result.lost[0].first, 8);
	ck_assert_uint_eq(seen.count, 6);
}
END_TEST

START_TEST(what_stands_behind_a_seal_does_not_matter)
{
	put_three_segments();
	segment_begin(&file, 7);
	for (unsigned seq = 4; seq <= 6; seq++)
		store_file_message(&file, "kitchen", seq);
	store_file_add(&file, RECORD_SEAL, STR(""));
	store_file_message(&file, "kitchen", 99);
	store_file_put(&file, store_disk, 0);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 8);
}
END_TEST

/* The last segment is empty and removed: the one before is the newest. */
START_TEST(what_stands_behind_a_seal_of_the_last_segment_does_not_matter)
{
	size_t sealed;

	begin_store(&file, 3);
	store_file_add(&file, RECORD_SEAL, STR(""));
	sealed = file.len;
	store_file_message(&file, "kitchen", 99);
	store_file_put(&file, store_disk, 0);
	segment_begin(&other, 7);
	store_file_put(&other, store_disk, RECOVERY_TAIL);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(recover(), RECOVERY_OK);
		ck_assert_uint_eq(seen.count, 4);
		ck_assert_uint_eq(result.next_lsn, 7);
	}
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), sealed);
}
END_TEST

/*
 * The report is behind a gap, and is truncated with the tail, since it was not
 * acknowledged.
 */
START_TEST(a_report_that_is_cut_reports_nothing)
{
	size_t at;

	begin_store(&file, 1);
	at = store_file_message(&file, "kitchen", 2);
	memset(file.bytes + at, 0x55, file.len - at);
	at = store_file_message(&file, "kitchen", 3);
	memset(file.bytes + at, 0x55, file.len - at);
	store_file_lost(&file, 4, 4, 1, 0);
	store_file_put(&file, store_disk, RECOVERY_TAIL);
	store_put_durable(store_disk, 4);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
		ck_assert_uint_eq(result.lost_records, 1);
		ck_assert_uint_eq(result.next_lsn, 5);
	}
}
END_TEST

START_TEST(a_copy_of_old_records_behind_the_end_is_cut)
{
	size_t end;

	begin_store(&file, 4);
	end = file.len;
	memcpy(file.bytes + end, file.bytes + SEGMENT_HEAD_SIZE,
	    end - SEGMENT_HEAD_SIZE);
	file.len += end - SEGMENT_HEAD_SIZE;
	store_file_put(&file, store_disk, RECOVERY_TAIL);
	ck_assert_int_eq(recover(), RECOVERY_TORN);
	ck_assert_uint_eq(seen.count, 5);
	ck_assert_uint_eq(result.next_lsn, 7);
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), end);
}
END_TEST

SUITE(recovery_damage)
{
	tcase_add_checked_fixture(tests, recovery_rig_begin, recovery_rig_end);
	tcase_add_test(tests,
	    acknowledged_records_are_lost_and_the_rest_is_kept);
	tcase_add_test(tests, a_loss_is_reported_until_the_journal_records_it);
	tcase_add_test(tests, refused_damage_is_left_as_it_is);
	tcase_add_test(tests, ends_when_what_it_replays_finds_no_memory);
	tcase_add_test(tests, a_durable_tail_that_is_gone_is_lost);
	tcase_add_test(tests, a_tail_may_be_lost_in_part_and_torn_in_part);
	tcase_add_test(tests, a_missing_segment_reaches_to_the_next);
	tcase_add_loop_test(tests,
	    behind_a_missing_segment_one_may_be_cut_in_its_head, 0,
	    COUNT_OF(cut_heads));
	tcase_add_loop_test(tests,
	    a_segment_whose_heads_are_both_bad_is_set_aside, 0, 3);
	tcase_add_test(tests, a_sealed_segment_that_is_cut_short_loses_its_end);
	tcase_add_test(tests, what_stands_behind_a_seal_does_not_matter);
	tcase_add_test(tests,
	    what_stands_behind_a_seal_of_the_last_segment_does_not_matter);
	tcase_add_test(tests, a_report_that_is_cut_reports_nothing);
	tcase_add_test(tests, a_copy_of_old_records_behind_the_end_is_cut);
}
