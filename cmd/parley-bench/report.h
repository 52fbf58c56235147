/* The figures of one run, in the order in which they were found. */
#ifndef PARLEY_BENCH_REPORT_H
#define PARLEY_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define REPORT_FIGURES 24

struct figure {
	const char *name; /* "deliveries_per_cpu_s" */
	double value;
};

/* Zeroed: empty. */
struct report {
	struct figure figures[REPORT_FIGURES];
	size_t count;
};

void report_add(struct report *, const char *name, double value);

/* A line for each figure, or one JSON object on a line. */
void report_print(const struct report *, FILE *, const char *case_name,
    const char *target, bool json);

#endif
