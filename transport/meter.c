#include "transport/meter.h"

#include <assert.h>
#include <string.h>

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

/* --- closes and refusals -------------------------------------------------- */

/* The last place counts everything for which there is no other. */
static size_t
find_close(struct meter *meter, unsigned code, const char *reason)
{
	struct close_total *closes = meter->closes;
	size_t i = 0;

	while (i < meter->close_count &&
	       (closes[i].code != code ||
		   strcmp(closes[i].reason, reason) != 0))
		i++;
	if (i < meter->close_count)
		return i;
	if (i == SERVER_STATS_CLOSES)
		return SERVER_STATS_CLOSES - 1;
	if (i == SERVER_STATS_CLOSES - 1) {
		code = 0;
		reason = "other";
	}
	closes[i] = (struct close_total){ .code = code, .reason = reason };
	meter->close_count++;
	return i;
}

void
meter_count_close(struct meter *meter, unsigned code, const char *reason)
{
	size_t at = find_close(meter, code, reason);

	meter->closes[at].count++;
	if (strcmp(reason, "client") == 0)
		log_debug("connection closed by the client: %u", code);
	else
		log_line_limited(&meter->close_lines[at], LOG_INFO,
		    "connection closed: %u %s", code, reason);
}

static size_t
find_refusal(struct meter *meter, const char *limit)
{
	struct refusal_total *refusals = meter->refusals;
	size_t i = 0;

	while (i < meter->refusal_count &&
	       strcmp(refusals[i].limit, limit) != 0)
		i++;
	if (i < meter->refusal_count)
		return i;
	assert(i < SERVER_STATS_REFUSALS);
	refusals[i] = (struct refusal_total){ .limit = limit };
	meter->refusal_count++;
	return i;
}

void
meter_count_refusal(struct meter *meter, const char *limit)
{
	size_t at = find_refusal(meter, limit);

	meter->refusals[at].count++;
	log_line_limited(&meter->refusal_lines[at], LOG_INFO,
	    "refused because of %s", limit);
}

void
meter_fill_stats(const struct meter *meter, struct server_stats *out)
{
	out->opened = meter->opened;
	out->commands = meter->commands;
	out->latency = meter->latency;
	out->lag = meter->lag;
	memcpy(out->closes, meter->closes, sizeof(out->closes));
	out->close_count = meter->close_count;
	memcpy(out->refusals, meter->refusals, sizeof(out->refusals));
	out->refusal_count = meter->refusal_count;
}
