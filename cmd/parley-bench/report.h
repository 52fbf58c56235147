/* The figures of one run, in the order in which they were found. */
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
	bool wrong; /* the figures tell of wrong answers */
};

void report_add(struct report *, const char *name, double value);

/* "p50_us" … "max_us", each behind the prefix. */
void report_add_latency(struct report *, const char *prefix,
    const struct histogram *ns);

/* The same behind "NAME_", and how many there were of each, for JSON only. */
void report_add_distribution(struct report *, const char *name,
    const struct histogram *ns);

/* A line for each figure, or one JSON object on a line. */
void report_print(const struct report *, FILE *, const char *case_name,
    const char *target, bool json);

#endif
