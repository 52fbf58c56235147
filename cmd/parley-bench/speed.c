/* Throughput and latency of delivery. */
#include <stdlib.h>

#include "cmd/parley-bench/bench.h"
#include "cmd/parley-bench/fail.h"
#include "cmd/parley-bench/fanout.h"

#define WARM_UP_PART 5 /* of the measured time */

static void
add_result(struct report *report, const struct fanout_result *result)
{
	double deliveries = (double)result->deliveries;

	if (result->deliveries == 0)
		wrong_answer("nothing was delivered");
	report_add(report, "deliveries", deliveries);
	report_add(report, "messages", (double)result->messages);
	report_add(report, "cpu_s", (double)result->cpu_ns / 1e9);
	report_add(report, "wall_s", (double)result->wall_ns / 1e9);
	report_add(report, "deliveries_per_cpu_s",
	    deliveries * 1e9 / (double)result->cpu_ns);
	report_add(report, "deliveries_per_wall_s",
	    deliveries * 1e9 / (double)result->wall_ns);
	report_add(report, "bytes_per_delivery",
	    (double)result->bytes / deliveries);
	report_add_latency(report, "", &result->latency_ns);
}

void
run_speed(const struct bench *bench, const struct shape *shape,
    struct report *report)
{
	uint64_t duration_ns = (uint64_t)(bench->seconds * 1e9);
	struct fanout_result *warm = need(calloc(1, sizeof(*warm)));
	struct fanout_result *result = need(calloc(1, sizeof(*result)));
	struct fanout *fanout = fanout_create(bench, shape);

	if (bench->messages == 0)
		fanout_run(fanout, duration_ns / WARM_UP_PART, warm);
	for (unsigned i = 0; i < bench->slices; i++) {
		bench_await_slice(bench);
		fanout_run(fanout, duration_ns / bench->slices, result);
	}
	fanout_drain(fanout);
	add_result(report, result);
	report_add(report, "resident_mib",
	    (double)meter_resident(&bench->meter) / (1024 * 1024));
	fanout_destroy(fanout);
	free(result);
	free(warm);
}
