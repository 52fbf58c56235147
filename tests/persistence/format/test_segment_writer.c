#include "persistence/format/segment_writer.h"

#include <errno.h>

#include "persistence/format/store_names.h"
#include "tests/suite.h"
#include "tests/support/persistence/memory_disk.h"

#define SEGMENT_BYTES 16384

static struct memory_disk *memory;
static struct segment_writer writer;
static const uint8_t store_id[STORE_ID_SIZE] = "0123456789abcde";

static void
setup(void)
{
	memory = memory_disk_create();
	segment_writer_init(&writer, memory_disk_disk(memory), store_id,
	    SEGMENT_BYTES);
}

static void
teardown(void)
{
	segment_writer_fini(&writer);
	ck_assert_uint_eq(memory_disk_open_files(memory), 0);
	memory_disk_destroy(memory);
}

static void
writer_disk_refuse(enum disk_call call, int error)
{
	memory_disk_fail(memory, (struct disk_fault){ call, 1, error, false });
}

static const char *
segment_content(struct memory_disk *disk, uint64_t first_lsn, size_t *len)
{
	char name[STORE_NAME_SIZE];

	segment_name(name, first_lsn);
	return memory_disk_file(disk, name, len);
}

static void
assert_head(struct memory_disk *disk, uint64_t first_lsn)
{
	struct segment_head head;
	size_t len;
	const char *bytes = segment_content(disk, first_lsn, &len);

	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(len, SEGMENT_BYTES);
	ck_assert_int_eq(segment_head_read(bytes, len, &head),
	    SEGMENT_HEAD_GOOD);
	ck_assert_uint_eq(head.first_lsn, first_lsn);
	ck_assert_mem_eq(head.store_id, store_id, STORE_ID_SIZE);
	ck_assert_uint_eq(head.count, 0);
	ck_assert(!head.is_snapshot);
}

static void
writer_begin(uint64_t first_lsn)
{
	ck_assert_int_eq(segment_writer_begin(&writer, first_lsn), 0);
	ck_assert_uint_eq(writer.end, SEGMENT_HEAD_SIZE);
}

static size_t
count_names(void)
{
	size_t count = 0;

	while (memory_disk_name(memory, count) != NULL)
		count++;
	return count;
}

START_TEST(is_found_whole_after_a_power_cut)
{
	struct memory_disk *left;

	writer_begin(5);
	left = memory_disk_crash(memory, CRASH_NOTHING, 1);
	assert_head(left, 5);
	memory_disk_destroy(left);
}
END_TEST

/*
 * After a stop at any call the segment has its name and its head, or
 * neither.
 */
START_TEST(is_created_atomically)
{
	struct memory_disk *left;
	size_t len;

	memory_disk_stop_after(memory, (unsigned)_i);
	segment_writer_begin(&writer, 5);
	for (int shape = 0; shape < CRASH_SHAPES; shape++) {
		left = memory_disk_crash(memory, (enum crash_shape)shape, 1);
		if (segment_content(left, 5, &len) != NULL)
			assert_head(left, 5);
		memory_disk_destroy(left);
	}
}
END_TEST

START_TEST(chooses_another_salt_each_time)
{
	uint64_t salt;

	writer_begin(5);
	salt = writer.salt;
	writer_begin(6);
	ck_assert_uint_ne(writer.salt, salt);
}
END_TEST

START_TEST(leaves_the_old_segment_alone)
{
	size_t len;

	writer_begin(1);
	ck_assert_int_eq(segment_writer_append(&writer, "old", 3), 0);
	writer_begin(9);
	ck_assert_int_eq(segment_writer_append(&writer, "new", 3), 0);
	ck_assert_mem_eq(segment_content(memory, 1, &len) + SEGMENT_HEAD_SIZE,
	    "old", 4);
	ck_assert_mem_eq(segment_content(memory, 9, &len) + SEGMENT_HEAD_SIZE,
	    "new", 4);
	assert_head(memory, 1);
	assert_head(memory, 9);
}
END_TEST

START_TEST(takes_the_room_it_made_ahead)
{
	unsigned calls;

	writer_begin(1);
	for (int twice = 0; twice < 2; twice++)
		ck_assert_int_eq(segment_writer_prepare(&writer), 0);
	calls = memory_disk_calls(memory, DISK_CALL_FALLOCATE);
	writer_begin(2);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_FALLOCATE),
	    calls);
	assert_head(memory, 2);
}
END_TEST

START_TEST(leaves_no_room_behind_that_it_made_in_vain)
{
	writer_begin(1);
	ck_assert_int_eq(segment_writer_prepare(&writer), 0);
	ck_assert_uint_eq(count_names(), 2);
	segment_writer_fini(&writer);
	ck_assert_uint_eq(count_names(), 1);
}
END_TEST

/* A file of the same name from an earlier process is replaced. */
START_TEST(removes_what_is_left_of_another_attempt)
{
	memory_disk_put(memory, "next.tmp", "garbage", 7);
	writer_begin(1);
	assert_head(memory, 1);
	ck_assert_uint_eq(count_names(), 1);
}
END_TEST

static const enum disk_call births[] = { DISK_CALL_OPEN, DISK_CALL_FALLOCATE,
	DISK_CALL_PWRITE, DISK_CALL_FSYNC, DISK_CALL_RENAME,
	DISK_CALL_SYNC_DIR };

START_TEST(goes_on_with_the_old_segment_if_there_is_no_new_one)
{
	bool is_sync =
	    births[_i] == DISK_CALL_FSYNC || births[_i] == DISK_CALL_SYNC_DIR;
	size_t len;

	writer_begin(1);
	writer_disk_refuse(births[_i], ENOSPC);
	ck_assert_int_eq(segment_writer_begin(&writer, 2), ENOSPC);
	ck_assert_int_eq(writer.is_distrusted, is_sync);
	ck_assert_int_eq(writer.next, -1);
	if (is_sync)
		return;
	ck_assert_ptr_null(segment_content(memory, 2, &len));
	ck_assert_uint_eq(count_names(), 1);
	ck_assert_int_eq(segment_writer_append(&writer, "more", 4), 0);
	ck_assert_mem_eq(segment_content(memory, 1, &len) + SEGMENT_HEAD_SIZE,
	    "more", 5);
	writer_begin(2);
}
END_TEST

START_TEST(cuts_off_what_a_failed_write_left)
{
	struct memory_disk *left;
	size_t len;

	writer_begin(1);
	ck_assert_int_eq(segment_writer_append(&writer, "good", 4), 0);
	writer_disk_refuse(DISK_CALL_PWRITE, 0);
	memory_disk_fail(memory,
	    (struct disk_fault){ DISK_CALL_PWRITE, 2, ENOSPC, false });
	ck_assert_int_eq(segment_writer_append(&writer, "bad news", 8), ENOSPC);
	ck_assert(writer.is_torn);
	segment_content(memory, 1, &len);
	ck_assert_int_eq(segment_writer_cut(&writer), 0);
	ck_assert(!writer.is_torn);
	left = memory_disk_crash(memory, CRASH_NOTHING, 1);
	ck_assert_mem_eq(segment_content(left, 1, &len) + SEGMENT_HEAD_SIZE,
	    "good", 4);
	ck_assert_uint_eq(len, SEGMENT_HEAD_SIZE + 4);
	memory_disk_destroy(left);
}
END_TEST

START_TEST(stays_torn_if_it_cannot_be_cut)
{
	writer_begin(1);
	writer_disk_refuse(DISK_CALL_PWRITE, ENOSPC);
	ck_assert_int_eq(segment_writer_append(&writer, "bad", 3), ENOSPC);
	writer_disk_refuse(DISK_CALL_FTRUNCATE, ENOSPC);
	ck_assert_int_eq(segment_writer_cut(&writer), ENOSPC);
	ck_assert(writer.is_torn && !writer.is_distrusted);
	writer_disk_refuse(DISK_CALL_FDATASYNC, ENOSPC);
	ck_assert_int_eq(segment_writer_cut(&writer), ENOSPC);
	ck_assert(writer.is_torn && writer.is_distrusted);
}
END_TEST

START_TEST(gives_room_back)
{
	size_t len;

	writer_begin(1);
	ck_assert_int_eq(segment_writer_append(&writer, "end", 3), 0);
	segment_writer_trim(&writer);
	segment_content(memory, 1, &len);
	ck_assert_uint_eq(len, SEGMENT_HEAD_SIZE + 3);
}
END_TEST

/* In a segment of some megabytes. */
static void
begin_long(void)
{
	segment_writer_fini(&writer);
	segment_writer_init(&writer, memory_disk_disk(memory), store_id,
	    1 << 20);
	ck_assert_int_eq(segment_writer_begin(&writer, 1), 0);
	ck_assert_int_eq(segment_writer_append(&writer, "some", 4), 0);
}

START_TEST(is_always_some_way_ahead_with_zeros)
{
	static char text[30000];

	begin_long();
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 30; i++) {
		segment_writer_zero_ahead(&writer, sizeof(text));
		ck_assert_uint_gt(writer.zeroed, writer.end + sizeof(text));
		ck_assert_uint_le(writer.zeroed, writer.end + (512 << 10));
		ck_assert_int_eq(segment_writer_append(&writer, text,
				     sizeof(text)),
		    0);
	}
}
END_TEST

START_TEST(writes_zeros_in_large_pieces)
{
	unsigned calls;

	begin_long();
	calls = memory_disk_calls(memory, DISK_CALL_PWRITE);
	for (int i = 0; i < 100; i++) {
		segment_writer_zero_ahead(&writer, 1000);
		ck_assert_int_eq(segment_writer_append(&writer, "more", 4), 0);
	}
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_PWRITE),
	    calls + 100 + 1);
}
END_TEST

START_TEST(puts_zeros_neither_on_records_nor_behind_the_segment)
{
	static char text[SEGMENT_BYTES];
	const char *bytes;
	size_t len;

	writer_begin(1);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(segment_writer_append(&writer, text, 500), 0);
		segment_writer_zero_ahead(&writer, 500);
	}
	bytes = segment_content(memory, 1, &len);
	ck_assert_uint_eq(len, SEGMENT_HEAD_SIZE + 40 * 500);
	for (int i = 0; i < 40; i++)
		ck_assert_mem_eq(bytes + SEGMENT_HEAD_SIZE + i * 500, text,
		    500);
}
END_TEST

/* Large writes need no zeros ahead. */
START_TEST(writes_no_zeros_before_large_writes)
{
	unsigned calls;

	begin_long();
	calls = memory_disk_calls(memory, DISK_CALL_PWRITE);
	segment_writer_zero_ahead(&writer, 100000);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_PWRITE), calls);
}
END_TEST

START_TEST(writes_no_more_zeros_where_that_failed)
{
	unsigned calls;

	begin_long();
	writer_disk_refuse(DISK_CALL_PWRITE, ENOSPC);
	segment_writer_zero_ahead(&writer, 1000);
	calls = memory_disk_calls(memory, DISK_CALL_PWRITE);
	segment_writer_zero_ahead(&writer, 1000);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_PWRITE), calls);
	ck_assert_int_eq(segment_writer_append(&writer, "more", 4), 0);
	ck_assert_int_eq(segment_writer_begin(&writer, 9), 0);
	segment_writer_zero_ahead(&writer, 1000);
	ck_assert_uint_gt(memory_disk_calls(memory, DISK_CALL_PWRITE),
	    calls + 2);
}
END_TEST

START_TEST(does_nothing_to_a_segment_it_does_not_trust)
{
	unsigned calls;

	begin_long();
	writer_disk_refuse(DISK_CALL_FDATASYNC, EIO);
	ck_assert_int_eq(segment_writer_sync(&writer), EIO);
	calls = memory_disk_calls(memory, DISK_CALL_PWRITE);
	segment_writer_zero_ahead(&writer, 1000);
	ck_assert_uint_eq(memory_disk_calls(memory, DISK_CALL_PWRITE), calls);
}
END_TEST

SUITE(segment_writer)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, is_found_whole_after_a_power_cut);
	tcase_add_loop_test(tests, is_created_atomically, 0, 8);
	tcase_add_test(tests, chooses_another_salt_each_time);
	tcase_add_test(tests, leaves_the_old_segment_alone);
	tcase_add_test(tests, takes_the_room_it_made_ahead);
	tcase_add_test(tests, leaves_no_room_behind_that_it_made_in_vain);
	tcase_add_test(tests, removes_what_is_left_of_another_attempt);
	tcase_add_loop_test(tests,
	    goes_on_with_the_old_segment_if_there_is_no_new_one, 0,
	    COUNT_OF(births));
	tcase_add_test(tests, cuts_off_what_a_failed_write_left);
	tcase_add_test(tests, stays_torn_if_it_cannot_be_cut);
	tcase_add_test(tests, gives_room_back);
	tcase_add_test(tests, is_always_some_way_ahead_with_zeros);
	tcase_add_test(tests, writes_zeros_in_large_pieces);
	tcase_add_test(tests,
	    puts_zeros_neither_on_records_nor_behind_the_segment);
	tcase_add_test(tests, writes_no_zeros_before_large_writes);
	tcase_add_test(tests, writes_no_more_zeros_where_that_failed);
	tcase_add_test(tests, does_nothing_to_a_segment_it_does_not_trust);
}
