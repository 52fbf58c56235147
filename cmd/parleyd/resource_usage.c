/* Memory and CPU time of this process. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/parleyd/platform.h"

size_t
resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*s %zu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static uint64_t
timeval_ms(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_usec / 1000;
}

uint64_t
processor_ms(void)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) != 0)
		return 0;
	return timeval_ms(used.ru_utime) + timeval_ms(used.ru_stime);
}
