/*
 * A room with members of every dialect costs one encoding per dialect, not per
 * member, so it is nearly as fast as a room of one dialect.
 */
#include <stdlib.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/fanout.h"

#define WARM_UP_PART 5 /* of the measured time */

static double
run_room(const struct bench *bench, const struct shape *shape)
{
	uint64_t duration_ns = (uint64_t)(bench->seconds * 1e9);
	struct fanout_result *warm = need(calloc(1, sizeof(*warm)));
	struct fanout_result *result = need(calloc(1, sizeof(*result)));
	struct fanout *fanout = fanout_create(bench, shape);
	double speed;

	fanout_run(fanout, duration_ns / WARM_UP_PART, warm);
	fanout_run(fanout, duration_ns, result);
	fanout_drain(fanout);
	speed = (double)result->deliveries * 1e9 / (double)result->cpu_ns;
	fanout_destroy(fanout);
	free(result);
	free(warm);
	return speed;
}

void
run_mixed(const struct bench *bench, const struct shape *shape,
    struct report *report)
{
	struct shape alike = *shape;
	double mixed;
	double same;

	alike.mixed = false;
	same = run_room(bench, &alike);
	mixed = run_room(bench, shape);
	report_add(report, "alike_per_cpu_s", same);
	report_add(report, "mixed_per_cpu_s", mixed);
	report_add(report, "kept_speed", mixed / same);
}
