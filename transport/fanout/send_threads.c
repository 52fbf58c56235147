#include "transport/fanout/send_threads.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "transport/fanout/helper_balance.h"
#include "transport/fanout/send_batch_internal.h"
#include "transport/meter.h"
#include "transport/net/thread_pool.h"

static_assert(POOL_THREADS_MOST <= SERVER_STATS_WORKERS, "each is counted");

/* Slices are small enough to be divided evenly, but each costs something. */
#define SLICES_OF_A_THREAD 4
#define SLICE_LEAST 16

#define INDIVIDUAL_THREADS_LEAST 3

/* The slices of one thread: a part of the order. */
struct lane {
	atomic_size_t next;
	size_t end;
	struct traffic traffic; /* counted by the thread */
	int64_t run_ns;         /* of the thread, in this run */
	char apart[64];         /* from what other threads write */
	/* Of all runs. */
	uint64_t writes;
	int64_t busy_ns;
	int64_t waited_ns;
};

struct send_threads {
	struct thread_pool *pool;
	unsigned count;
	size_t least;
	struct helper_balance balance;
	const struct send_batch *batch; /* during a run */
	struct send_slice *slices;
	size_t slice_count;
	size_t slice_capacity;
	size_t sends; /* of all slices */
	struct sent *sents;
	size_t sent_capacity;
	struct send_slice **order; /* lane by lane */
	size_t order_capacity;
	struct lane lanes[];
};

struct send_threads *
send_threads_create(struct thread_pool *pool, size_t least)
{
	unsigned count = thread_pool_size(pool);
	size_t size = sizeof(struct send_threads) + count * sizeof(struct lane);
	struct send_threads *threads = calloc(1, size);

	assert(pool != NULL);
	if (threads == NULL)
		return NULL;
	threads->pool = pool;
	threads->count = count;
	threads->least = least;
	return threads;
}

void
send_threads_destroy(struct send_threads *threads)
{
	if (threads == NULL)
		return;
	free(threads->slices);
	free(threads->sents);
	free(threads->order);
	free(threads);
}

static bool
threads_pause(const struct send_threads *threads)
{
	return threads->balance.pause_end_ns != 0 &&
	       helper_balance_pauses(&threads->balance, monotonic_ns());
}

bool
send_threads_are_for(const struct send_threads *threads, size_t sends)
{
	return threads != NULL && sends >= threads->least &&
	       !threads_pause(threads);
}

bool
send_threads_are_for_individuals(const struct send_threads *threads,
    size_t sends)
{
	return send_threads_are_for(threads, sends) &&
	       (threads->count >= INDIVIDUAL_THREADS_LEAST ||
		   threads->least == 1);
}

unsigned
send_threads_count(const struct send_threads *threads)
{
	return threads == NULL || threads_pause(threads) ? 1 : threads->count;
}

void
send_threads_clear(struct send_threads *threads)
{
	threads->slice_count = 0;
	threads->sends = 0;
}

uint32_t
send_threads_slice_size(const struct send_threads *threads, size_t sends)
{
	size_t size = sends / threads->count / SLICES_OF_A_THREAD;

	if (size > SEND_SLICE_MOST)
		return SEND_SLICE_MOST;
	return size < SLICE_LEAST ? SLICE_LEAST : (uint32_t)size;
}

bool
send_threads_add(struct send_threads *threads, const struct send_slice *slice)
{
	if (threads->slice_count == threads->slice_capacity &&
	    !send_batch_grow((void **)&threads->slices,
		&threads->slice_capacity, sizeof(*slice)))
		return false;
	threads->slices[threads->slice_count++] = *slice;
	if (!slice->is_deferred)
		threads->sends += slice->count;
	return true;
}

struct send_slice *
send_threads_slices(struct send_threads *threads, size_t *count)
{
	*count = threads->slice_count;
	return threads->slices;
}

static struct lane *
slice_lane(struct send_threads *threads, const struct send_slice *slice)
{
	uint32_t channel = slice->channel != NULL ? slice->channel->id : 0;

	return &threads->lanes[(channel + slice->first / SEND_SLICE_MOST) %
			       threads->count];
}

/* False: no memory. */
static bool
slices_place_results(struct send_threads *threads)
{
	struct sent *sents;

	while (threads->sent_capacity < threads->sends)
		if (!send_batch_grow((void **)&threads->sents,
			&threads->sent_capacity, sizeof(*threads->sents)))
			return false;
	sents = threads->sents;
	for (size_t i = 0; i < threads->slice_count; i++) {
		struct send_slice *slice = &threads->slices[i];

		slice->sents = sents;
		if (!slice->is_deferred)
			sents += slice->count;
	}
	return true;
}

/* Sorts the slices by lane. False: no memory. */
static bool
slices_order(struct send_threads *threads)
{
	size_t begin = 0;

	while (threads->order_capacity < threads->slice_count)
		if (!send_batch_grow((void **)&threads->order,
			&threads->order_capacity, sizeof(*threads->order)))
			return false;
	for (unsigned i = 0; i < threads->count; i++)
		threads->lanes[i].end = 0;
	for (size_t i = 0; i < threads->slice_count; i++)
		slice_lane(threads, &threads->slices[i])->end++;
	for (unsigned i = 0; i < threads->count; i++) {
		struct lane *lane = &threads->lanes[i];
		size_t slices = lane->end;

		atomic_store(&lane->next, begin);
		lane->end = begin;
		begin += slices;
	}
	for (size_t i = 0; i < threads->slice_count; i++) {
		struct send_slice *slice = &threads->slices[i];

		threads->order[slice_lane(threads, slice)->end++] = slice;
	}
	return true;
}

/* Of its own lane first, then of the others. */
static void
threads_run(void *arg, unsigned thread)
{
	struct send_threads *threads = arg;
	struct lane *own = &threads->lanes[thread];
	int64_t begun_ns = monotonic_ns();

	for (unsigned i = 0; i < threads->count; i++) {
		struct lane *lane =
		    &threads->lanes[(thread + i) % threads->count];
		size_t at;

		while ((at = atomic_fetch_add(&lane->next, 1)) < lane->end)
			if (!threads->order[at]->is_deferred)
				threads->order[at]->begin(threads->batch,
				    threads->order[at], &own->traffic);
	}
	/* A late thread may begin twice. */
	own->run_ns += monotonic_ns() - begun_ns;
}

/*
 * So much longer would the run have taken if the loop's thread had done all
 * writes, each in the time that it took for its own.
 */
static int64_t
threads_saved_ns(const struct send_threads *threads, int64_t took_ns)
{
	const struct lane *own = &threads->lanes[0];
	uint64_t writes = 0;

	if (own->traffic.writes == 0)
		return own->run_ns - took_ns;
	for (unsigned i = 0; i < threads->count; i++)
		writes += threads->lanes[i].traffic.writes;
	return (int64_t)((double)own->run_ns * (double)writes /
			 (double)own->traffic.writes) -
	       took_ns;
}

/* The thread has done its part of a run that took so long. */
static void
lane_count_run(struct lane *lane, int64_t took_ns, struct traffic *traffic)
{
	traffic->writes += lane->traffic.writes;
	traffic->sent_bytes += lane->traffic.sent_bytes;
	lane->writes += lane->traffic.writes;
	lane->busy_ns += lane->run_ns;
	lane->waited_ns += took_ns - lane->run_ns;
	lane->traffic = (struct traffic){ 0 };
	lane->run_ns = 0;
}

bool
send_threads_prepare(struct send_threads *threads)
{
	return slices_place_results(threads) && slices_order(threads);
}

bool
send_threads_divide(struct send_threads *threads,
    const struct send_slice *first, size_t count)
{
	size_t most = send_threads_slice_size(threads, count);
	struct send_slice slice = *first;

	send_threads_clear(threads);
	for (; count > 0; count -= slice.count, slice.first += slice.count) {
		slice.count = (uint32_t)(count < most ? count : most);
		if (!send_threads_add(threads, &slice))
			return false;
	}
	return send_threads_prepare(threads);
}

void
send_threads_run(struct send_threads *threads, const struct send_batch *batch,
    struct traffic *traffic)
{
	int64_t begun_ns = monotonic_ns(), now_ns;

	threads->batch = batch;
	thread_pool_run(threads->pool,
	    (unsigned)(threads->sends / SEND_SLICE_MOST) + 1, threads_run,
	    threads);
	now_ns = monotonic_ns();
	if (threads->least > 1)
		helper_balance_add(&threads->balance,
		    threads_saved_ns(threads, now_ns - begun_ns), now_ns);
	for (unsigned i = 0; i < threads->count; i++)
		lane_count_run(&threads->lanes[i], now_ns - begun_ns, traffic);
}

void
send_threads_fill_stats(const struct send_threads *threads,
    struct server_stats *out)
{
	if (threads == NULL)
		return;
	out->worker_count = threads->count;
	out->workers_paused_us = threads->balance.paused_ns / 1000;
	for (unsigned i = 0; i < threads->count; i++) {
		const struct lane *lane = &threads->lanes[i];

		out->workers[i] = (struct worker_stats){
			.writes = lane->writes,
			.busy_us = (uint64_t)lane->busy_ns / 1000,
			.waited_us = (uint64_t)lane->waited_ns / 1000,
		};
	}
}
