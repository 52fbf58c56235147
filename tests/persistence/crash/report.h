/* What was tried, and what to try again if it did not hold. */
#ifndef TESTS_PERSISTENCE_CRASH_REPORT_H
#define TESTS_PERSISTENCE_CRASH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many cases there were. */
struct counts {
	size_t lives;
	size_t crashes;
	size_t crashes_inside; /* a recovery */
	size_t damages;
	size_t faults;
	size_t lacks_of_memory;
};

extern struct counts counts;

/* Which case this is; also which one alone is to be tried. */
struct where {
	const char *what; /* "crash", "damage", "fault", "memory" */
	const char *over; /* "journal" */
	const char *sync; /* "always" */
	uint64_t seed;    /* of the life */
	/* Meaning by kind: the call, its shape, the seed of its chance; a
	 * second crash in the recovery; -1: none. */
	int at, shape, variant;
	int inner_at, inner_shape;
	int error;
};

extern struct where where;

/* By enum store_sync; NULL ends them. */
extern const char *const sync_names[];

/* Prints the broken promise and the options to repeat it; ends the program. */
_Noreturn void violation(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
