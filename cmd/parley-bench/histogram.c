#include "cmd/parley-bench/histogram.h"

/* Values below 64 have a bucket each; above, the top seven bits select it. */
static unsigned
histogram_bucket(uint64_t value)
{
	unsigned shift;

	if (value < HISTOGRAM_STEPS)
		return (unsigned)value;
	shift = 57 - (unsigned)__builtin_clzll(value);
	return shift * HISTOGRAM_STEPS + (unsigned)(value >> shift);
}

uint64_t
histogram_bound(unsigned bucket)
{
	unsigned shift;

	if (bucket < 2 * HISTOGRAM_STEPS)
		return bucket;
	shift = bucket / HISTOGRAM_STEPS - 1;
	return ((uint64_t)(bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1)
		   << shift) -
	       1;
}

void
histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->counts[histogram_bucket(value)]++;
	histogram->total++;
}

uint64_t
histogram_quantile(const struct histogram *histogram, double part)
{
	uint64_t rank = (uint64_t)(part * (double)histogram->total);
	uint64_t seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->counts[i];
		if (seen > rank || (seen > 0 && seen == histogram->total))
			return histogram_bound(i);
	}
	return 0;
}
