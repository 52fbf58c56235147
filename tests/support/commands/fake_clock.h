/* A clock that only the test advances. */
#ifndef TESTS_SUPPORT_COMMANDS_FAKE_CLOCK_H
#define TESTS_SUPPORT_COMMANDS_FAKE_CLOCK_H

#include "domain/clock.h"

struct fake_clock {
	struct clock base;
	int64_t wall_ms;
	int64_t monotonic_ms;
};

/* Both begin at 1000. */
void fake_clock_init(struct fake_clock *);

/* Time passes, on both. */
void fake_clock_pass(struct fake_clock *, int64_t ms);

#endif
