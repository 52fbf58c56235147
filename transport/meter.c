#include "transport/meter.h"

#include <assert.h>
#include <string.h>

/* All commands of a turn took as long as the turn. */
static void
meter_time_commands(struct meter *meter, uint64_t took_us)
{
	uint64_t rest = meter->commands - meter->timed;

	for (unsigned i = 0; i < meter->turn_kind_count; i++) {
		enum command_kind kind = meter->turn_kinds[i];
		uint32_t count = meter->turn_commands[kind];

		assert(count <= rest);
		rest -= count;
		histogram_add(&meter->kinds[kind], took_us, count);
		meter->turn_commands[kind] = 0;
	}
	if (rest > 0)
		histogram_add(&meter->kinds[COMMAND_KINDS], took_us, rest);
	meter->turn_kind_count = 0;
	meter->timed = meter->commands;
}

void
meter_end_turn(struct meter *meter, int64_t now_ns)
{
	if (meter->turn_fanout_ns != 0)
		histogram_add(&meter->fanout,
		    (uint64_t)(now_ns - meter->turn_fanout_ns) / 1000, 1);
	if (meter->turn_read_ns != 0)
		meter_time_commands(meter,
		    (uint64_t)(now_ns - meter->turn_read_ns) / 1000);
	meter->turn_fanout_ns = 0;
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

/* --- closes, refusals, answers -------------------------------------------- */

void
meter_count_close(struct meter *meter, uint32_t connection, unsigned code,
    const char *reason)
{
	size_t at = totals_add(&meter->closes, code, reason);
	/* Another connection may be the cause. */
	uint32_t cause = log_set_connection(connection);

	if (strcmp(reason, "client") == 0)
		log_debug("connection closed by the client: %u", code);
	else
		log_line_limited(&meter->close_lines[at], LOG_INFO,
		    "connection closed: %u %s", code, reason);
	log_set_connection(cause);
}

void
meter_count_refusal(struct meter *meter, const char *limit)
{
	size_t at = totals_add(&meter->refusals, 0, limit);

	log_line_limited(&meter->refusal_lines[at], LOG_INFO,
	    "refused because of %s", limit);
}

void
meter_count_handshake(struct meter *meter, int status)
{
	totals_add(&meter->handshakes, (unsigned)status, "");
}

void
meter_count_auth_failure(struct meter *meter, const char *reason)
{
	totals_add(&meter->auth_failures, 0, reason);
}

void
meter_count_response(struct meter *meter, int status)
{
	totals_add(&meter->responses, (unsigned)status, "");
}

/* --- figures -------------------------------------------------------------- */

void
meter_fill_stats(const struct meter *meter, struct server_stats *out)
{
	out->opened = meter->opened;
	out->commands = meter->commands;
	out->traffic = meter->traffic;
	out->latency = (struct histogram){ 0 };
	for (int i = 0; i <= COMMAND_KINDS; i++)
		histogram_add_all(&out->latency, &meter->kinds[i]);
	memcpy(out->kinds, meter->kinds, sizeof(out->kinds));
	out->fanout = meter->fanout;
	out->lag = meter->lag;
	out->closes = meter->closes;
	out->refusals = meter->refusals;
	out->handshakes = meter->handshakes;
	out->responses = meter->responses;
	out->auth_failures = meter->auth_failures;
	memcpy(out->tls, meter->tls, sizeof(out->tls));
}
