/* A world in which memory runs out at a chosen moment. */
#ifndef TESTS_SUPPORT_PERSISTENCE_FAILING_MALLOC_H
#define TESTS_SUPPORT_PERSISTENCE_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/*
 * From now on the n-th malloc, calloc or realloc of the process fails, n
 * counting from 1, and all others succeed. 0: none fails, they are counted.
 */
void failing_malloc_arm(unsigned n);

/* Makes all succeed again; returns whether one has failed. */
bool failing_malloc_disarm(void);

/* False where somebody else stands in the allocator's place: valgrind. */
bool failing_malloc_works(void);

/* How many bytes were asked for while it was armed last. */
size_t failing_malloc_asked(void);

#endif
