#include "cmd/parley-bench/meter.h"

#include <stdio.h>

#include "cmd/parley-bench/fail.h"

void
meter_init(struct meter *meter, pid_t pid)
{
	meter->pid = pid;
	if (clock_getcpuclockid(pid, &meter->cpu) != 0)
		cannot_run("there is no process %d to measure", (int)pid);
}

uint64_t
meter_cpu_ns(const struct meter *meter)
{
	struct timespec spent;

	if (clock_gettime(meter->cpu, &spent) != 0)
		wrong_answer("the server (process %d) is gone",
		    (int)meter->pid);
	return (uint64_t)spent.tv_sec * 1000000000u + (uint64_t)spent.tv_nsec;
}

uint64_t
meter_resident(const struct meter *meter)
{
	char path[64];
	char line[256];
	unsigned long long kib = 0;
	FILE *rollup;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)meter->pid);
	rollup = fopen(path, "r");
	if (rollup == NULL)
		cannot_run("cannot read %s", path);
	while (fgets(line, sizeof(line), rollup) != NULL)
		if (sscanf(line, "Rss: %llu kB", &kib) == 1)
			break;
	fclose(rollup);
	if (kib == 0)
		cannot_run("%s names no Rss", path);
	return kib * 1024;
}
