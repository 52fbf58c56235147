#include "persistence/format/record.h"

#include <string.h>

#include "tests/suite.h"

#define SALT UINT64_C(0x0123456789abcdef)
#define ROOM_FOR 128

/* A record with this payload at the beginning of bytes. */
static size_t
write_record(char *bytes, const char *payload)
{
	struct record record = { .lsn = 258,
		.ahead = 3,
		.type = RECORD_MESSAGE,
		.flags = RECORD_MAY_BE_SKIPPED,
		.version = 0x0102,
		.payload = str_from(payload) };

	memcpy(bytes + RECORD_HEAD_SIZE, payload, strlen(payload));
	record_write(bytes, &record, SALT);
	return record_size(strlen(payload));
}

START_TEST(a_record_is_its_head_its_payload_and_zeros_up_to_eight)
{
	ck_assert_uint_eq(record_size(0), 32);
	ck_assert_uint_eq(record_size(1), 40);
	ck_assert_uint_eq(record_size(8), 40);
	ck_assert_uint_eq(record_size(9), 48);
	ck_assert_uint_eq(record_size(RECORD_PAYLOAD_MOST),
	    RECORD_PAYLOAD_MOST + 32);
}
END_TEST

START_TEST(stands_in_the_file_as_documented)
{
	static const unsigned char expected[] = { 'p', 'R', 'e', 'c', 2, 0, 0,
		0, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 8, 1, 2, 1 };
	char bytes[ROOM_FOR];

	memset(bytes, '#', sizeof(bytes));
	ck_assert_uint_eq(write_record(bytes, "hi"), 40);
	ck_assert_mem_eq(bytes, expected, sizeof(expected));
	ck_assert_mem_eq(bytes + 32, "hi\0\0\0\0\0\0", 8);
	ck_assert_int_eq(bytes[40], '#');
}
END_TEST

START_TEST(reads_what_was_written)
{
	char bytes[ROOM_FOR];
	struct record record;
	size_t written = write_record(bytes, "some payload");
	size_t size;

	ck_assert_int_eq(record_read(bytes, written, SALT, &record, &size),
	    RECORD_GOOD);
	ck_assert_uint_eq(size, written);
	ck_assert_uint_eq(record.lsn, 258);
	ck_assert_uint_eq(record.ahead, 3);
	ck_assert_uint_eq(record.type, RECORD_MESSAGE);
	ck_assert_uint_eq(record.flags, RECORD_MAY_BE_SKIPPED);
	ck_assert_uint_eq(record.version, 0x0102);
	ck_assert(str_equal(record.payload, STR("some payload")));
}
END_TEST

START_TEST(reads_no_record_of_another_salt)
{
	char bytes[ROOM_FOR];
	struct record record;
	size_t written = write_record(bytes, "a copy in a message");
	size_t size;

	ck_assert_int_eq(record_read(bytes, written, SALT + 1, &record, &size),
	    RECORD_BAD_HEAD);
}
END_TEST

START_TEST(returns_how_much_a_cut_record_needs)
{
	char bytes[ROOM_FOR];
	struct record record;
	size_t written = write_record(bytes, "cut anywhere");

	for (size_t len = 0; len < written; len++) {
		char some[ROOM_FOR];
		size_t size;

		memcpy(some, bytes, len);
		memset(some + len, 0xff, sizeof(some) - len);
		ck_assert_int_eq(record_read(some, len, SALT, &record, &size),
		    RECORD_CUT);
		ck_assert_uint_eq(size, len < 32 ? 0 : written);
	}
}
END_TEST

/* A bit of the head makes the head bad, one of the payload only that. */
START_TEST(notices_every_flipped_bit)
{
	char bytes[ROOM_FOR];
	size_t written = write_record(bytes, "8 bytes!");

	for (size_t bit = 0; bit < written * 8; bit++) {
		struct record record;
		size_t size;

		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
		ck_assert_int_eq(record_read(bytes, written, SALT, &record,
				     &size),
		    bit < 32 * 8 ? RECORD_BAD_HEAD : RECORD_BAD_PAYLOAD);
		if (bit >= 32 * 8) {
			ck_assert_uint_eq(size, written);
			ck_assert_uint_eq(record.lsn, 258);
		}
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
	}
}
END_TEST

static const struct segment_head head = { .first_lsn = 77,
	.store_id = "sixteen bytes id",
	.salt = SALT,
	.count = 5,
	.is_snapshot = true };

static void
assert_is_head(const char *bytes, size_t len)
{
	struct segment_head out;

	ck_assert_int_eq(segment_head_read(bytes, len, &out),
	    SEGMENT_HEAD_GOOD);
	ck_assert_uint_eq(out.first_lsn, head.first_lsn);
	ck_assert_mem_eq(out.store_id, head.store_id, STORE_ID_SIZE);
	ck_assert_uint_eq(out.salt, head.salt);
	ck_assert_uint_eq(out.count, head.count);
	ck_assert(out.is_snapshot);
}

START_TEST(either_copy_of_a_segment_head_suffices)
{
	char bytes[SEGMENT_HEAD_SIZE];
	struct segment_head out;

	segment_head_write(bytes, &head);
	assert_is_head(bytes, sizeof(bytes));
	assert_is_head(bytes, 64);
	memset(bytes, 0, 64);
	assert_is_head(bytes, sizeof(bytes));
	assert_is_head(bytes, 2048 + 64);
	ck_assert_int_eq(segment_head_read(bytes, 2048 + 63, &out),
	    SEGMENT_HEAD_BAD);
	memset(bytes + 2048, 0, 64);
	ck_assert_int_eq(segment_head_read(bytes, sizeof(bytes), &out),
	    SEGMENT_HEAD_BAD);
}
END_TEST

START_TEST(notices_every_flipped_bit_of_a_segment_head)
{
	char bytes[SEGMENT_HEAD_SIZE];

	segment_head_write(bytes, &head);
	for (size_t bit = 0; bit < 64 * 8; bit++) {
		struct segment_head out;

		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
		ck_assert_int_eq(segment_head_read(bytes, 64, &out),
		    SEGMENT_HEAD_BAD);
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
	}
}
END_TEST

SUITE(record)
{
	tcase_add_test(tests,
	    a_record_is_its_head_its_payload_and_zeros_up_to_eight);
	tcase_add_test(tests, stands_in_the_file_as_documented);
	tcase_add_test(tests, reads_what_was_written);
	tcase_add_test(tests, reads_no_record_of_another_salt);
	tcase_add_test(tests, returns_how_much_a_cut_record_needs);
	tcase_add_test(tests, notices_every_flipped_bit);
	tcase_add_test(tests, either_copy_of_a_segment_head_suffices);
	tcase_add_test(tests, notices_every_flipped_bit_of_a_segment_head);
}
