/* The examples of all dialects together. */
#ifndef TESTS_SUPPORT_WIRE_EXAMPLES_H
#define TESTS_SUPPORT_WIRE_EXAMPLES_H

#include "tests/support/wire/vectors.h"

struct examples {
	size_t dialects;
	struct vectors vectors[DIALECTS_MAX]; /* as in dialects() */
};

/* From tests/wire/vectors/<dialect>/<file> of every dialect. */
struct examples examples_load(const char *file);

typedef void example_check(const struct dialect *, const struct vector *);

/* Checks all examples of the n-th dialect in one test, which is faster. */
void examples_check(const struct examples *, int n, example_check *);

#endif
