/* Undamaged stores, torn tails, and directories of other programs. */
#include <errno.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/recovery_rig.h"

START_TEST(an_empty_directory_is_made_a_store)
{
	struct memory_disk *empty = memory_disk_create();
	uint8_t id[STORE_ID_SIZE];

	ck_assert_int_eq(recover_from(empty, RECOVERY_READ), RECOVERY_FOREIGN);
	ck_assert_int_eq(recover_from(empty, RECOVERY_REPAIR), RECOVERY_OK);
	ck_assert_uint_eq(result.next_lsn, 1);
	ck_assert_uint_eq(result.epochs_invalid_up_to, 0);
	memcpy(id, result.store_id, sizeof(id));
	ck_assert_int_eq(recover_from(empty, RECOVERY_REPAIR), RECOVERY_OK);
	ck_assert_mem_eq(id, result.store_id, sizeof(id));
	memory_disk_destroy(empty);
}
END_TEST

/* The number of lost records is unknown, but the loss is reported. */
START_TEST(what_is_left_of_a_store_is_not_made_another)
{
	struct memory_disk *left = memory_disk_create();

	store_put_durable(left, 9);
	ck_assert_int_eq(recover_from(left, RECOVERY_REPAIR), RECOVERY_FOREIGN);
	ck_assert_ptr_nonnull(strstr(result.why, "DURABLE"));
	ck_assert_ptr_null(memory_disk_name(left, 1));
	memory_disk_destroy(left);
}
END_TEST

static const uint64_t too_far[] = { RECORD_LSN_MOST / 2, RECORD_LSN_MOST };

/* No valid LSN is that high. */
START_TEST(a_watermark_without_numbers_behind_it_is_refused)
{
	begin_store(&file, 5);
	store_file_put(&file, store_disk, RECOVERY_TAIL);
	store_put_durable(store_disk, too_far[_i]);
	ck_assert_int_eq(recover(), RECOVERY_FOREIGN);
	ck_assert_ptr_nonnull(strstr(result.why, "no numbers left"));
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), RECOVERY_TAIL);
}
END_TEST

START_TEST(a_directory_of_something_else_is_not_touched)
{
	struct memory_disk *foreign = memory_disk_create();

	memory_disk_put(foreign, "passwd", "root", 4);
	ck_assert_int_eq(recover_from(foreign, RECOVERY_REPAIR),
	    RECOVERY_FOREIGN);
	ck_assert_ptr_nonnull(strstr(result.why, "no store"));
	ck_assert_ptr_null(memory_disk_name(foreign, 1));
	memory_disk_destroy(foreign);
}
END_TEST

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
	struct memory_disk *bad = memory_disk_crash(store_disk, CRASH_ALL, 1);
	bool has_failed;

	memory_disk_fail(bad,
	    (struct disk_fault){
		.call = DISK_CALL_PREAD, .nth = nth, .error = EIO });
	recover_from(bad, RECOVERY_READ);
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
	store_put_durable(store_disk, 51);
	while (fails_to_read(nth))
		nth++;
	ck_assert_uint_gt(nth, 5);
}
END_TEST

START_TEST(a_whole_store_is_replayed)
{
	begin_store(&file, 5);
	store_file_put(&file, store_disk, RECOVERY_TAIL);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 6);
	assert_run(0, 2, 6);
	ck_assert_uint_eq(seen.types[0], RECORD_ROOM);
	ck_assert_uint_eq(result.next_lsn, 8);
	ck_assert_uint_eq(result.durable_lsn, 7);
	ck_assert_uint_eq(result.first_live_lsn, 1);
	ck_assert_uint_eq(result.records, 7);
	ck_assert_uint_eq(result.bytes, file.len - SEGMENT_HEAD_SIZE);
	ck_assert_uint_eq(result.epochs_invalid_up_to, 0);
	/* The unused space is freed. */
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), file.len);
}
END_TEST

START_TEST(segments_follow_each_other)
{
	begin_store(&file, 3);
	store_file_add(&file, RECORD_SEAL, STR(""));
	store_file_put(&file, store_disk, RECOVERY_TAIL);
	segment_begin(&other, file.next_lsn);
	store_file_message(&other, "kitchen", 4);
	store_file_put(&other, store_disk, RECOVERY_TAIL);
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
	    other.len - SEGMENT_HEAD_SIZE - record_size(SNAP_END_PAYLOAD_SIZE));
	ck_assert_uint_eq(result.epochs_invalid_up_to, 0);
}
END_TEST

START_TEST(what_the_snapshot_covers_is_skipped_and_removed)
{
	struct store_file *covered = &(struct store_file){ 0 };

	put_snapshot_and_rest();
	segment_begin(covered, 1);
	for (int i = 1; i <= 50; i++)
		store_file_message(covered, "attic", (uint64_t)i);
	store_file_put(covered, store_disk, 0);
	snapshot_begin(covered, 20);
	snapshot_put(covered, store_disk);
	memory_disk_put(store_disk, "snap-0000000000000060.snap.tmp", "x", 1);
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
	store_file_put(&file, store_disk, 0);
	segment_begin(&other, file.next_lsn);
	store_file_put(&other, store_disk, _i == 0 ? 0 : RECOVERY_TAIL);
	if (_i == 2)
		memory_disk_put(store_disk, "seg-0000000000000006.log",
		    "half a head", 11);
	if (_i == 3)
		memory_disk_put(store_disk, "seg-0000000000000006.log", "", 0);
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
		store_file_put(torn, store_disk, len % 2 ? 0 : RECOVERY_TAIL);
		/* The last bytes of the record may be zeros. */
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
	store_file_put(&file, store_disk, RECOVERY_TAIL);
	ck_assert_int_eq(recover(), RECOVERY_TORN);
	ck_assert_uint_eq(seen.count, 5);
	ck_assert_uint_eq(result.next_lsn, 7);
	ck_assert_uint_eq(result.torn_records, 2);
	ck_assert_uint_eq(result.torn_bytes, file.len - torn);
	ck_assert_uint_eq(size_of("seg-0000000000000001.log"), torn);
}
END_TEST

/* --- FORMAT --------------------------------------------------------------- */

static const struct {
	const char *text; /* NULL: no file */
	enum recovery_status end;
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
	store_file_put(&file, store_disk, 0);
	if (text == NULL)
		forget("FORMAT");
	else
		memory_disk_put(store_disk, "FORMAT", text, strlen(text));
	ck_assert_int_eq(recover_from(store_disk, RECOVERY_REPAIR),
	    formats[_i].end);
	if (formats[_i].end != RECOVERY_OK)
		return;
	ck_assert_uint_eq(seen.count, 4);
	ck_assert_mem_eq(result.store_id, test_store_id, STORE_ID_SIZE);
	ck_assert_uint_eq(size_of("FORMAT"), 60);
}
END_TEST

START_TEST(a_record_of_a_newer_kind_is_skipped_only_if_marked)
{
	struct record record = { .lsn = 6, .ahead = 6, .type = 200 };

	begin_store(&file, 3);
	record.flags = _i == 0 ? RECORD_MAY_BE_SKIPPED : 0;
	record_write(file.bytes + file.len, &record, file.head.salt);
	file.len += record_size(0);
	store_file_put(&file, store_disk, 0);
	ck_assert_int_eq(recover(), _i == 0 ? RECOVERY_OK : RECOVERY_NEWER);
}
END_TEST

SUITE(recovery)
{
	tcase_add_checked_fixture(tests, recovery_rig_begin, recovery_rig_end);
	tcase_add_test(tests, an_empty_directory_is_made_a_store);
	tcase_add_test(tests, what_is_left_of_a_store_is_not_made_another);
	tcase_add_loop_test(tests,
	    a_watermark_without_numbers_behind_it_is_refused, 0,
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
	tcase_add_loop_test(tests,
	    a_damaged_format_is_restored_and_a_newer_one_respected, 0,
	    COUNT_OF(formats));
	tcase_add_loop_test(tests,
	    a_record_of_a_newer_kind_is_skipped_only_if_marked, 0, 2);
}
