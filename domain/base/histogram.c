#include "domain/base/histogram.h"

const uint32_t histogram_bounds[HISTOGRAM_BOUNDS] = { 10, 20, 50, 100, 200, 500,
	1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000,
	2000000, 5000000, 10000000 };

void
histogram_add(struct histogram *histogram, uint64_t us, uint64_t times)
{
	int i = 0;

	while (i < HISTOGRAM_BOUNDS && us > histogram_bounds[i])
		i++;
	histogram->counts[i] += times;
	histogram->sum_us += us * times;
}

void
histogram_add_all(struct histogram *sum, const struct histogram *part)
{
	for (int i = 0; i <= HISTOGRAM_BOUNDS; i++)
		sum->counts[i] += part->counts[i];
	sum->sum_us += part->sum_us;
}

uint64_t
histogram_count(const struct histogram *histogram)
{
	uint64_t count = 0;

	for (int i = 0; i <= HISTOGRAM_BOUNDS; i++)
		count += histogram->counts[i];
	return count;
}
