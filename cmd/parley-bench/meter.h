/* The server's CPU time and memory, measured from outside. */
#ifndef PARLEY_BENCH_METER_H
#define PARLEY_BENCH_METER_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct meter {
	pid_t pid;
	clockid_t cpu;
};

/* Exits if there is no such process. */
void meter_init(struct meter *, pid_t);

/*
 * User and system time of all threads in nanoseconds, from the process's CPU
 * clock: /proc/PID/stat only has ticks of ten milliseconds.
 */
uint64_t meter_cpu_ns(const struct meter *);

/*
 * Resident bytes, exact: /proc/PID/status lags by some pages per core.
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
