#include "persistence/store_format.h"

#include <string.h>

#include "persistence/store_names.h"
#include "tests/suite.h"
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

START_TEST(minds_no_earlier_attempt)
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
	{ "parley-store \n" ID "features\n", STORE_FORMAT_STRANGE },
	{ "parley-store one\n" ID "features\n", STORE_FORMAT_STRANGE },
	{ "parley-store 1\n" ID, STORE_FORMAT_STRANGE },
	{ "parley-store 1\n" ID "features", STORE_FORMAT_STRANGE },
	{ "parley-store 1\n" ID "features\nmore", STORE_FORMAT_STRANGE },
	{ "parley-store 1\nid 0011\nfeatures\n", STORE_FORMAT_STRANGE },
	{ "parley-store 1\n", STORE_FORMAT_STRANGE },
	{ "parley", STORE_FORMAT_STRANGE },
	{ "", STORE_FORMAT_STRANGE },
};

START_TEST(tells_stores_apart)
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
	ck_assert_int_eq(read_it(got), STORE_FORMAT_STRANGE);
}
END_TEST

SUITE(store_format)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, reads_what_it_wrote);
	tcase_add_test(tests, minds_no_earlier_attempt);
	tcase_add_loop_test(tests, tells_stores_apart, 0,
	    sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tests, reads_no_more_than_it_needs);
}
