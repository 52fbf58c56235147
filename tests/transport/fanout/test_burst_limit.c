#include "transport/fanout/burst_limit.h"

#include "tests/suite.h"

static const struct burst_limit rule = { 60, 60000 };

static struct burst_limiter pacer;
static int64_t now_ms;

static void
setup(void)
{
	pacer = (struct burst_limiter){ 0 };
	now_ms = 5000;
}

static bool
burst_take(void)
{
	if (burst_limit_wait_ms(&pacer, &rule, now_ms) > 0)
		return false;
	burst_limit_count(&pacer, &rule, now_ms);
	return true;
}

static void
post_all(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		ck_assert_msg(burst_take(), "message %u", i + 1);
}

START_TEST(sixty_messages_may_be_posted_at_once)
{
	setup();
	post_all(60);
	ck_assert(!burst_take());
}
END_TEST

START_TEST(the_next_waits_for_a_whole_pause)
{
	setup();
	post_all(60);
	now_ms += 59999;
	ck_assert(!burst_take());
	ck_assert_int_eq(burst_limit_wait_ms(&pacer, &rule, now_ms), 1);
	now_ms += 1;
	post_all(60);
	ck_assert(!burst_take());
}
END_TEST

/*
 * Only accepted messages count; otherwise retries would prolong the wait for
 * ever.
 */
START_TEST(refusals_do_not_prolong_the_wait)
{
	setup();
	post_all(60);
	for (int i = 0; i < 59; i++) {
		now_ms += 1000;
		ck_assert(!burst_take());
	}
	now_ms += 1000;
	ck_assert(burst_take());
}
END_TEST

/* It is no sliding window: slow messages count, too. */
START_TEST(without_a_pause_the_count_goes_on)
{
	setup();
	for (int i = 0; i < 60; i++) {
		ck_assert(burst_take());
		now_ms += 59000;
	}
	ck_assert(!burst_take());
	now_ms += 1000;
	ck_assert(burst_take());
}
END_TEST

START_TEST(a_pause_begins_a_new_count)
{
	setup();
	post_all(59);
	now_ms += 60000;
	post_all(60);
	ck_assert(!burst_take());
}
END_TEST

START_TEST(time_may_wrap_around)
{
	setup();
	now_ms = (INT64_C(1) << 32) - 10;
	post_all(60);
	now_ms += 20;
	ck_assert_int_eq(burst_limit_wait_ms(&pacer, &rule, now_ms), 59980);
	now_ms += 59980;
	ck_assert(burst_take());
}
END_TEST

SUITE(burst_limit)
{
	tcase_add_test(tests, sixty_messages_may_be_posted_at_once);
	tcase_add_test(tests, the_next_waits_for_a_whole_pause);
	tcase_add_test(tests, refusals_do_not_prolong_the_wait);
	tcase_add_test(tests, without_a_pause_the_count_goes_on);
	tcase_add_test(tests, a_pause_begins_a_new_count);
	tcase_add_test(tests, time_may_wrap_around);
}
