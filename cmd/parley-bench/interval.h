/*
 * A measured interval. It lasts until the server has used a given CPU time, so
 * that on a busy machine it takes longer but measures as much.
 */
#ifndef PARLEY_BENCH_INTERVAL_H
#define PARLEY_BENCH_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/parley-bench/meter.h"

struct interval {
	const struct meter *meter;
	uint64_t cpu_ns;      /* the server's CPU clock at the start */
	uint64_t wall_ns;     /* wall clock at the start */
	uint64_t duration_ns; /* of CPU time */
	uint64_t look_ns;     /* time of the next check */
	bool over;
};

void interval_begin(struct interval *, const struct meter *,
    uint64_t duration_ns);

/* It ends in any case after four times the duration in wall-clock time. */
bool interval_is_over(struct interval *);

/* Time since the start. */
uint64_t interval_cpu_ns(const struct interval *);
uint64_t interval_wall_ns(const struct interval *);

#endif
