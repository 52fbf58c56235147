#include "cmd/parley-bench/report.h"

#include <assert.h>

#include "domain/base/count_of.h"

void
report_add(struct report *report, const char *name, double value)
{
	struct figure *figure = &report->figures[report->count++];

	assert(report->count <= REPORT_FIGURES);
	snprintf(figure->name, sizeof(figure->name), "%s", name);
	figure->value = value;
}

void
report_add_latency(struct report *report, const char *prefix,
    const struct histogram *ns)
{
	static const struct {
		const char *name;
		double part;
	} quantiles[] = {
		{ "p50_us", 0.5 },
		{ "p90_us", 0.9 },
		{ "p99_us", 0.99 },
		{ "p999_us", 0.999 },
		{ "max_us", 1.0 },
	};
	char name[REPORT_NAME_SIZE];

	for (size_t i = 0; i < COUNT_OF(quantiles); i++) {
		snprintf(name, sizeof(name), "%s%s", prefix, quantiles[i].name);
		report_add(report, name,
		    (double)histogram_quantile(ns, quantiles[i].part) / 1e3);
	}
}

void
report_add_distribution(struct report *report, const char *name,
    const struct histogram *ns)
{
	struct distribution *added =
	    &report->distributions[report->distribution_count++];
	char prefix[REPORT_NAME_SIZE];

	assert(report->distribution_count <= REPORT_DISTRIBUTIONS);
	snprintf(added->name, sizeof(added->name), "%s", name);
	added->ns = *ns;
	snprintf(prefix, sizeof(prefix), "%s_", name);
	report_add_latency(report, prefix, ns);
}

/* Pairs of upper bound in microseconds and count. */
static void
print_distribution(const struct distribution *distribution, FILE *out)
{
	const char *separator = "";

	fprintf(out, ",\"%s\":[", distribution->name);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t count = distribution->ns.counts[i];

		if (count == 0)
			continue;
		fprintf(out, "%s[%.3f,%llu]", separator,
		    (double)histogram_bound(i) / 1e3,
		    (unsigned long long)count);
		separator = ",";
	}
	fputs("]", out);
}

void
report_print(const struct report *report, FILE *out, const char *case_name,
    const char *target, bool json)
{
	const char *head =
	    json ? "{\"case\":\"%s\",\"target\":\"%s\"" : "%s, %s\n";
	const char *line = json ? ",\"%s\":%.3f" : "  %-28s %16.3f\n";

	fprintf(out, head, case_name, target);
	for (size_t i = 0; i < report->count; i++)
		fprintf(out, line, report->figures[i].name,
		    report->figures[i].value);
	for (size_t i = 0; json && i < report->distribution_count; i++)
		print_distribution(&report->distributions[i], out);
	fputs(json ? "}\n" : "", out);
}
