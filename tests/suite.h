/* A test file adds its own suite: there is no central list. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>

#include "domain/base/count_of.h"

/*
 * Check notes the place of each assertion that holds, for the message of a test
 * that crashes, in a file; in loops that takes most of the time. Optimized
 * builds run under sanitizers or valgrind, which print where it crashed.
 */
#ifdef __OPTIMIZE__
#define _mark_point(file, line) ((void)0)
#endif

/* Called before main() by SUITE(). */
void suite_register(const char *name, Suite *(*make)(void));

/*
 * SUITE(ws_frame) { tcase_add_test(tests, decodes_a_head); … }
 * makes a suite of that name with one case, `tests`.
 */
#define SUITE(name)                                                    \
	static void name##_fill(TCase *tests);                         \
	static Suite *name##_make(void)                                \
	{                                                              \
		Suite *suite = suite_create(#name);                    \
		TCase *tests = tcase_create(#name);                    \
                                                                       \
		tcase_set_timeout(tests, 60);                          \
		name##_fill(tests);                                    \
		suite_add_tcase(suite, tests);                         \
		return suite;                                          \
	}                                                              \
	__attribute__((constructor)) static void name##_register(void) \
	{                                                              \
		suite_register(#name, name##_make);                    \
	}                                                              \
	static void name##_fill(TCase *tests)

#endif
