#include "cmd/parley-bench/stint.h"

#define PATIENCE 4
#define LOOK_EVERY_NS 1000000u /* another process's clock costs a call */

void
stint_begin(struct stint *stint, const struct meter *meter,
    uint64_t duration_ns)
{
	*stint = (struct stint){ .meter = meter,
		.cpu_ns = meter_cpu_ns(meter),
		.wall_ns = now_ns(),
		.duration_ns = duration_ns };
}

bool
stint_is_over(struct stint *stint)
{
	uint64_t now = now_ns();

	if (stint->over || now < stint->look_ns)
		return stint->over;
	stint->look_ns = now + LOOK_EVERY_NS;
	stint->over = stint_cpu_ns(stint) >= stint->duration_ns ||
		      now - stint->wall_ns >= PATIENCE * stint->duration_ns;
	return stint->over;
}

uint64_t
stint_cpu_ns(const struct stint *stint)
{
	return meter_cpu_ns(stint->meter) - stint->cpu_ns;
}

uint64_t
stint_wall_ns(const struct stint *stint)
{
	return now_ns() - stint->wall_ns;
}
