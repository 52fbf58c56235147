/* Histograms of durations. */
#ifndef DOMAIN_HISTOGRAM_H
#define DOMAIN_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 19

/* In µs, ascending; each about twice the one before. */
extern const uint32_t histogram_bounds[HISTOGRAM_BOUNDS];

/* Counts only grow: the difference of two covers the time between them. */
struct histogram {
	/* [i]: at most bounds[i], above the one before; the last: the rest */
	uint64_t counts[HISTOGRAM_BOUNDS + 1];
	uint64_t sum_us;
};

/* Adds a duration `times` times. */
void histogram_add(struct histogram *, uint64_t us, uint64_t times);

/* Adds everything of another one. */
void histogram_add_all(struct histogram *, const struct histogram *);

uint64_t histogram_count(const struct histogram *);

#endif
