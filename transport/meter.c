#include "transport/meter.h"

void
meter_end_turn(struct meter *meter, int64_t now_ns)
{
	int64_t took = now_ns - meter->turn_read_ns;
	uint64_t commands = meter->commands - meter->timed;

	if (meter->turn_read_ns == 0)
		return;
	if (commands > 0)
		histogram_add(&meter->latency, (uint64_t)took / 1000, commands);
	meter->timed = meter->commands;
	meter->turn_read_ns = 0;
}

void
meter_tick(struct meter *meter, int64_t now_ns, int64_t interval_ns)
{
	int64_t late = now_ns - meter->ticked_ns - interval_ns;

	if (meter->ticked_ns != 0)
		histogram_add(&meter->lag, late > 0 ? (uint64_t)late / 1000 : 0,
		    1);
	meter->ticked_ns = now_ns;
}

void
meter_fill_stats(const struct meter *meter, struct server_stats *out)
{
	out->opened = meter->opened;
	out->commands = meter->commands;
	out->latency = meter->latency;
	out->lag = meter->lag;
}
