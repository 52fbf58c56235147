#include "tests/support/persistence/failing_malloc.h"

#include <errno.h>
#include <stdlib.h>

/*
 * What a program defines itself stands before what its libraries define, so
 * everybody in this process gets the functions below. They pass on to glibc's
 * or, where there is one, to the sanitizer's, which sees every block as usual.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REAL(function) __interceptor_##function
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define REAL(function) __interceptor_##function
#endif
#endif
#ifndef REAL
#define REAL(function) __libc_##function
#endif

/* Called before the sanitizers are ready to watch. */
#define UNWATCHED __attribute__((no_sanitize("address", "thread")))

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *block, size_t size);

static bool is_armed;
static unsigned until_failure;
static bool has_failed;
static size_t asked;

void
failing_malloc_arm(unsigned n)
{
	is_armed = true;
	until_failure = n;
	has_failed = false;
	asked = 0;
}

bool
failing_malloc_disarm(void)
{
	is_armed = false;
	return has_failed;
}

bool
failing_malloc_works(void)
{
	/* volatile: a compiler knows malloc() and free(), and needs neither. */
	void *volatile memory;

	failing_malloc_arm(1);
	memory = malloc(1);
	free(memory);
	return failing_malloc_disarm();
}

size_t
failing_malloc_asked(void)
{
	return asked;
}

UNWATCHED static bool
fails_now(size_t size)
{
	if (!is_armed)
		return false;
	asked += size;
	if (until_failure == 0 || --until_failure > 0)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

UNWATCHED void *
malloc(size_t size)
{
	return fails_now(size) ? NULL : REAL(malloc)(size);
}

UNWATCHED void *
calloc(size_t count, size_t size)
{
	return fails_now(count * size) ? NULL : REAL(calloc)(count, size);
}

UNWATCHED void *
realloc(void *block, size_t size)
{
	return fails_now(size) ? NULL : REAL(realloc)(block, size);
}
