#include "transport/net/thread_pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "domain/log.h"

/*
 * How often a thread looks before it sleeps: some 20 us. Tasks that follow each
 * other closely then cost no system calls.
 */
#define SPINS_MOST 500

/* Variables that different threads write are so far apart. */
#define CACHE_LINE 64

/* Bits of the pool's state. The others count the helpers at work. */
#define STATE_OPEN (1u << 31)  /* helpers may begin */
#define STATE_AWAIT (1u << 30) /* the last one wakes the caller up */

struct helper {
	char apart[CACHE_LINE];
	struct thread_pool *pool;
	unsigned number;
	uint32_t seen; /* the task that it has last looked for */
	atomic_bool sleeps;
	sem_t wake;
	pthread_t thread;
};

struct thread_pool {
	unsigned size;    /* the caller included */
	unsigned started; /* of these */
	atomic_bool ends;
	void (*run)(void *arg, unsigned thread);
	void *arg;
	sem_t done;
	atomic_uint task; /* its number */
	char apart[CACHE_LINE];
	atomic_uint state;
	struct helper helpers[];
};

static inline void
spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static void
sem_await(sem_t *sem)
{
	while (sem_wait(sem) != 0)
		assert(errno == EINTR);
}

/* --- a helper ------------------------------------------------------------- */

static bool
helper_sees_task(struct helper *helper)
{
	uint32_t task = atomic_load(&helper->pool->task);
	bool is_new = task != helper->seen;

	helper->seen = task;
	return is_new;
}

static void
helper_await_task(struct helper *helper)
{
	for (unsigned i = 0; i < SPINS_MOST; i++) {
		if (helper_sees_task(helper))
			return;
		spin_pause();
	}
	atomic_store(&helper->sleeps, true);
	/* A task may have come before it was seen to sleep. */
	if (helper_sees_task(helper) && atomic_exchange(&helper->sleeps, false))
		return;
	sem_await(&helper->wake);
	(void)helper_sees_task(helper);
}

/* False: the task is over. */
static bool
helper_enter(struct thread_pool *pool)
{
	unsigned state = atomic_load(&pool->state);

	while ((state & STATE_OPEN) != 0)
		if (atomic_compare_exchange_weak(&pool->state, &state,
			state + 1))
			return true;
	return false;
}

static void
helper_leave(struct thread_pool *pool)
{
	if (atomic_fetch_sub(&pool->state, 1) == (STATE_AWAIT | 1))
		sem_post(&pool->done);
}

static void *
helper_run(void *arg)
{
	struct helper *helper = arg;
	struct thread_pool *pool = helper->pool;

	/* For top -H and the like. */
	pthread_setname_np(pthread_self(), "worker");
	while (!atomic_load(&pool->ends)) {
		helper_await_task(helper);
		if (!helper_enter(pool))
			continue;
		pool->run(pool->arg, helper->number);
		helper_leave(pool);
	}
	return NULL;
}

/* Signals are for the loop: its thread alone can act on them. */
static bool
helper_start(struct thread_pool *pool, unsigned number)
{
	struct helper *helper = &pool->helpers[number - 1];
	sigset_t all, before;
	int error;

	helper->pool = pool;
	helper->number = number;
	if (sem_init(&helper->wake, 0, 0) != 0)
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&helper->thread, NULL, helper_run, helper);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0) {
		log_warn("cannot start worker %u, %u are used: %s", number + 1,
		    number, strerror(error));
		sem_destroy(&helper->wake);
	}
	return error == 0;
}

/* --- the caller ----------------------------------------------------------- */

struct thread_pool *
thread_pool_create(unsigned threads)
{
	size_t size =
	    sizeof(struct thread_pool) + threads * sizeof(struct helper);
	struct thread_pool *pool;

	assert(threads > 0 && threads <= POOL_THREADS_MOST);
	if (threads == 1 || (pool = calloc(1, size)) == NULL)
		return NULL;
	pool->size = threads;
	pool->started = 1;
	sem_init(&pool->done, 0, 0);
	return pool;
}

/* A process of one thread has cheaper system calls: see glibc's send(). */
static void
pool_start(struct thread_pool *pool, unsigned wanted)
{
	while (pool->started < wanted && pool->started < pool->size)
		if (helper_start(pool, pool->started))
			pool->started++;
		else
			pool->size = pool->started;
}

static void
pool_wake(struct thread_pool *pool, unsigned helpers)
{
	atomic_fetch_add(&pool->task, 1);
	for (unsigned i = 0; i < helpers && i + 1 < pool->started; i++)
		if (atomic_exchange(&pool->helpers[i].sleeps, false))
			sem_post(&pool->helpers[i].wake);
}

void
thread_pool_destroy(struct thread_pool *pool)
{
	if (pool == NULL)
		return;
	atomic_store(&pool->ends, true);
	pool_wake(pool, pool->started);
	for (unsigned i = 0; i + 1 < pool->started; i++) {
		pthread_join(pool->helpers[i].thread, NULL);
		sem_destroy(&pool->helpers[i].wake);
	}
	sem_destroy(&pool->done);
	free(pool);
}

unsigned
thread_pool_size(const struct thread_pool *pool)
{
	return pool == NULL ? 1 : pool->size;
}

/* Waits for the helpers that are at work; the task is closed. */
static void
pool_await_helpers(struct thread_pool *pool)
{
	for (unsigned i = 0; i < SPINS_MOST; i++) {
		if (atomic_load(&pool->state) == 0)
			return;
		spin_pause();
	}
	if (atomic_fetch_or(&pool->state, STATE_AWAIT) != 0)
		sem_await(&pool->done);
	atomic_store(&pool->state, 0);
}

void
thread_pool_run(struct thread_pool *pool, unsigned wanted,
    void (*run)(void *arg, unsigned thread), void *arg)
{
	assert(wanted > 0 && atomic_load(&pool->state) == 0);
	pool_start(pool, wanted);
	pool->run = run;
	pool->arg = arg;
	atomic_store(&pool->state, STATE_OPEN);
	pool_wake(pool, wanted - 1);
	run(arg, 0);
	atomic_fetch_and(&pool->state, ~STATE_OPEN);
	pool_await_helpers(pool);
}
