#include "cmd/parley-bench/report.h"

#include <assert.h>

void
report_add(struct report *report, const char *name, double value)
{
	assert(report->count < REPORT_FIGURES);
	report->figures[report->count++] =
	    (struct figure){ .name = name, .value = value };
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
	fputs(json ? "}\n" : "", out);
}
