/* Damaged files: lost records are counted, and the rest can be read. */
#ifndef TESTS_PERSISTENCE_CRASH_DAMAGES_H
#define TESTS_PERSISTENCE_CRASH_DAMAGES_H

#include "tests/persistence/crash/report.h"
#include "tests/persistence/crash/subject.h"

struct damage_plan {
	const struct subject_kind *kind;
	enum store_sync sync;
	uint64_t seed;
	unsigned steps;
	unsigned variants;        /* of each kind of damage, in each file */
	unsigned inner_each;      /* one recovery in so many is crashed, too */
	const struct where *only; /* NULL: all of them */
};

void damages_try(const struct damage_plan *);

#endif
