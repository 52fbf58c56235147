/* The figures of one run, in order. */
#ifndef PARLEY_BENCH_REPORT_H
#define PARLEY_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd/parley-bench/histogram.h"

#define REPORT_FIGURES 32
#define REPORT_DISTRIBUTIONS 2
#define REPORT_NAME_SIZE 32

struct figure {
	char name[REPORT_NAME_SIZE]; /* "deliveries_per_cpu_s" */
	double value;
};

struct distribution {
	char name[REPORT_NAME_SIZE]; /* "one_way" */
	struct histogram ns;
};

/* Zeroed: empty. */
struct report {
	struct figure figures[REPORT_FIGURES];
	size_t count;
	struct distribution distributions[REPORT_DISTRIBUTIONS];
	size_t distribution_count;
	bool wrong; /* messages were lost, duplicated or reordered */
};

void report_add(struct report *, const char *name, double value);

/* Adds "p50_us" … "max_us" with the prefix. */
void report_add_latency(struct report *, const char *prefix,
    const struct histogram *ns);

/* The same with "NAME_", and in JSON the distribution. */
void report_add_distribution(struct report *, const char *name,
    const struct histogram *ns);

/* Prints one figure per line, or one JSON object. */
void report_print(const struct report *, FILE *, const char *case_name,
    const char *target, bool json);

#endif
