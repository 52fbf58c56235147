/* Each call of the disk fails, then each allocation. */
#ifndef TESTS_PERSISTENCE_CRASH_FAULTS_H
#define TESTS_PERSISTENCE_CRASH_FAULTS_H

#include "tests/persistence/crash/report.h"
#include "tests/persistence/crash/subject.h"

struct fault_plan {
	const struct subject_kind *kind;
	enum store_sync sync;
	uint64_t seed;
	unsigned steps;
	const struct where *only; /* NULL: all of them */
};

/* Every call of every kind with every error, once and from then on. */
void faults_try(const struct fault_plan *);

/* Every allocation. */
void memory_try(const struct fault_plan *);

#endif
