#include "transport/net/token_bucket.h"

#include "tests/suite.h"

static const struct rate_limit ten_a_second = { .rate = 10, .burst = 5 };

START_TEST(a_burst_is_allowed_and_then_the_rate)
{
	struct token_bucket bucket;

	token_bucket_init(&bucket, &ten_a_second, 0);
	for (int i = 0; i < 5; i++)
		ck_assert(token_bucket_take(&bucket, &ten_a_second, 0, 1));
	ck_assert(!token_bucket_take(&bucket, &ten_a_second, 0, 1));
	ck_assert(!token_bucket_take(&bucket, &ten_a_second, 99, 1));
	ck_assert(token_bucket_take(&bucket, &ten_a_second, 100, 1));
	ck_assert(!token_bucket_take(&bucket, &ten_a_second, 150, 1));
}
END_TEST

START_TEST(silence_saves_up_no_more_than_the_burst)
{
	struct token_bucket bucket;

	token_bucket_init(&bucket, &ten_a_second, 0);
	for (int i = 0; i < 5; i++)
		ck_assert(token_bucket_take(&bucket, &ten_a_second, 100000, 1));
	ck_assert(!token_bucket_take(&bucket, &ten_a_second, 100000, 1));
}
END_TEST

START_TEST(without_a_rate_everything_is_allowed)
{
	struct rate_limit none = { 0 };
	struct token_bucket bucket;

	token_bucket_init(&bucket, &none, 0);
	ck_assert(token_bucket_take(&bucket, &none, 0, 1000000));
	ck_assert_int_eq(token_bucket_charge(&bucket, &none, 0, 1000000), 0);
	ck_assert_int_eq(token_bucket_wait_ms(&bucket, &none, 1000000), 0);
}
END_TEST

START_TEST(a_debt_takes_as_long_as_it_is_large)
{
	struct token_bucket bucket;

	token_bucket_init(&bucket, &ten_a_second, 0);
	ck_assert_int_eq(token_bucket_charge(&bucket, &ten_a_second, 0, 5), 0);
	ck_assert_int_eq(token_bucket_charge(&bucket, &ten_a_second, 0, 10),
	    1001);
	ck_assert_int_eq(token_bucket_wait_ms(&bucket, &ten_a_second, 1), 1101);
}
END_TEST

static const uint32_t rates[] = { 1, 2, 3, 7, 50, 60, 997, 1000000 };

/* With any fraction of a token at the refusal. */
START_TEST(a_wait_of_the_given_time_is_enough)
{
	const struct rate_limit limit = { .rate = rates[_i], .burst = 150 };

	for (int i = 0; i < 1000; i++) {
		struct token_bucket bucket = {
			.tokens = (float)i / 1000.0f,
			.stamp_ms = UINT32_MAX - 100, /* it wraps around */
		};
		int64_t now_ms = bucket.stamp_ms;

		ck_assert(!token_bucket_take(&bucket, &limit, now_ms, 1));
		now_ms += token_bucket_wait_ms(&bucket, &limit, 1);
		ck_assert(token_bucket_take(&bucket, &limit, now_ms, 1));
	}
}
END_TEST

SUITE(token_bucket)
{
	tcase_add_test(tests, a_burst_is_allowed_and_then_the_rate);
	tcase_add_test(tests, silence_saves_up_no_more_than_the_burst);
	tcase_add_test(tests, without_a_rate_everything_is_allowed);
	tcase_add_test(tests, a_debt_takes_as_long_as_it_is_large);
	tcase_add_loop_test(tests, a_wait_of_the_given_time_is_enough, 0,
	    COUNT_OF(rates));
}
