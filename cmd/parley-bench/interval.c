#include "cmd/parley-bench/interval.h"

#define PATIENCE 4
#define LOOK_EVERY_NS \
	1000000u /* reading another process's clock costs a system call */

void
interval_begin(struct interval *interval, const struct meter *meter,
    uint64_t duration_ns)
{
	*interval = (struct interval){ .meter = meter,
		.cpu_ns = meter_cpu_ns(meter),
		.wall_ns = now_ns(),
		.duration_ns = duration_ns };
}

bool
interval_is_over(struct interval *interval)
{
	uint64_t now = now_ns();

	if (interval->over || now < interval->look_ns)
		return interval->over;
	interval->look_ns = now + LOOK_EVERY_NS;
	interval->over =
	    interval_cpu_ns(interval) >= interval->duration_ns ||
	    now - interval->wall_ns >= PATIENCE * interval->duration_ns;
	return interval->over;
}

uint64_t
interval_cpu_ns(const struct interval *interval)
{
	return meter_cpu_ns(interval->meter) - interval->cpu_ns;
}

uint64_t
interval_wall_ns(const struct interval *interval)
{
	return now_ns() - interval->wall_ns;
}
