#include "transport/net/bulk.h"

#include "tests/suite.h"

#define TASKS 100

/* Each run takes so long, by the clock of the test. */
static int64_t now_ns, piece_ns;
static struct bulk bulk;

static struct worked {
	struct bulk_task task;
	unsigned runs;
	unsigned left; /* more pieces than this run's */
} worked[TASKS];

static int64_t
bulk_now(void)
{
	return now_ns;
}

static void
task_work(struct bulk_task *task)
{
	struct worked *worker = LIST_OWNER(task, struct worked, task);

	now_ns += piece_ns;
	worker->runs++;
	if (worker->left == 0)
		return;
	worker->left--;
	bulk_add(&bulk, task);
}

static void
setup(void)
{
	bulk_init(&bulk);
	now_ns = 0;
	piece_ns = 10000;
	for (int i = 0; i < TASKS; i++) {
		worked[i] = (struct worked){ .left = 1000 };
		bulk_task_init(&worked[i].task, task_work);
		bulk_add(&bulk, &worked[i].task);
	}
}

START_TEST(a_turn_has_a_bounded_time)
{
	ck_assert(bulk_run(&bulk, bulk_now));
	ck_assert_int_eq(now_ns, BULK_TIME_US * 1000);
	/* A piece that has begun is finished. */
	now_ns = 0;
	piece_ns = 40000;
	ck_assert(bulk_run(&bulk, bulk_now));
	ck_assert_int_eq(now_ns, 80000);
}
END_TEST

START_TEST(tasks_take_turns)
{
	while (worked[TASKS - 1].runs < 3)
		bulk_run(&bulk, bulk_now);
	for (int i = 0; i < TASKS; i++)
		ck_assert_uint_eq(worked[i].runs, 3);
}
END_TEST

START_TEST(one_task_has_all_of_the_time)
{
	for (int i = 1; i < TASKS; i++)
		worked[i].left = 0;
	while (worked[TASKS - 1].runs == 0)
		bulk_run(&bulk, bulk_now);
	now_ns = 0;
	ck_assert(bulk_run(&bulk, bulk_now));
	ck_assert_int_eq(now_ns, BULK_TIME_US * 1000);
}
END_TEST

START_TEST(a_task_that_is_done_or_removed_is_not_run_again)
{
	for (int i = 0; i < TASKS; i++)
		worked[i].left = 0;
	bulk_remove(&worked[7].task);
	bulk_remove(&worked[7].task);
	while (bulk_waits(&bulk))
		bulk_run(&bulk, bulk_now);
	for (int i = 0; i < TASKS; i++)
		ck_assert_uint_eq(worked[i].runs, i != 7);
	ck_assert(!bulk_run(&bulk, bulk_now));
}
END_TEST

START_TEST(a_task_may_wait_for_the_next_tick)
{
	bulk_remove(&worked[0].task);
	bulk_add_later(&bulk, &worked[0].task);
	while (worked[1].runs < 2)
		bulk_run(&bulk, bulk_now);
	ck_assert_uint_eq(worked[0].runs, 0);
	bulk_tick(&bulk);
	while (worked[1].runs < 4)
		bulk_run(&bulk, bulk_now);
	ck_assert_uint_ge(worked[0].runs, 1);
	bulk_remove(&worked[0].task);
	bulk_add_later(&bulk, &worked[0].task);
	bulk_remove(&worked[0].task);
	bulk_tick(&bulk);
	worked[0].runs = 0;
	while (worked[1].runs < 6)
		bulk_run(&bulk, bulk_now);
	ck_assert_uint_eq(worked[0].runs, 0);
}
END_TEST

START_TEST(a_task_is_in_the_queue_once)
{
	worked[0].left = 0;
	bulk_add(&bulk, &worked[0].task);
	while (worked[1].runs < 2)
		bulk_run(&bulk, bulk_now);
	ck_assert_uint_eq(worked[0].runs, 1);
}
END_TEST

SUITE(bulk)
{
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, a_turn_has_a_bounded_time);
	tcase_add_test(tests, tasks_take_turns);
	tcase_add_test(tests, one_task_has_all_of_the_time);
	tcase_add_test(tests, a_task_that_is_done_or_removed_is_not_run_again);
	tcase_add_test(tests, a_task_may_wait_for_the_next_tick);
	tcase_add_test(tests, a_task_is_in_the_queue_once);
}
