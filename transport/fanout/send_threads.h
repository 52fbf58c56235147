/*
 * Divides the slices of a turn among threads. A slice belongs to one of them,
 * always the same for the same subscribers, whose memory is then in the cache
 * of its processor. A thread that has done its own takes those of others.
 */
#ifndef TRANSPORT_SEND_THREADS_H
#define TRANSPORT_SEND_THREADS_H

#include <stdbool.h>
#include <stddef.h>

#include "transport/fanout/send_slice.h"

struct send_batch;
struct send_threads;
struct server_stats;
struct thread_pool;

/*
 * The pool is borrowed; for so many sends or more. With 1, the threads send
 * even if that takes longer than without them. NULL: no memory.
 */
struct send_threads *send_threads_create(struct thread_pool *, size_t least);
void send_threads_destroy(struct send_threads *);

/*
 * Whether they are to do so many sends. False without threads, and while those
 * that help pause since they get no processor.
 */
bool send_threads_are_for(const struct send_threads *, size_t sends);

/*
 * The same for sends to individual sessions, which mostly are answers: who gets
 * one goes on. Two threads, on two processors, leave none to programs of this
 * machine that do, and make them wait for each other.
 */
bool send_threads_are_for_individuals(const struct send_threads *,
    size_t sends);

/* How many there are; 1 without threads, and while those that help pause. */
unsigned send_threads_count(const struct send_threads *);

/* Begins a new list of slices. */
void send_threads_clear(struct send_threads *);

/* How many subscribers a slice should have at most, for so many in all. */
uint32_t send_threads_slice_size(const struct send_threads *, size_t sends);

/* False: no memory. */
bool send_threads_add(struct send_threads *, const struct send_slice *);

/* A new list, prepared: slices like this one, of so many from its first on. */
bool send_threads_divide(struct send_threads *, const struct send_slice *,
    size_t count);

/* The slices that were added; valid until the next call of another function. */
struct send_slice *send_threads_slices(struct send_threads *, size_t *count);

/* When all slices were added. False: no memory. */
bool send_threads_prepare(struct send_threads *);

/* Does the first half of all slices, and adds to the traffic. */
void send_threads_run(struct send_threads *, const struct send_batch *,
    struct traffic *);

/* What each thread has sent; nothing without threads. */
void send_threads_fill_stats(const struct send_threads *,
    struct server_stats *out);

#endif
