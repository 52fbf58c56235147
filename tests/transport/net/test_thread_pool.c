#include "transport/net/thread_pool.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

#define THREADS 4
#define PARTS 500

/* A task: each thread takes the next part until none is left. */
struct parts {
	atomic_uint next;
	unsigned done[PARTS]; /* how often */
	unsigned by[THREADS]; /* how many parts */
	atomic_uint begun;    /* threads */
	unsigned await;       /* so many must have begun */
};

static void
parts_do(void *arg, unsigned thread)
{
	struct parts *parts = arg;
	unsigned at;

	malloc_spare(true);
	ck_assert_uint_lt(thread, THREADS);
	malloc_spare(false);
	atomic_fetch_add(&parts->begun, 1);
	while (atomic_load(&parts->begun) < parts->await)
		sched_yield();
	while ((at = atomic_fetch_add(&parts->next, 1)) < PARTS) {
		parts->done[at]++;
		parts->by[thread]++;
	}
}

static bool
parts_are_done(const struct parts *parts)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < PARTS; i++)
		if (parts->done[i] != 1)
			return false;
	for (unsigned i = 0; i < THREADS; i++)
		sum += parts->by[i];
	return sum == PARTS;
}

static void *
thread_do_nothing(void *arg)
{
	return arg;
}

/*
 * Threads of the process. ThreadSanitizer adds one of its own when the first
 * one starts.
 */
static size_t
thread_count(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *task;
	size_t count = 0;

	ck_assert_ptr_nonnull(tasks);
	while ((task = readdir(tasks)) != NULL)
		count += task->d_name[0] != '.';
	closedir(tasks);
	return count;
}

START_TEST(every_part_is_done_once)
{
	struct thread_pool *pool = thread_pool_create(THREADS);

	ck_assert_uint_eq(thread_pool_size(pool), THREADS);
	for (unsigned i = 0; i < 300; i++) {
		struct parts parts = { 0 };

		thread_pool_run(pool, i % THREADS + 1, parts_do, &parts);
		ck_assert(parts_are_done(&parts));
	}
	thread_pool_destroy(pool);
}
END_TEST

START_TEST(all_threads_work)
{
	struct thread_pool *pool = thread_pool_create(THREADS);
	struct parts parts = { .await = THREADS };

	thread_pool_run(pool, THREADS, parts_do, &parts);
	ck_assert(parts_are_done(&parts));
	ck_assert_uint_eq(atomic_load(&parts.begun), THREADS);
	thread_pool_destroy(pool);
}
END_TEST

START_TEST(threads_that_sleep_are_woken_up)
{
	struct thread_pool *pool = thread_pool_create(THREADS);

	for (int i = 0; i < 20; i++) {
		struct parts parts = { .await = THREADS };

		for (int turn = 0; turn < 100; turn++)
			sched_yield();
		thread_pool_run(pool, THREADS, parts_do, &parts);
		ck_assert_uint_eq(atomic_load(&parts.begun), THREADS);
	}
	thread_pool_destroy(pool);
}
END_TEST

START_TEST(threads_start_when_there_is_work_for_them)
{
	struct thread_pool *pool = thread_pool_create(THREADS);
	pthread_t first;
	size_t before;

	ck_assert_int_eq(pthread_create(&first, NULL, thread_do_nothing, NULL),
	    0);
	pthread_join(first, NULL);
	before = thread_count();
	for (unsigned wanted = 1; wanted <= THREADS + 1; wanted++) {
		struct parts parts = { 0 };
		unsigned started = wanted < THREADS ? wanted : THREADS;

		thread_pool_run(pool, wanted, parts_do, &parts);
		ck_assert(parts_are_done(&parts));
		ck_assert_uint_eq(thread_count(), before + started - 1);
	}
	thread_pool_destroy(pool);
}
END_TEST

START_TEST(one_thread_is_no_pool)
{
	ck_assert_ptr_null(thread_pool_create(1));
	ck_assert_uint_eq(thread_pool_size(NULL), 1);
	thread_pool_destroy(NULL);
}
END_TEST

struct blocked {
	atomic_bool is_known;
	bool term;
};

/* The caller waits for the other thread. */
static void
blocked_note(void *arg, unsigned thread)
{
	struct blocked *blocked = arg;
	sigset_t signals;

	if (thread == 0) {
		while (!atomic_load(&blocked->is_known))
			sched_yield();
		return;
	}
	pthread_sigmask(SIG_SETMASK, NULL, &signals);
	blocked->term = sigismember(&signals, SIGTERM) == 1;
	atomic_store(&blocked->is_known, true);
}

START_TEST(only_the_caller_gets_signals)
{
	struct thread_pool *pool = thread_pool_create(2);
	struct blocked blocked = { .term = false };
	sigset_t here;

	thread_pool_run(pool, 2, blocked_note, &blocked);
	ck_assert(blocked.term);
	pthread_sigmask(SIG_SETMASK, NULL, &here);
	ck_assert_int_eq(sigismember(&here, SIGTERM), 0);
	thread_pool_destroy(pool);
}
END_TEST

/* Starting a thread takes memory, too. */
START_TEST(works_with_the_threads_that_the_system_grants)
{
	struct parts parts = { 0 };
	struct thread_pool *pool;

	if (!malloc_can_fail())
		return;
	malloc_fail_at((unsigned)_i);
	pool = thread_pool_create(THREADS);
	if (pool != NULL)
		thread_pool_run(pool, THREADS, parts_do, &parts);
	malloc_fail_at(0);
	if (_i == 1)
		ck_assert_ptr_null(pool);
	else
		ck_assert(parts_are_done(&parts));
#ifndef __SANITIZE_THREAD__ /* which starts threads with its own memory */
	if (malloc_has_failed())
		ck_assert_uint_lt(thread_pool_size(pool), THREADS);
#endif
	if (pool != NULL) {
		struct parts others = { 0 };

		thread_pool_run(pool, THREADS, parts_do, &others);
		ck_assert(parts_are_done(&others));
	}
	thread_pool_destroy(pool);
}
END_TEST

SUITE(thread_pool)
{
	tcase_add_test(tests, every_part_is_done_once);
	tcase_add_test(tests, all_threads_work);
	tcase_add_test(tests, threads_that_sleep_are_woken_up);
	tcase_add_test(tests, threads_start_when_there_is_work_for_them);
	tcase_add_test(tests, one_thread_is_no_pool);
	tcase_add_test(tests, only_the_caller_gets_signals);
	tcase_add_loop_test(tests,
	    works_with_the_threads_that_the_system_grants, 1, 8);
}
