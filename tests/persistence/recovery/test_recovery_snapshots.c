/* Records that are lost from snapshots. */
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/recovery_rig.h"

START_TEST(records_missing_from_a_snapshot_are_counted_by_its_head)
{
	size_t len;
	char bytes[STORE_FILE_ROOM];
	const char *name = "snap-0000000000000032.snap";

	put_snapshot_and_rest();
	memcpy(bytes, memory_disk_file(store_disk, name, &len), size_of(name));
	/* Two messages and SNAP_END. */
	memset(bytes + len - 230, 0x11, 200);
	memory_disk_put(store_disk, name, bytes, len);
	ck_assert_int_eq(recover(), RECOVERY_DAMAGED);
	ck_assert_uint_eq(result.lost_records, 2);
	ck_assert_uint_eq(result.lost_ranges, 1);
	ck_assert_uint_eq(result.lost[0].snapshot, 50);
	ck_assert_uint_eq(seen.count, 5);
	ck_assert_uint_eq(result.next_lsn, 53);
	segment_begin(&other, 53);
	store_file_lost(&other, result.lost[0].first, result.lost[0].last,
	    result.lost[0].records, result.lost[0].snapshot);
	store_file_put(&other, store_disk, 0);
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
	memcpy(bytes, memory_disk_file(store_disk, name, &len), size_of(name));
	for (size_t cut = at; cut < len; cut++) {
		struct record record;
		size_t size;

		if (record_read(bytes + at, cut - at, other.head.salt, &record,
			&size) == RECORD_GOOD) {
			at += size;
			good++;
		}
		memory_disk_put(store_disk, name, bytes, cut);
		recover_from(store_disk, RECOVERY_READ);
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
	memcpy(bytes, memory_disk_file(store_disk, name, &len), size_of(name));
	memset(bytes + len, 0x11, 300);
	memory_disk_put(store_disk, name, bytes, len + 300);
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
	memcpy(bytes, memory_disk_file(store_disk, name, &len), size_of(name));
	bytes[len - 100] ^= 1;
	if (_i == 1)
		memset(bytes, 1, SEGMENT_HEAD_SIZE);
	memory_disk_put(store_disk, name, bytes, len);
	snapshot_begin(&other, 10);
	store_file_room(&other, "kitchen");
	snapshot_put(&other, store_disk);
	segment_begin(&other, 11);
	for (unsigned i = 11; i <= 50; i++)
		store_file_message(&other, "kitchen", i);
	store_file_put(&other, store_disk, 0);
	ck_assert_int_eq(recover(), RECOVERY_OK);
	ck_assert_uint_eq(seen.count, 1 + 40 + 2);
	ck_assert_uint_eq(result.lost_records, 0);
	ck_assert_uint_eq(result.snapshot_lsn, 10);
	ck_assert(!is_there(name));
	ck_assert(
	    is_there("quarantine/snap-0000000000000032.snap-0000000000000000"));
}
END_TEST

SUITE(recovery_snapshots)
{
	tcase_add_checked_fixture(tests, recovery_rig_begin, recovery_rig_end);
	tcase_add_test(tests,
	    what_stands_behind_a_snapshots_end_does_not_matter);
	tcase_add_test(tests,
	    records_missing_from_a_snapshot_are_counted_by_its_head);
	tcase_add_test(tests,
	    a_snapshot_cut_anywhere_loses_exactly_what_is_gone);
	tcase_add_loop_test(tests, a_damaged_snapshot_gives_way_to_an_older_one,
	    0, 2);
}
