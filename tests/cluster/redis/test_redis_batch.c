#include "cluster/redis/redis_batch.h"

#include <stdlib.h>

#include "tests/suite.h"

static struct redis_batch batch;

static const struct {
	const char *text;
	size_t count;
	const char *last;
} good[] = {
	{ "", 0, NULL },
	{ "0:", 1, "" },
	{ "3:abc", 1, "abc" },
	{ "1:a0:2:b:", 3, "b:" },
	{ "10:0123456789", 1, "0123456789" },
	{ "003:abc", 1, "abc" },
};

START_TEST(reads_strings_with_their_lengths)
{
	ck_assert(redis_batch_read(&batch, str_from(good[_i].text)));
	ck_assert_uint_eq(batch.count, good[_i].count);
	if (batch.count > 0)
		ck_assert(str_equal(batch.items[batch.count - 1],
		    str_from(good[_i].last)));
	redis_batch_fini(&batch);
}
END_TEST

static const char *const bad[] = { ":", "1", "1:", "a:b", "-1:a", "2:a", "1:ab",
	"1:a:", "18446744073709551616:", "99999999999999999999999:a", "0:9" };

START_TEST(refuses_other_texts)
{
	ck_assert(!redis_batch_read(&batch, str_from(bad[_i])));
	redis_batch_fini(&batch);
}
END_TEST

/* A prefix is a batch only where an item ends. */
START_TEST(reads_no_further_than_the_text)
{
	struct str text = STR("1:a0:12:twelve bytes3:\0\0:");
	size_t whole = 0;

	for (size_t len = 0; len <= text.len; len++) {
		char *copy = malloc(len + 1);

		memcpy(copy, text.data, len);
		whole += redis_batch_read(&batch, str_slice(copy, len));
		free(copy);
	}
	ck_assert_uint_eq(whole, 5);
	redis_batch_fini(&batch);
}
END_TEST

SUITE(redis_batch)
{
	tcase_add_loop_test(tests, reads_strings_with_their_lengths, 0,
	    COUNT_OF(good));
	tcase_add_loop_test(tests, refuses_other_texts, 0, COUNT_OF(bad));
	tcase_add_test(tests, reads_no_further_than_the_text);
}
