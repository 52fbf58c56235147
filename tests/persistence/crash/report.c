#include "tests/persistence/crash/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct counts counts;
struct where where;
const char *const sync_names[] = { "always", "interval", "never", NULL };

_Noreturn void
violation(const char *format, ...)
{
	va_list args;

	fputs("crash_store: VIOLATION: ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\nto repeat it: crash_store --only %s --over %s --sync %s"
	       " --seed %llu --at %d --shape %d --variant %d",
	    where.what, where.over, where.sync, (unsigned long long)where.seed,
	    where.at, where.shape, where.variant);
	if (where.inner_at >= 0)
		printf(" --inner-at %d --inner-shape %d", where.inner_at,
		    where.inner_shape);
	if (where.error != 0)
		printf(" --error %d", where.error);
	putchar('\n');
	fflush(stdout);
	abort();
}
