/* Allocations that fail at a chosen call. */
#ifndef TESTS_SUPPORT_FAILING_MALLOC_H
#define TESTS_SUPPORT_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The n-th allocation of this thread from now on fails, once; 0: none does any
 * more.
 */
void malloc_fail_at(unsigned n);

/*
 * Allocations of this thread until the next call with false neither fail nor
 * count: those of a helper, which is not under test. Nests.
 */
void malloc_spare(bool on);

/* Whether that has happened since it was last asked for. */
bool malloc_has_failed(void);

/* Bytes that were asked for since malloc_fail_at() was called. */
size_t malloc_asked(void);

/* False if the allocator is replaced by another tool, as valgrind. */
bool malloc_can_fail(void);

#endif
