#include "transport/fanout/send_threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "tests/suite.h"
#include "transport/meter.h"
#include "transport/net/thread_pool.h"

#define SLICES 3
#define LATE_US 3000
#define MANY 1000

static struct thread_pool *pool;
static struct send_threads *threads;
static struct channel channel;
static pthread_t loop;
static bool is_late;          /* the helper; it has done little then */
static atomic_bool loop_has;  /* the loop's thread has begun a slice */
static atomic_uint helped;    /* slices that the helper has begun */
static atomic_uint completed; /* slices */

static void
threads_setup(unsigned count, size_t least)
{
	pool = thread_pool_create(count);
	threads = send_threads_create(pool, least);
	ck_assert_ptr_nonnull(threads);
	memset(&channel, 0, sizeof(channel));
	loop = pthread_self();
	is_late = false;
}

static void
setup(void)
{
	threads_setup(2, 2);
}

static void
teardown(void)
{
	send_threads_destroy(threads);
	thread_pool_destroy(pool);
}

/* The thread of the loop has done all the others, and waits for this one. */
static void
be_late(void)
{
	while (atomic_load(&completed) < SLICES - 1)
		sched_yield();
	usleep(LATE_US);
}

/* Each has a slice, the helper when the loop's thread ends. */
static void
slice_begin(const struct send_batch *batch, struct send_slice *slice,
    struct traffic *traffic)
{
	bool is_loop = pthread_equal(pthread_self(), loop);

	(void)batch;
	(void)slice;
	traffic->writes += is_loop == is_late ? MANY : 1;
	if (is_loop)
		atomic_store(&loop_has, true);
	if (!is_loop) {
		while (!atomic_load(&loop_has))
			sched_yield();
		if (atomic_fetch_add(&helped, 1) == 0 && is_late)
			be_late();
	} else if (is_late) {
		while (atomic_load(&helped) == 0)
			sched_yield();
	} else {
		while (atomic_load(&completed) < SLICES - 1)
			sched_yield();
	}
	atomic_fetch_add(&completed, 1);
}

static void
slices_run(void)
{
	struct send_slice slice = {
		.begin = slice_begin,
		.channel = &channel,
		.count = SEND_SLICE_MOST,
	};
	struct traffic traffic = { 0 };

	atomic_store(&loop_has, false);
	atomic_store(&helped, 0);
	atomic_store(&completed, 0);
	send_threads_clear(threads);
	for (unsigned i = 0; i < SLICES; i++) {
		ck_assert(send_threads_add(threads, &slice));
		slice.first += SEND_SLICE_MOST;
	}
	ck_assert(send_threads_prepare(threads));
	send_threads_run(threads, NULL, &traffic);
	ck_assert_uint_eq(atomic_load(&completed), SLICES);
	ck_assert_uint_ge(traffic.writes, MANY);
}

static uint64_t
threads_paused_us(void)
{
	static struct server_stats stats;

	send_threads_fill_stats(threads, &stats);
	ck_assert_uint_eq(stats.worker_count, 2);
	return stats.workers_paused_us;
}

START_TEST(helpers_that_are_late_pause)
{
	int64_t begun_ns = monotonic_ns(), took_us;

	is_late = true;
	slices_run();
	ck_assert(!send_threads_are_for(threads, MANY));
	ck_assert_uint_eq(send_threads_count(threads), 1);
	while (!send_threads_are_for(threads, MANY))
		usleep(1000);
	took_us = (monotonic_ns() - begun_ns) / 1000;
	ck_assert_uint_gt(threads_paused_us(), 0);
	ck_assert_int_ge(took_us, (int64_t)threads_paused_us());
	ck_assert_uint_eq(send_threads_count(threads), 2);
	is_late = false;
	slices_run();
	ck_assert(send_threads_are_for(threads, MANY));
}
END_TEST

START_TEST(helpers_that_are_punctual_do_not_pause)
{
	for (int i = 0; i < 20; i++) {
		slices_run();
		ck_assert(send_threads_are_for(threads, 2));
		ck_assert(!send_threads_are_for(threads, 1));
	}
	ck_assert_uint_eq(threads_paused_us(), 0);
}
END_TEST

/* As tests of what they do need it. */
START_TEST(helpers_do_not_pause_if_all_is_theirs)
{
	teardown();
	threads_setup(2, 1);
	is_late = true;
	slices_run();
	ck_assert(send_threads_are_for(threads, 1));
	ck_assert_uint_eq(threads_paused_us(), 0);
}
END_TEST

/* See send_threads_are_for_individuals(). */
START_TEST(answers_leave_a_processor_to_their_receivers)
{
	ck_assert(!send_threads_are_for_individuals(threads, MANY));
	teardown();
	threads_setup(3, 2);
	ck_assert(send_threads_are_for_individuals(threads, 2));
	ck_assert(!send_threads_are_for_individuals(threads, 1));
	teardown();
	threads_setup(2, 1);
	ck_assert(send_threads_are_for_individuals(threads, 1));
}
END_TEST

SUITE(send_threads)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, helpers_that_are_late_pause);
	tcase_add_test(tests, helpers_that_are_punctual_do_not_pause);
	tcase_add_test(tests, helpers_do_not_pause_if_all_is_theirs);
	tcase_add_test(tests, answers_leave_a_processor_to_their_receivers);
}
