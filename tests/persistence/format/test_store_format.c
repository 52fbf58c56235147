#include "persistence/format/store_format.h"

#include <errno.h>
#include <string.h>

#include "persistence/format/store_names.h"
#include "tests/suite.h"
#include "tests/support/persistence/memory_disk.h"
#include "tests/support/persistence/temp_store.h"

static struct disk *disk;
static const uint8_t id[STORE_ID_SIZE] = "\0\x01\xff 0123456789ab";

static void
setup(void)
{
	disk = temp_store_open();
}

static void
teardown(void)
{
	temp_store_remove(disk);
}

static enum store_format
read_it(uint8_t got[STORE_ID_SIZE])
{
	enum store_format format;

	ck_assert_int_eq(store_format_read(disk, &format, got), 0);
	return format;
}

START_TEST(reads_what_it_wrote)
{
	uint8_t got[STORE_ID_SIZE];

	ck_assert_int_eq(read_it(got), STORE_FORMAT_NONE);
	ck_assert_int_eq(store_format_write(disk, id), 0);
	ck_assert_int_eq(read_it(got), STORE_FORMAT_OURS);
	ck_assert_mem_eq(got, id, STORE_ID_SIZE);
}
END_TEST

START_TEST(ignores_an_earlier_attempt)
{
	uint8_t got[STORE_ID_SIZE];

	temp_store_put(disk, FORMAT_NAME UNFINISHED_SUFFIX, "parl");
	ck_assert_int_eq(store_format_write(disk, id), 0);
	ck_assert_int_eq(read_it(got), STORE_FORMAT_OURS);
}
END_TEST

#define ID "id 00112233445566778899aabbccddeeff\n"

static const struct {
	const char *text;
	enum store_format format;
} texts[] = {
	{ "parley-store 1\n" ID "features\n", STORE_FORMAT_OURS },
	{ "parley-store 1\n" ID "features colours\n", STORE_FORMAT_NEWER },
	{ "parley-store 2\n" ID "features\n", STORE_FORMAT_NEWER },
	{ "parley-store 12\n", STORE_FORMAT_NEWER },
	{ "parley-store \n" ID "features\n", STORE_FORMAT_INVALID },
	{ "parley-store one\n" ID "features\n", STORE_FORMAT_INVALID },
	{ "parley-store 1\n" ID, STORE_FORMAT_INVALID },
	{ "parley-store 1\n" ID "features", STORE_FORMAT_INVALID },
	{ "parley-store 1\n" ID "features\nmore", STORE_FORMAT_INVALID },
	{ "parley-store 1\nid 0011\nfeatures\n", STORE_FORMAT_INVALID },
	{ "parley-store 1\n", STORE_FORMAT_INVALID },
	{ "parley", STORE_FORMAT_INVALID },
	{ "", STORE_FORMAT_INVALID },
};

START_TEST(distinguishes_stores)
{
	uint8_t got[STORE_ID_SIZE];

	temp_store_put(disk, FORMAT_NAME, texts[_i].text);
	ck_assert_int_eq(read_it(got), texts[_i].format);
}
END_TEST

START_TEST(reads_no_more_than_it_needs)
{
	static char text[100000];
	uint8_t got[STORE_ID_SIZE];

	memset(text, 'p', sizeof(text) - 1);
	temp_store_put(disk, FORMAT_NAME, text);
	ck_assert_int_eq(read_it(got), STORE_FORMAT_INVALID);
}
END_TEST

/* After any failure or power cut the file is complete, or does not exist. */
START_TEST(is_written_atomically)
{
	struct memory_disk *memory = memory_disk_create(), *left;
	enum store_format format;
	uint8_t got[STORE_ID_SIZE];

	memory_disk_stop_after(memory, (unsigned)_i);
	ck_assert_int_eq(store_format_write(memory_disk_disk(memory), id),
	    _i < 6 ? EIO : 0);
	for (int shape = 0; shape < CRASH_SHAPES; shape++) {
		left = memory_disk_crash(memory, (enum crash_shape)shape, 1);
		ck_assert_int_eq(store_format_read(memory_disk_disk(left),
				     &format, got),
		    0);
		ck_assert(format == STORE_FORMAT_OURS ||
			  (format == STORE_FORMAT_NONE && _i < 6));
		memory_disk_destroy(left);
	}
	ck_assert_uint_eq(memory_disk_open_files(memory), 0);
	memory_disk_destroy(memory);
}
END_TEST

START_TEST(returns_that_it_cannot_be_read)
{
	static const enum disk_call calls[] = { DISK_CALL_OPEN,
		DISK_CALL_PREAD };
	struct memory_disk *memory = memory_disk_create();
	enum store_format format;
	uint8_t got[STORE_ID_SIZE];

	memory_disk_put(memory, FORMAT_NAME, "x", 1);
	memory_disk_fail(memory,
	    (struct disk_fault){ calls[_i], 1, EIO, false });
	ck_assert_int_eq(store_format_read(memory_disk_disk(memory), &format,
			     got),
	    EIO);
	memory_disk_destroy(memory);
}
END_TEST

SUITE(store_format)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, reads_what_it_wrote);
	tcase_add_test(tests, ignores_an_earlier_attempt);
	tcase_add_loop_test(tests, distinguishes_stores, 0, COUNT_OF(texts));
	tcase_add_test(tests, reads_no_more_than_it_needs);
	tcase_add_loop_test(tests, is_written_atomically, 0, 8);
	tcase_add_loop_test(tests, returns_that_it_cannot_be_read, 0, 2);
}
