#include "persistence/recovery.h"

#include <errno.h>
#include <string.h>

#include "domain/count_of.h"
#include "persistence/store_options.h"
#include "tests/suite.h"
#include "tests/support/persistence/recording_replay.h"
#include "tests/support/persistence/store_files.h"

#define TAIL 20000

static struct memory_disk *disk;
static struct store_file file, other;
static struct seen seen;
static struct recovery_result result;

static void
set_up(void)
{
	disk = memory_disk_create();
	store_put_format(disk);
}

static void
tear_down(void)
{
	recovery_result_fini(&result);
	memory_disk_destroy(disk);
}

static enum recovery_end
recover_from(struct memory_disk *from, enum recovery_mode mode)
{
	return recover_disk(from, mode, &seen, &result);
}

/* Looking and mending come to the same. */
static enum recovery_end
recover(void)
{
	struct memory_disk *before = memory_disk_crash(disk, CRASH_ALL, 1);
	enum recovery_end looked = recover_from(disk, RECOVERY_LOOK);
	uint64_t next_lsn = result.next_lsn, lost = result.lost_records;

	ck_assert(memory_disk_equal(disk, before));
	memory_disk_destroy(before);
	ck_assert_int_eq(recover_from(disk, RECOVERY_MEND), looked);
	ck_assert_uint_eq(result.next_lsn, next_lsn);
	ck_assert_uint_eq(result.lost_records, lost);
	return looked;
}

static bool
is_there(const char *name)
{
	size_t len;

	return memory_disk_file(disk, name, &len) != NULL;
}

static size_t
size_of(const char *name)
{
	size_t len;

	ck_assert_ptr_nonnull(memory_disk_file(disk, name, &len));
	return len;
}

/* LSN 1: OPEN, 2: the room, 3 …: messages. */
static void
begin_store(struct store_file *segment, unsigned messages)
{
	segment_begin(segment, 1);
	store_file_open(segment, STORE_SYNC_ALWAYS, 'b');
	store_file_room(segment, "kitchen");
	for (unsigned i = 1; i <= messages; i++)
		store_file_message(segment, "kitchen", i);
}

/* So many LSNs from `first` on, rising by one, from place `at` on. */
static void
assert_run(size_t at, uint64_t first, size_t count)
{
	ck_assert_uint_ge(seen.count, at + count);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(seen.lsns[at + i], first + i);
}

START_TEST(an_empty_directory_is_made_a_store)
{
	struct memory_disk *empty = memory_disk_create();
	uint8_t id[STORE_ID_SIZE];

	ck_assert_int_eq(recover_from(empty, RECOVERY_LOOK), RECOVERY_FOREIGN);
	ck_assert_int_eq(recover_from(empty, RECOVERY_MEND), RECOVERY_OK);
	ck_assert_uint_eq(result.next_lsn, 1);
	ck_assert_uint_eq(result.broken_up_to, 0);
	memcpy(id, result.store_id, sizeof(id));
	ck_assert_int_eq(recover_from(empty, RECOVERY_MEND), RECOVERY_OK);
	ck_assert_mem_eq(id, result.store_id, sizeof(id));
	memory_disk_destroy(empty);
}
END_TEST

/* Nothing vouches for how much there was: it is not passed over in silence. */
START_TEST(what_is_left_of_a_store_is_not_made_another)
{
	struct memory_disk *left = memory_disk_create();

	store_put_durable(left, 9);
	ck_assert_int_eq(recover_from(left, RECOVERY_MEND), RECOVERY_FOREIGN);
	ck_assert_ptr_nonnull(strstr(result.why, "DURABLE"));
	ck_assert_ptr_null(memory_disk_name(left, 1));
	memory_disk_destroy(left);
}
END_TEST

static const uint64_t too_far[] = { RECORD_LSN_MOST / 2, RECORD_LSN_MOST };

/* Nobody gets that far by counting. */
START_TEST(a_mark_that_leaves_no_numbers_is_not_gone_on_from)
{
	begin_store(&file, 5);
	store_file_put(&file, disk, TAIL);
	store_put_durable(disk, too_far[_i]);
	ck_assert_int_eq(recover(), RECOVERY_FOREIGN);
	ck_assert_ptr_nonnull(strstr(result.why, "no numbers left"));
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), TAIL);
}
END_TEST

START_TEST(a_directory_of_something_else_is_not_touched)
{
	struct memory_disk *foreign = memory_disk_create();

	memory_disk_put(foreign, "passwd", "root", 4);
	ck_assert_int_eq(recover_from(foreign, RECOVERY_MEND),
	    RECOVERY_FOREIGN);
	ck_assert_ptr_nonnull(strstr(result.why, "no store"));
	ck_assert_ptr_null(memory_disk_name(foreign, 1));
	memory_disk_destroy(foreign);
}
END_TEST

static void
put_snapshot_and_rest(void)
{
	snapshot_begin(&other, 50);
	other.next_lsn = 7;
	store_file_open(&other, STORE_SYNC_ALWAYS, 'b');
	store_file_room(&other, "kitchen");
	other.next_lsn = 20;
	for (unsigned seq = 11; seq <= 14; seq++, other.next_lsn += 2)
		store_file_message(&other, "kitchen", seq);
	snapshot_put(&other, disk);
	segment_begin(&file, 51);
	store_file_message(&file, "kitchen", 15);
	store_file_message(&file, "kitchen", 16);
	store_file_put(&file, disk, TAIL);
}

static bool
is_named(const char *why)
{
	return strstr(why, "FORMAT: ") != NULL ||
	       strstr(why, "DURABLE: ") != NULL ||
	       strstr(why, "snap-0000000000000032.snap: ") != NULL ||
	       strstr(why, "seg-0000000000000033.log: ") != NULL;
}

/* The n-th read of a store. */
static bool
fails_to_read(unsigned nth)
{
	struct memory_disk *bad = memory_disk_crash(disk, CRASH_ALL, 1);
	bool has_failed;

	memory_disk_fail(bad,
	    (struct disk_fault){
		.call = DISK_CALL_PREAD, .nth = nth, .error = EIO });
	recover_from(bad, RECOVERY_LOOK);
	has_failed = memory_disk_failures(bad) > 0;
	if (has_failed)
		ck_assert_msg(is_named(result.why), "%s", result.why);
	memory_disk_destroy(bad);
	return has_failed;
}

START_TEST(a_file_that_cannot_be_read_is_named)
{
	unsigned nth = 1;

	put_snapshot_and_rest();
	store_put_durable(disk, 51);
	while (fails_to_read(nth))
		nth++;
	ck_assert_uint_gt(nth, 5);
}
END_TEST

START_TEST(a_whole_store_is_replayed)
{
	begin_store(&file, 5);
	store_file_put(&file, disk, TAIL);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 6);
	assert_run(0, 2, 6);
	ck_assert_uint_eq(seen.types[0], RECORD_ROOM);
	ck_assert_uint_eq(result.next_lsn, 8);
	ck_assert_uint_eq(result.durable_lsn, 7);
	ck_assert_uint_eq(result.first_live_lsn, 1);
	ck_assert_uint_eq(result.records, 7);
	ck_assert_uint_eq(result.bytes, file.len - SEGMENT_HEAD_SIZE);
	ck_assert_uint_eq(result.broken_up_to, 0);
	/* What it had not used is given back. */
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), file.len);
}
END_TEST

START_TEST(segments_follow_each_other)
{
	begin_store(&file, 3);
	store_file_add(&file, RECORD_SEAL, STR(""));
	store_file_put(&file, disk, TAIL);
	segment_begin(&other, file.next_lsn);
	store_file_message(&other, "kitchen", 4);
	store_file_put(&other, disk, TAIL);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 5);
	assert_run(0, 2, 4);
	ck_assert_uint_eq(seen.lsns[4], 7);
	ck_assert_uint_eq(result.next_lsn, 8);
}
END_TEST

START_TEST(a_snapshot_goes_before_the_segments)
{
	put_snapshot_and_rest();
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 7);
	ck_assert_uint_eq(seen.lsns[0], 8);
	ck_assert_uint_eq(seen.lsns[4], 29);
	assert_run(5, 51, 2);
	ck_assert_uint_eq(result.snapshot_lsn, 50);
	ck_assert_uint_eq(result.first_live_lsn, 51);
	ck_assert_uint_eq(result.live_bytes,
	    other.len - SEGMENT_HEAD_SIZE - record_size(SNAP_END_ENTRY_SIZE));
	ck_assert_uint_eq(result.broken_up_to, 0);
}
END_TEST

START_TEST(what_the_snapshot_covers_is_skipped_and_removed)
{
	struct store_file *covered = &(struct store_file){ 0 };

	put_snapshot_and_rest();
	segment_begin(covered, 1);
	for (int i = 1; i <= 50; i++)
		store_file_message(covered, "attic", (uint64_t)i);
	store_file_put(covered, disk, 0);
	snapshot_begin(covered, 20);
	snapshot_put(covered, disk);
	memory_disk_put(disk, "snap-0000000000000060.snap.tmp", "x", 1);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 7);
	ck_assert(!is_there("seg-0000000000000001.log"));
	ck_assert(!is_there("snap-0000000000000014.snap"));
	ck_assert(!is_there("snap-0000000000000060.snap.tmp"));
	ck_assert(is_there("snap-0000000000000032.snap"));
}
END_TEST

START_TEST(a_newest_segment_without_a_record_is_removed)
{
	begin_store(&file, 3);
	store_file_put(&file, disk, 0);
	segment_begin(&other, file.next_lsn);
	store_file_put(&other, disk, _i == 0 ? 0 : TAIL);
	if (_i == 2)
		memory_disk_put(disk, "seg-0000000000000006.log", "half a head",
		    11);
	if (_i == 3)
		memory_disk_put(disk, "seg-0000000000000006.log", "", 0);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(result.next_lsn, 6);
	ck_assert(!is_there("seg-0000000000000006.log"));
}
END_TEST

/* --- torn tails ----------------------------------------------------------- */

START_TEST(a_tail_torn_at_any_byte_is_cut_and_no_damage)
{
	size_t last;

	begin_store(&file, 4);
	last = store_file_message(&file, "kitchen", 5);
	for (size_t len = last + 1; len < file.len; len++) {
		struct store_file *torn = &other;

		*torn = file;
		torn->len = len;
		memset(torn->bytes + len, 0, STORE_FILE_ROOM - len);
		store_file_put(torn, disk, len % 2 ? 0 : TAIL);
		/* Its last bytes may have been zeros anyway. */
		if (record_read(torn->bytes + last, 1000, torn->head.salt,
			&(struct record){ 0 }, &(size_t){ 0 }) == RECORD_GOOD &&
		    len % 2 == 0)
			continue;
		ck_assert_int_eq(recover(), RECOVERY_TORN);
		ck_assert_uint_eq(result.next_lsn, 7);
		ck_assert_uint_eq(result.lost_records, 0);
		ck_assert_uint_eq(seen.lost_count, 0);
		ck_assert_uint_eq(size_of("seg-0000000000000001.log"), last);
		ck_assert_int_eq(recover(), RECOVERY_OK);
		ck_assert_uint_eq(result.next_lsn, 7);
	}
}
END_TEST

START_TEST(good_records_behind_the_torn_one_are_cut_too)
{
	size_t torn;

	begin_store(&file, 4);
	torn = store_file_message(&file, "kitchen", 5);
	store_file_message(&file, "kitchen", 6);
	store_file_message(&file, "kitchen", 7);
	file.bytes[torn + (_i ? 3 : 40)] ^= 1;
	store_file_put(&file, disk, TAIL);
	ck_assert_int_eq(recover(), RECOVERY_TORN);
	ck_assert_uint_eq(seen.count, 5);
	ck_assert_uint_eq(result.next_lsn, 7);
	ck_assert_uint_eq(result.torn_records, 2);
	ck_assert_uint_eq(result.torn_bytes, file.len - torn);
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), torn);
}
END_TEST

/* --- damage --------------------------------------------------------------- */

/* Records 7 and 8 are damaged; 9 and 10 are good, 10 vouches for 9. */
static size_t
put_damaged(struct store_file *segment)
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
	store_file_put(segment, disk, TAIL);
	return at;
}

START_TEST(what_was_vouched_for_is_lost_and_the_rest_is_kept)
{
	size_t at = put_damaged(&file), len;
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
	ck_assert_uint_ne(result.broken_up_to, 0);
	kept = memory_disk_file(disk,
	    "quarantine/seg-0000000000000001.log-0000000000001238", &len);
	ck_assert_uint_eq(at, 0x1238);
	ck_assert_ptr_nonnull(kept);
	ck_assert_mem_eq(kept, file.bytes + at, len);
	ck_assert(is_there(
	    "quarantine/seg-0000000000000001.log-0000000000001238.txt"));
	ck_assert_ptr_nonnull(strstr(result.why, "seg-0000000000000001.log"));
}
END_TEST

START_TEST(it_is_reported_until_the_journal_says_so)
{
	put_damaged(&file);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 2);
	segment_begin(&other, result.next_lsn);
	store_file_open(&other, STORE_SYNC_ALWAYS, 'b');
	store_file_lost(&other, 7, 8, 2, 0);
	store_file_put(&other, disk, 0);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(result.lost_records, 0);
	ck_assert_uint_eq(seen.lost_count, 2);
	ck_assert_uint_eq(seen.count, 7);
	/* No message shows yet that the rooms have new epochs. */
	ck_assert_uint_ne(result.broken_up_to, 0);
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
	struct recovery_config config = { .disk = memory_disk_disk(disk),
		.mode = RECOVERY_MEND,
		.refuse_damage = true };
	struct replay replay = { .record = take_record };
	struct memory_disk *before;

	put_damaged(&file);
	before = memory_disk_crash(disk, CRASH_ALL, 1);
	ck_assert_int_eq(recovery_run(&config, &replay, &result),
	    RECOVERY_DAMAGED);
	ck_assert(memory_disk_equal(disk, before));
	ck_assert_ptr_nonnull(strstr(result.why, "byte 4664"));
	memory_disk_destroy(before);
}
END_TEST

START_TEST(ends_when_what_it_replays_finds_no_memory)
{
	struct recovery_config config = { .disk = memory_disk_disk(disk) };
	struct replay replay = { .record = take_no_record };

	begin_store(&file, 1);
	store_file_put(&file, disk, 0);
	ck_assert_int_eq(recovery_run(&config, &replay, &result),
	    RECOVERY_FAILED);
}
END_TEST

START_TEST(a_durable_tail_that_is_gone_is_lost)
{
	begin_store(&file, 4);
	store_file_put(&file, disk, TAIL);
	store_put_durable(disk, 9);
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
	store_file_put(&file, disk, TAIL);
	store_put_durable(disk, 7);
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
	store_file_put(&file, disk, 0);
	segment_begin(&file, 7);
	for (unsigned seq = 4; seq <= 6; seq++)
		store_file_message(&file, "kitchen", seq);
	store_file_add(&file, RECORD_SEAL, STR(""));
	store_file_put(&file, disk, 0);
	segment_begin(&file, 11);
	store_file_message(&file, "kitchen", 7);
	store_file_put(&file, disk, TAIL);
}

static void
forget(const char *name)
{
	ck_assert_int_eq(disk_unlink(memory_disk_disk(disk), name), 0);
	ck_assert_int_eq(disk_sync_dir(memory_disk_disk(disk), false), 0);
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

/* One of its heads may still be good, and then no record follows. */
START_TEST(behind_a_missing_segment_one_may_be_cut_in_its_head)
{
	const char *name = "seg-0000000000000007.log";
	char bytes[SEGMENT_HEAD_SIZE];
	size_t len;

	put_three_segments();
	memcpy(bytes, memory_disk_file(disk, name, &len), sizeof(bytes));
	memory_disk_put(disk, name, bytes, cut_heads[_i]);
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
	memcpy(bytes, memory_disk_file(disk, names[_i], &len),
	    size_of(names[_i]));
	memset(bytes, 0x77, 64);
	memset(bytes + 2048, 0x77, 64);
	memory_disk_put(disk, names[_i], bytes, len);
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
	store_file_put(&file, disk, 0);
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
	store_file_put(&file, disk, 0);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 8);
}
END_TEST

/* The last segment goes, as nothing is in it: the one before is the newest. */
START_TEST(nor_does_it_once_the_segment_is_the_last)
{
	size_t sealed;

	begin_store(&file, 3);
	store_file_add(&file, RECORD_SEAL, STR(""));
	sealed = file.len;
	store_file_message(&file, "kitchen", 99);
	store_file_put(&file, disk, 0);
	segment_begin(&other, 7);
	store_file_put(&other, disk, TAIL);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(recover(), RECOVERY_OK);
		ck_assert_uint_eq(seen.count, 4);
		ck_assert_uint_eq(result.next_lsn, 7);
	}
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), sealed);
}
END_TEST

/* It is behind a hole, and goes with the tail: nobody was told. */
START_TEST(a_report_that_is_cut_reports_nothing)
{
	size_t at;

	begin_store(&file, 1);
	at = store_file_message(&file, "kitchen", 2);
	memset(file.bytes + at, 0x55, file.len - at);
	at = store_file_message(&file, "kitchen", 3);
	memset(file.bytes + at, 0x55, file.len - at);
	store_file_lost(&file, 4, 4, 1, 0);
	store_file_put(&file, disk, TAIL);
	store_put_durable(disk, 4);
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
	store_file_put(&file, disk, TAIL);
	ck_assert_int_eq(recover(), RECOVERY_TORN);
	ck_assert_uint_eq(seen.count, 5);
	ck_assert_uint_eq(result.next_lsn, 7);
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), end);
}
END_TEST

/* --- snapshots ------------------------------------------------------------ */

START_TEST(records_missing_from_a_snapshot_are_counted_by_its_head)
{
	size_t len;
	char bytes[STORE_FILE_ROOM];
	const char *name = "snap-0000000000000032.snap";

	put_snapshot_and_rest();
	memcpy(bytes, memory_disk_file(disk, name, &len), size_of(name));
	/* Two messages and SNAP_END. */
	memset(bytes + len - 230, 0x11, 200);
	memory_disk_put(disk, name, bytes, len);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 2);
	ck_assert_uint_eq(result.lost_ranges, 1);
	ck_assert_uint_eq(result.lost[0].snapshot, 50);
	ck_assert_uint_eq(seen.count, 5);
	ck_assert_uint_eq(result.next_lsn, 53);
	segment_begin(&other, 53);
	store_file_lost(&other, result.lost[0].first, result.lost[0].last,
	    result.lost[0].records, result.lost[0].snapshot);
	store_file_put(&other, disk, 0);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 5);
}
END_TEST

START_TEST(a_snapshot_cut_anywhere_loses_exactly_what_is_gone)
{
	const char *name = "snap-0000000000000032.snap";
	size_t len, at = SEGMENT_HEAD_SIZE;
	char bytes[STORE_FILE_ROOM];
	uint64_t good = 0;

	put_snapshot_and_rest();
	memcpy(bytes, memory_disk_file(disk, name, &len), size_of(name));
	for (size_t cut = at; cut < len; cut++) {
		struct record record;
		size_t size;

		if (record_read(bytes + at, cut - at, other.head.salt, &record,
			&size) == RECORD_GOOD) {
			at += size;
			good++;
		}
		memory_disk_put(disk, name, bytes, cut);
		recover_from(disk, RECOVERY_LOOK);
		ck_assert_uint_eq(result.lost_records, good < 6 ? 6 - good : 0);
		ck_assert_uint_eq(result.next_lsn, 53);
	}
}
END_TEST

START_TEST(what_stands_behind_a_snapshots_end_does_not_matter)
{
	const char *name = "snap-0000000000000032.snap";
	char bytes[STORE_FILE_ROOM];
	size_t len;

	put_snapshot_and_rest();
	memcpy(bytes, memory_disk_file(disk, name, &len), size_of(name));
	memset(bytes + len, 0x11, 300);
	memory_disk_put(disk, name, bytes, len + 300);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 7);
}
END_TEST

START_TEST(a_damaged_snapshot_gives_way_to_an_older_one)
{
	const char *name = "snap-0000000000000032.snap";
	size_t len;
	char bytes[STORE_FILE_ROOM];

	put_snapshot_and_rest();
	memcpy(bytes, memory_disk_file(disk, name, &len), size_of(name));
	bytes[len - 100] ^= 1;
	if (_i == 1)
		memset(bytes, 1, SEGMENT_HEAD_SIZE);
	memory_disk_put(disk, name, bytes, len);
	snapshot_begin(&other, 10);
	store_file_room(&other, "kitchen");
	snapshot_put(&other, disk);
	segment_begin(&other, 11);
	for (unsigned i = 11; i <= 50; i++)
		store_file_message(&other, "kitchen", i);
	store_file_put(&other, disk, 0);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 1 + 40 + 2);
	ck_assert_uint_eq(result.lost_records, 0);
	ck_assert_uint_eq(result.snapshot_lsn, 10);
	ck_assert(!is_there(name));
	ck_assert(
	    is_there("quarantine/snap-0000000000000032.snap-0000000000000000"));
}
END_TEST

/* --- FORMAT --------------------------------------------------------------- */

static const struct {
	const char *text; /* NULL: no file */
	enum recovery_end end;
} formats[] = {
	{ NULL, RECOVERY_OK },
	{ "", RECOVERY_OK },
	{ "pbrley-store 1\n", RECOVERY_OK },
	{ "parley-store 1\nid 00000000000000000000000000000000\nfeatures\n",
	    RECOVERY_OK },
	{ "parley-store 2\nid 00000000000000000000000000000000\nfeatures\n",
	    RECOVERY_NEWER },
	{ "parley-store 1\nid 00000000000000000000000000000000\n"
	  "features new\n",
	    RECOVERY_NEWER },
};

START_TEST(a_damaged_format_is_restored_and_a_newer_one_respected)
{
	const char *text = formats[_i].text;

	begin_store(&file, 3);
	store_file_put(&file, disk, 0);
	if (text == NULL)
		forget("FORMAT");
	else
		memory_disk_put(disk, "FORMAT", text, strlen(text));
	ck_assert_int_eq(recover_from(disk, RECOVERY_MEND), formats[_i].end);
	if (formats[_i].end != RECOVERY_OK)
		return;
	ck_assert_uint_eq(seen.count, 4);
	ck_assert_mem_eq(result.store_id, test_store_id, STORE_ID_SIZE);
	ck_assert_uint_eq(size_of("FORMAT"), 60);
}
END_TEST

START_TEST(a_record_of_a_newer_kind_is_skipped_only_if_it_says_so)
{
	struct record record = { .lsn = 6, .ahead = 6, .type = 200 };

	begin_store(&file, 3);
	record.flags = _i == 0 ? RECORD_MAY_BE_SKIPPED : 0;
	record_write(file.bytes + file.len, &record, file.head.salt);
	file.len += record_size(0);
	store_file_put(&file, disk, 0);
	ck_assert_int_eq(recover(), _i == 0 ? RECOVERY_OK : RECOVERY_NEWER);
}
END_TEST

SUITE(recovery)
{
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, an_empty_directory_is_made_a_store);
	tcase_add_test(tests, what_is_left_of_a_store_is_not_made_another);
	tcase_add_loop_test(tests,
	    a_mark_that_leaves_no_numbers_is_not_gone_on_from, 0,
	    COUNT_OF(too_far));
	tcase_add_test(tests, a_directory_of_something_else_is_not_touched);
	tcase_add_test(tests, a_file_that_cannot_be_read_is_named);
	tcase_add_test(tests, a_whole_store_is_replayed);
	tcase_add_test(tests, segments_follow_each_other);
	tcase_add_test(tests, a_snapshot_goes_before_the_segments);
	tcase_add_test(tests, what_the_snapshot_covers_is_skipped_and_removed);
	tcase_add_loop_test(tests, a_newest_segment_without_a_record_is_removed,
	    0, 4);
	tcase_add_test(tests, a_tail_torn_at_any_byte_is_cut_and_no_damage);
	tcase_add_loop_test(tests, good_records_behind_the_torn_one_are_cut_too,
	    0, 2);
	tcase_add_test(tests,
	    what_was_vouched_for_is_lost_and_the_rest_is_kept);
	tcase_add_test(tests, it_is_reported_until_the_journal_says_so);
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
	tcase_add_test(tests, nor_does_it_once_the_segment_is_the_last);
	tcase_add_test(tests, a_report_that_is_cut_reports_nothing);
	tcase_add_test(tests,
	    what_stands_behind_a_snapshots_end_does_not_matter);
	tcase_add_test(tests, a_copy_of_old_records_behind_the_end_is_cut);
	tcase_add_test(tests,
	    records_missing_from_a_snapshot_are_counted_by_its_head);
	tcase_add_test(tests,
	    a_snapshot_cut_anywhere_loses_exactly_what_is_gone);
	tcase_add_loop_test(tests, a_damaged_snapshot_gives_way_to_an_older_one,
	    0, 2);
	tcase_add_loop_test(tests,
	    a_damaged_format_is_restored_and_a_newer_one_respected, 0,
	    COUNT_OF(formats));
	tcase_add_loop_test(tests,
	    a_record_of_a_newer_kind_is_skipped_only_if_it_says_so, 0, 2);
}
