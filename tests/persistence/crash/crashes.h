/* Crashes at every call, in every shape; and again while that is mended. */
#ifndef TESTS_PERSISTENCE_CRASH_CRASHES_H
#define TESTS_PERSISTENCE_CRASH_CRASHES_H

#include "tests/persistence/crash/report.h"
#include "tests/persistence/crash/subject.h"

struct crash_plan {
	const struct subject_kind *kind;
	enum store_sync sync;
	uint64_t seed;
	unsigned steps;      /* of the life */
	unsigned variants;   /* of a shape that is left to chance */
	unsigned inner_each; /* one crash in so many is mended with crashes */
	const struct where *only; /* NULL: all of them */
};

void crashes_try(const struct crash_plan *);

#endif
