/* The number of cases, and the options that repeat a failed one. */
#ifndef TESTS_PERSISTENCE_CRASH_REPORT_H
#define TESTS_PERSISTENCE_CRASH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many cases there were. */
struct counts {
	size_t scenarios;
	size_t crashes;
	size_t crashes_inside; /* a recovery */
	size_t damages;
	size_t faults;
	size_t lacks_of_memory;
};

extern struct counts counts;

/* The present case; also the only one to run. */
struct where {
	const char *what; /* "crash", "damage", "fault", "memory" */
	const char *over; /* "journal" */
	const char *sync; /* "always" */
	uint64_t seed;    /* of the scenario */
	/* Depends on the kind: the call, the shape, the seed; a second crash in
	 * the recovery; -1: none. */
	int at, shape, variant;
	int inner_at, inner_shape;
	int error;
};

extern struct where where;

/* By enum store_sync; NULL ends them. */
extern const char *const sync_names[];

/* Prints the violation and the options to repeat it; ends the program. */
_Noreturn void violation(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
