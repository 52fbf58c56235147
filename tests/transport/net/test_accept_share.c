#include "transport/net/accept_share.h"

#include "tests/suite.h"

static struct accept_share share;
static const struct rate_limit usual = { 1000, 2000 };

/* Of so many attempts, spread over some seconds, how many are let in? */
static unsigned
accept_attempts(const struct rate_limit *limit, uint64_t key,
    unsigned per_second, int64_t from_ms, int64_t ms)
{
	unsigned taken = 0;
	uint64_t done = 0;

	for (int64_t now = 0; now < ms; now++)
		for (; done < (uint64_t)now * per_second / 1000; done++)
			taken += accept_share_take(&share, limit, key,
			    from_ms + now);
	return taken;
}

static const struct rate_limit rates[] = {
	{ 1000, 2000 },
	{ 1000, 1 },
	{ 10, 5 },
	{ 1, 100 },
	{ 1000000, 1000000 },
};

START_TEST(one_address_alone_gets_the_full_rate)
{
	const struct rate_limit *limit = &rates[_i];
	unsigned due = limit->rate * 20, taken;

	accept_share_init(&share, limit, 7, 0);
	if (due > 100000)
		due = 100000;
	taken = accept_attempts(limit, 1, due / 10, 0, 20000);
	/* A burst more at most; what falls between two ticks at least. */
	ck_assert_uint_ge(taken, due - due / 10);
	ck_assert_uint_le(taken, limit->rate * 20 + limit->burst);
}
END_TEST

START_TEST(without_a_rate_all_are_let_in)
{
	const struct rate_limit none = { 0 };

	accept_share_init(&share, &none, 7, 0);
	ck_assert_uint_eq(accept_attempts(&none, 1, 100000, 0, 1000), 99900);
}
END_TEST

static const unsigned crowds[] = { 1, 10, 100, 300 };

/* So many addresses each try far more than there is; then one comes. */
START_TEST(an_address_that_connects_rarely_never_waits)
{
	unsigned crowd = crowds[_i], taken = 0;
	int64_t now;

	accept_share_init(&share, &usual, 7, 0);
	for (now = 0; now < 20000; now++) {
		for (unsigned i = 0; i < 10; i++)
			taken += accept_share_take(&share, &usual,
			    1000 + (uint64_t)(now * 10 + i) % crowd, now);
		if (now % 500 == 0)
			ck_assert_msg(accept_share_take(&share, &usual, 5, now),
			    "at %d ms", (int)now);
	}
	/* Nor is anything left unused. */
	ck_assert_uint_ge(taken, 20000 - 100);
	ck_assert_uint_le(taken, 20000 + usual.burst);
}
END_TEST

START_TEST(a_newcomer_may_have_a_burst)
{
	unsigned burst = 0;

	accept_share_init(&share, &usual, 7, 0);
	for (int64_t now = 0; now < 20000; now++)
		for (uint64_t i = 0; i < 10; i++)
			accept_share_take(&share, &usual, 1000 + i, now);
	while (accept_share_take(&share, &usual, 5, 20000))
		burst++;
	ck_assert_uint_ge(burst, 50);
}
END_TEST

START_TEST(equal_addresses_get_equal_shares)
{
	unsigned taken[4] = { 0 };

	accept_share_init(&share, &usual, 7, 0);
	for (int64_t now = 0; now < 30000; now++)
		for (uint64_t i = 0; i < 4; i++)
			for (uint64_t n = 0; n <= i; n++)
				taken[i] +=
				    accept_share_take(&share, &usual, i, now);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_ge(taken[i], 30000 / 4 - 500);
		ck_assert_uint_le(taken[i], 30000 / 4 + 1000);
	}
}
END_TEST

START_TEST(time_may_wrap_around)
{
	int64_t late = ((int64_t)1 << 32) - 500;

	accept_share_init(&share, &usual, 7, late);
	ck_assert_uint_ge(accept_attempts(&usual, 1, 1000, late, 2000), 1990);
}
END_TEST

SUITE(accept_share)
{
	tcase_add_loop_test(tests, one_address_alone_gets_the_full_rate, 0,
	    COUNT_OF(rates));
	tcase_add_test(tests, without_a_rate_all_are_let_in);
	tcase_add_loop_test(tests, an_address_that_connects_rarely_never_waits,
	    0, COUNT_OF(crowds));
	tcase_add_test(tests, a_newcomer_may_have_a_burst);
	tcase_add_test(tests, equal_addresses_get_equal_shares);
	tcase_add_test(tests, time_may_wrap_around);
}
