/*
 * A histogram of latencies in logarithmic buckets, exact to within 1/64.
 * Zeroed: empty.
 */
#ifndef PARLEY_BENCH_HISTOGRAM_H
#define PARLEY_BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 64 /* buckets for each power of two */
#define HISTOGRAM_BUCKETS (59 * HISTOGRAM_STEPS)

struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS];
	uint64_t total;
};

void histogram_add(struct histogram *, uint64_t value);

/* The largest value of a bucket. */
uint64_t histogram_bound(unsigned bucket);

/* A quantile (0–1); 0 if empty. */
uint64_t histogram_quantile(const struct histogram *, double part);

#endif
