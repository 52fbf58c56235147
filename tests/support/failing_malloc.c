/*
 * Replaces malloc() and the other functions of the allocator in the test
 * program.
 */
#include "tests/support/failing_malloc.h"

#include <errno.h>
#include <stdlib.h>

/* The functions that they call: the sanitizer's if there is one. */
#define BEHIND(result, name, ...)                                       \
	result __interceptor_##name(__VA_ARGS__) __attribute__((weak)); \
	result __libc_##name(__VA_ARGS__);                              \
	UNWATCHED result name(__VA_ARGS__)

/* They are called before the thread sanitizer is initialized. */
#define UNWATCHED __attribute__((no_sanitize("thread")))

BEHIND(void *, malloc, size_t);
BEHIND(void *, calloc, size_t, size_t);
BEHIND(void *, realloc, void *, size_t);

/* volatile: compilers assume that malloc() reads no variables of programs. */
static _Thread_local volatile unsigned to_go;
static _Thread_local volatile bool failed;
static _Thread_local volatile size_t asked;
static _Thread_local unsigned spared;

void
malloc_fail_at(unsigned n)
{
	to_go = n;
	failed = failed && n == 0;
	asked = 0;
}

size_t
malloc_asked(void)
{
	return asked;
}

bool
malloc_has_failed(void)
{
	return failed;
}

bool
malloc_can_fail(void)
{
	/*
	 * volatile: a compiler knows malloc() and free(), and needs neither;
	 * nor may it put ours here, where valgrind would not find it.
	 */
	void *(*volatile allocate)(size_t) = malloc;
	void *volatile memory;

	malloc_fail_at(1);
	memory = allocate(1);
	malloc_fail_at(0);
	free(memory);
	return memory == NULL;
}

void
malloc_spare(bool on)
{
	spared = on ? spared + 1 : spared - 1;
}

UNWATCHED static bool
fails_now(size_t size)
{
	if (spared > 0)
		return false;
	asked += size;
	if (to_go == 0 || --to_go > 0)
		return false;
	errno = ENOMEM;
	return failed = true;
}

void *
malloc(size_t size)
{
	if (fails_now(size))
		return NULL;
	return __interceptor_malloc != NULL ? __interceptor_malloc(size)
					    : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	if (fails_now(count * size))
		return NULL;
	return __interceptor_calloc != NULL ? __interceptor_calloc(count, size)
					    : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	if (fails_now(size))
		return NULL;
	return __interceptor_realloc != NULL ? __interceptor_realloc(old, size)
					     : __libc_realloc(old, size);
}
