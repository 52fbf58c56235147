/*
 * Threads that share one task with their caller, and wait between tasks.
 * Public.
 *
 * The caller works, too. A thread that wakes up when the caller has finished is
 * left out, so a task must be divided such that each thread takes the next part
 * until none is left: then no thread has to wait for one that is not scheduled,
 * except for the part that it has begun.
 */
#ifndef TRANSPORT_THREAD_POOL_H
#define TRANSPORT_THREAD_POOL_H

#define POOL_THREADS_MOST 64

struct thread_pool;

/*
 * So many threads, the caller included. The others start when there is work for
 * them: until then the process has one thread, whose system calls are cheaper.
 * NULL: no memory, or there is only the caller.
 */
struct thread_pool *thread_pool_create(unsigned threads);

/* Ends them. Not during a task. */
void thread_pool_destroy(struct thread_pool *);

/*
 * Threads that there are or will be, the caller included; fewer once the system
 * has refused one, which is logged. 1 without a pool.
 */
unsigned thread_pool_size(const struct thread_pool *);

/*
 * Calls run(arg, thread) in the caller, as thread 0, and in others that are
 * numbered up to the size; `wanted` is for how many there is work. When it
 * returns, none runs any more, and the caller sees all that they did.
 */
void thread_pool_run(struct thread_pool *, unsigned wanted,
    void (*run)(void *arg, unsigned thread), void *arg);

#endif
