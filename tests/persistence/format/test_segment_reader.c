#include "persistence/format/segment_reader.h"

#include <errno.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/store_files.h"

#define NAME "seg-0000000000000007.log"
#define MESSAGES 6

static struct memory_disk *disk;
static struct segment_reader *reader;
static struct store_file file;
static size_t places[MESSAGES + 1]; /* of the records, and behind the last */

/* LSN 7 to 12. */
static void
setup(void)
{
	disk = memory_disk_create();
	reader = segment_reader_create(memory_disk_disk(disk));
	segment_begin(&file, 7);
	for (unsigned i = 0; i < MESSAGES; i++)
		places[i] = store_file_message(&file, "kitchen", i + 1);
	places[MESSAGES] = file.len;
}

static void
teardown(void)
{
	segment_reader_destroy(reader);
	ck_assert_uint_eq(memory_disk_open_files(disk), 0);
	memory_disk_destroy(disk);
}

static void
open_segment(size_t size)
{
	enum segment_head_state state;

	store_file_put(&file, disk, size);
	ck_assert_int_eq(segment_reader_open(reader, NAME, &state), 0);
	ck_assert_int_eq(state, SEGMENT_HEAD_GOOD);
}

static void
expect_records(uint64_t first, uint64_t last)
{
	for (uint64_t lsn = first; lsn <= last; lsn++) {
		struct segment_item item;

		segment_reader_next(reader, &item);
		ck_assert_int_eq(item.kind, SEGMENT_RECORD);
		ck_assert_uint_eq(item.record.lsn, lsn);
		ck_assert_uint_eq(item.at, places[lsn - 7]);
		ck_assert_uint_eq(item.len, places[lsn - 6] - item.at);
	}
}

static void
expect_gap(size_t at, size_t len, uint64_t next_lsn)
{
	struct segment_item item;

	segment_reader_next(reader, &item);
	ck_assert_int_eq(item.kind, SEGMENT_GAP);
	ck_assert_uint_eq(item.at, at);
	ck_assert_uint_eq(item.len, len);
	ck_assert_uint_eq(item.next_lsn, next_lsn);
}

static void
expect_end(size_t at)
{
	struct segment_item item;

	for (int i = 0; i < 2; i++) {
		segment_reader_next(reader, &item);
		ck_assert_int_eq(item.kind, SEGMENT_END);
		ck_assert_uint_eq(item.at, at);
	}
}

START_TEST(reads_to_the_zeros_or_to_the_end)
{
	open_segment(_i == 0 ? 0 : 40000);
	expect_records(7, 12);
	expect_end(places[6]);
}
END_TEST

START_TEST(goes_on_behind_every_kind_of_gap)
{
	size_t first = (size_t)_i / MESSAGES, last = (size_t)_i % MESSAGES;

	if (first > last)
		return;
	memset(file.bytes + places[first], 0x5c,
	    places[last + 1] - places[first]);
	open_segment(40000);
	expect_records(7, 6 + first);
	expect_gap(places[first], places[last + 1] - places[first],
	    last + 1 < MESSAGES ? 8 + last : 0);
	if (last + 1 < MESSAGES) {
		expect_records(8 + last, 12);
		expect_end(places[6]);
	}
}
END_TEST

START_TEST(steps_over_a_damaged_payload_by_its_length)
{
	file.bytes[places[2] + 50] ^= 1;
	open_segment(0);
	expect_records(7, 8);
	expect_gap(places[2], places[3] - places[2], 10);
	expect_records(10, 12);
	expect_end(places[6]);
}
END_TEST

START_TEST(wiped_bytes_are_a_blank_gap)
{
	struct segment_item item;

	memset(file.bytes + places[2], 0, places[3] - places[2]);
	open_segment(0);
	expect_records(7, 8);
	segment_reader_next(reader, &item);
	ck_assert_int_eq(item.kind, SEGMENT_GAP);
	ck_assert(item.is_blank);
	expect_records(10, 12);
}
END_TEST

START_TEST(a_record_out_of_turn_is_none)
{
	size_t len = places[1] - places[0];

	/* The first record's copy in the place of the third. */
	memcpy(file.bytes + places[2], file.bytes + places[0], len);
	open_segment(0);
	expect_records(7, 8);
	expect_gap(places[2], len, 10);
	expect_records(10, 12);
}
END_TEST

START_TEST(a_record_cut_anywhere_is_a_gap_to_the_end)
{
	for (size_t len = places[5] + 1; len < places[6]; len++) {
		memory_disk_put(disk, NAME, file.bytes, 0);
		file.len = len;
		open_segment(0);
		expect_records(7, 11);
		expect_gap(places[5], len - places[5], 0);
	}
}
END_TEST

START_TEST(heads_confirm_the_records_before)
{
	open_segment(0);
	ck_assert_uint_eq(segment_reader_durable_lsn(reader), 0);
	file.durable = 10;
	store_file_message(&file, "kitchen", 7);
	/* Its payload is damaged, its word is good. */
	file.bytes[places[6] + 40] ^= 1;
	open_segment(0);
	expect_records(7, 12);
	expect_gap(places[6], file.len - places[6], 0);
	ck_assert_uint_eq(segment_reader_durable_lsn(reader), 10);
}
END_TEST

START_TEST(can_be_sent_anywhere)
{
	open_segment(0);
	segment_reader_seek(reader, places[4], 10);
	expect_records(11, 12);
	segment_reader_seek(reader, places[1], 7);
	expect_records(8, 12);
}
END_TEST

/* Two of the longest there may be: more than is read at once. */
static void
open_long_segment(void)
{
	static char bytes[SEGMENT_HEAD_SIZE + 2 * (RECORD_PAYLOAD_MOST + 64)];
	struct record record = { .ahead = 1,
		.type = RECORD_MESSAGE,
		.payload = { NULL, RECORD_PAYLOAD_MOST } };
	char *at = bytes + SEGMENT_HEAD_SIZE;
	enum segment_head_state state;

	segment_head_write(bytes, &file.head);
	for (record.lsn = 7; record.lsn <= 8; record.lsn++) {
		record_write(at, &record, file.head.salt);
		at += record_size(RECORD_PAYLOAD_MOST);
	}
	memory_disk_put(disk, NAME, bytes, sizeof(bytes));
	ck_assert_int_eq(segment_reader_open(reader, NAME, &state), 0);
}

START_TEST(reads_the_longest_records)
{
	struct segment_item item;

	open_long_segment();
	for (uint64_t lsn = 7; lsn <= 8; lsn++) {
		segment_reader_next(reader, &item);
		ck_assert_int_eq(item.kind, SEGMENT_RECORD);
		ck_assert_uint_eq(item.record.lsn, lsn);
		ck_assert_uint_eq(item.record.payload.len, RECORD_PAYLOAD_MOST);
	}
	expect_end(item.at + item.len);
}
END_TEST

START_TEST(returns_the_error_of_the_disk)
{
	enum segment_head_state state;
	struct segment_item item;

	ck_assert_int_eq(segment_reader_open(reader, "seg-none", &state),
	    ENOENT);
	store_file_put(&file, disk, 0);
	memory_disk_fail(disk,
	    (struct disk_fault){ DISK_CALL_PREAD, 1, EIO, false });
	ck_assert_int_eq(segment_reader_open(reader, NAME, &state), EIO);
	open_long_segment();
	memory_disk_fail(disk,
	    (struct disk_fault){ DISK_CALL_PREAD, 1, EIO, false });
	segment_reader_next(reader, &item);
	ck_assert_int_eq(item.kind, SEGMENT_FAILED);
	ck_assert_int_eq(item.error, EIO);
}
END_TEST

START_TEST(without_memory_there_is_no_reader)
{
	struct segment_reader *none;

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	none = segment_reader_create(memory_disk_disk(disk));
	malloc_fail_at(0);
	ck_assert_ptr_null(none);
	segment_reader_destroy(NULL);
}
END_TEST

SUITE(segment_reader)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, reads_to_the_zeros_or_to_the_end, 0, 2);
	tcase_add_loop_test(tests, goes_on_behind_every_kind_of_gap, 0,
	    MESSAGES * MESSAGES);
	tcase_add_test(tests, steps_over_a_damaged_payload_by_its_length);
	tcase_add_test(tests, wiped_bytes_are_a_blank_gap);
	tcase_add_test(tests, a_record_out_of_turn_is_none);
	tcase_add_test(tests, a_record_cut_anywhere_is_a_gap_to_the_end);
	tcase_add_test(tests, heads_confirm_the_records_before);
	tcase_add_test(tests, can_be_sent_anywhere);
	tcase_add_test(tests, reads_the_longest_records);
	tcase_add_test(tests, returns_the_error_of_the_disk);
	tcase_add_test(tests, without_memory_there_is_no_reader);
}
