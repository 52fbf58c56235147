/* The CPU time and memory of the server, or of its nodes, from outside. */
#ifndef PARLEY_BENCH_METER_H
#define PARLEY_BENCH_METER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define NODES_MOST 16

struct meter {
	pid_t pids[NODES_MOST];
	clockid_t clocks[NODES_MOST];
	size_t count;
};

/* "12,13". Exits if they are none, or there is no such process. */
void meter_init(struct meter *, const char *pids);

/*
 * User and system time of all threads in nanoseconds, from the processes' CPU
 * clocks: /proc/PID/stat only has ticks of ten milliseconds.
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
