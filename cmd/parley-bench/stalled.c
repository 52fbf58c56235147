/*
 * Half of the room stops reading. The others must keep their speed, the memory
 * of the server must stay bounded, and no reader may have a gap.
 */
#include <stdlib.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/fanout.h"

#define SLICE_S 0.1 /* memory is sampled after each slice */

/* Sends in slices; returns the largest memory seen. */
static uint64_t
run_sliced(const struct bench *bench, struct fanout *fanout,
    struct fanout_result *result)
{
	uint64_t most = 0;

	for (double spent = 0; spent < bench->seconds; spent += SLICE_S) {
		uint64_t resident;

		fanout_run(fanout, (uint64_t)(SLICE_S * 1e9), result);
		resident = meter_resident(&bench->meter);
		if (resident > most)
			most = resident;
	}
	return most;
}

static double
per_cpu_second(const struct fanout_result *result)
{
	return (double)result->deliveries * 1e9 / (double)result->cpu_ns;
}

void
run_stalled(const struct bench *bench, const struct shape *shape,
    struct report *report)
{
	struct fanout_result *warm = need(calloc(1, sizeof(*warm)));
	struct fanout_result *without = need(calloc(1, sizeof(*without)));
	struct fanout_result *with = need(calloc(1, sizeof(*with)));
	struct fanout *fanout = fanout_create(bench, shape);
	struct stalled_outcome outcome;
	uint64_t before;
	uint64_t most;

	fanout_run(fanout, (uint64_t)(SLICE_S * 1e9), warm);
	run_sliced(bench, fanout, without);
	fanout_add_stalled(fanout);
	before = meter_resident(&bench->meter);
	most = run_sliced(bench, fanout, with);
	fanout_resume_stalled(fanout, &outcome);
	fanout_drain(fanout);

	report_add(report, "without_per_cpu_s", per_cpu_second(without));
	report_add(report, "with_per_cpu_s", per_cpu_second(with));
	report_add(report, "kept_speed",
	    per_cpu_second(with) / per_cpu_second(without));
	report_add(report, "grown_mib",
	    ((double)most - (double)before) / (1024 * 1024));
	report_add(report, "messages", (double)with->messages);
	report_add(report, "complete", outcome.complete);
	report_add(report, "closed_4102", outcome.closed_4102);
	report_add(report, "closed_abruptly", outcome.closed_abruptly);
	fanout_destroy(fanout);
	free(with);
	free(without);
	free(warm);
}
