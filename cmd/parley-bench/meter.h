/* What the server spends, seen from outside: CPU time and memory. */
#ifndef PARLEY_BENCH_METER_H
#define PARLEY_BENCH_METER_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct meter {
	pid_t pid;
	clockid_t cpu;
};

/* Ends the run if there is no such process. */
void meter_init(struct meter *, pid_t);

/*
 * User and system time of all threads so far, in nanoseconds: the process's
 * CPU clock, since /proc/PID/stat counts in ticks of ten milliseconds.
 */
uint64_t meter_cpu_ns(const struct meter *);

/*
 * Resident bytes, exact: the figures of /proc/PID/status lag behind by some
 * pages for each core.
 */
uint64_t meter_resident(const struct meter *);

static inline uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
