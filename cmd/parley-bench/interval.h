/*
 * A stretch of measuring. It lasts until the server has spent so much CPU
 * time: on a busy machine, which gives it little, it takes longer, but no less
 * is measured.
 */
#ifndef PARLEY_BENCH_INTERVAL_H
#define PARLEY_BENCH_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/parley-bench/meter.h"

struct interval {
	const struct meter *meter;
	uint64_t cpu_ns;      /* of the server's clock, at the start */
	uint64_t wall_ns;     /* of our clock, at the start */
	uint64_t duration_ns; /* of CPU time */
	uint64_t look_ns;     /* when to look next */
	bool over;
};

void interval_begin(struct interval *, const struct meter *,
    uint64_t duration_ns);

/* It ends in any case after four times as long by the clock on the wall. */
bool interval_is_over(struct interval *);

/* What has been spent since it began. */
uint64_t interval_cpu_ns(const struct interval *);
uint64_t interval_wall_ns(const struct interval *);

#endif
