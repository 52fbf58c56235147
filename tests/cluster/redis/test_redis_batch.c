#include "cluster/redis/redis_batch.h"

#include <stdlib.h>

#include "tests/suite.h"

static struct redis_batch batch;

static const struct {
	struct str bytes;
	size_t count;
	const char *last;
} good[] = {
	{ STR("\x90"), 0, NULL },
	{ STR("\x91\xa0"), 1, "" },
	{ STR("\x91\xa3xyz"), 1, "xyz" },
	{ STR("\x93\xa1x\xa0\xa2y:"), 3, "y:" },
	{ STR("\x91\xd9\3xyz"), 1, "xyz" },
	{ STR("\x91\xda\0\3xyz"), 1, "xyz" },
	{ STR("\x91\xdb\0\0\0\3xyz"), 1, "xyz" },
	{ STR("\xdc\0\2\xa1x\xa1y"), 2, "y" },
	{ STR("\xdd\0\0\0\2\xa1x\xa1y"), 2, "y" },
};

START_TEST(reads_strings_with_their_lengths)
{
	ck_assert(redis_batch_read(&batch, good[_i].bytes));
	ck_assert_uint_eq(batch.count, good[_i].count);
	if (batch.count > 0)
		ck_assert(str_equal(batch.items[batch.count - 1],
		    str_from(good[_i].last)));
	redis_batch_fini(&batch);
}
END_TEST

/* No list, a value that is no text, too few or too many bytes. */
static const struct str bad[] = { STR(""), STR("x"), STR("\xa1x"), STR("\x80"),
	STR("\x91"), STR("\x91\x01"), STR("\x91\xc0"), STR("\x91\x90"),
	STR("\x91\xc4\1x"), STR("\x91\xdc\0\0"), STR("\x91\xa2x"),
	STR("\x91\xa1xy"), STR("\x91\xd9"), STR("\x91\xda\0"),
	STR("\x91\xdb\xff\xff\xff\xffx"), STR("\xdc\0"),
	STR("\xdd\xff\xff\xff\xff\xa1x"), STR("\xde\0\0") };

START_TEST(refuses_other_bytes)
{
	ck_assert(!redis_batch_read(&batch, bad[_i]));
	redis_batch_fini(&batch);
}
END_TEST

/* What is written, of all sizes that begin in another way. */
START_TEST(reads_what_was_written_and_no_prefix_of_it)
{
	static const size_t sizes[] = { 0, 1, 31, 32, 255, 256, 65535, 65536 };
	struct str items[COUNT_OF(sizes)];
	char *text = calloc(1, 65536), *bytes, *end;
	size_t size;

	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		items[i] = str_slice(text, sizes[i]);
	size = redis_batch_size(items, COUNT_OF(sizes));
	bytes = malloc(size);
	end = redis_batch_write(bytes, items, COUNT_OF(sizes));
	ck_assert_uint_eq((size_t)(end - bytes), size);
	ck_assert(redis_batch_read(&batch,
	    str_slice(bytes, (size_t)(end - bytes))));
	ck_assert_uint_eq(batch.count, COUNT_OF(sizes));
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		ck_assert(str_equal(batch.items[i], items[i]));
	for (size_t len = 0; bytes + len < end; len += 1 + len / 64)
		ck_assert(!redis_batch_read(&batch, str_slice(bytes, len)));
	redis_batch_fini(&batch);
	free(bytes);
	free(text);
}
END_TEST

START_TEST(writes_long_lists)
{
	static struct str items[65536];
	static const size_t counts[] = { 15, 16, 65535, 65536 };
	char *bytes = malloc(redis_batch_size(items, COUNT_OF(items)));
	char *end = redis_batch_write(bytes, items, counts[_i]);

	ck_assert(redis_batch_read(&batch,
	    str_slice(bytes, (size_t)(end - bytes))));
	ck_assert_uint_eq(batch.count, counts[_i]);
	redis_batch_fini(&batch);
	free(bytes);
}
END_TEST

SUITE(redis_batch)
{
	tcase_add_loop_test(tests, reads_strings_with_their_lengths, 0,
	    COUNT_OF(good));
	tcase_add_loop_test(tests, refuses_other_bytes, 0, COUNT_OF(bad));
	tcase_add_test(tests, reads_what_was_written_and_no_prefix_of_it);
	tcase_add_loop_test(tests, writes_long_lists, 0, 4);
}
