/* How long things took: counted by size, so that shares can be told. */
#ifndef DOMAIN_HISTOGRAM_H
#define DOMAIN_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 19

/* In µs, ascending: each step about double the one before. */
extern const uint32_t histogram_bounds[HISTOGRAM_BOUNDS];

/* Only grows; what happened in between is the difference of two. */
struct histogram {
	/* [i]: at most bounds[i], more than the one before; then the rest. */
	uint64_t counts[HISTOGRAM_BOUNDS + 1];
	uint64_t sum_us;
};

/* So many things took so long each. */
void histogram_add(struct histogram *, uint64_t us, uint64_t times);

uint64_t histogram_count(const struct histogram *);

#endif
