/* Crashes at every call, of every shape; and crashes during the recovery. */
#ifndef TESTS_PERSISTENCE_CRASH_CRASHES_H
#define TESTS_PERSISTENCE_CRASH_CRASHES_H

#include "tests/persistence/crash/report.h"
#include "tests/persistence/crash/subject.h"

struct crash_plan {
	const struct subject_kind *kind;
	enum store_sync sync;
	uint64_t seed;
	unsigned steps;           /* of the scenario */
	unsigned variants;        /* of a random shape */
	unsigned inner_each;      /* one recovery in so many is crashed, too */
	const struct where *only; /* NULL: all of them */
};

void crashes_try(const struct crash_plan *);

#endif
