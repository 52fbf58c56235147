#include "cmd/parley-bench/meter.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/parley-bench/fail.h"

static void
meter_add(struct meter *meter, long pid)
{
	if (meter->count == NODES_MOST)
		cannot_run("there are more than %d processes", NODES_MOST);
	if (pid <= 0 ||
	    clock_getcpuclockid((pid_t)pid, &meter->clocks[meter->count]) != 0)
		cannot_run("there is no process %ld to measure", pid);
	meter->pids[meter->count++] = (pid_t)pid;
}

void
meter_init(struct meter *meter, const char *pids)
{
	char *end;

	meter->count = 0;
	for (const char *at = pids;; at = end + 1) {
		meter_add(meter, strtol(at, &end, 10));
		if (*end == '\0')
			return;
		if (*end != ',')
			cannot_run("--pid takes processes, not %s", pids);
	}
}

uint64_t
meter_cpu_ns(const struct meter *meter)
{
	struct timespec spent;
	uint64_t ns = 0;

	for (size_t i = 0; i < meter->count; i++) {
		if (clock_gettime(meter->clocks[i], &spent) != 0)
			wrong_answer("the server (process %d) is gone",
			    (int)meter->pids[i]);
		ns += (uint64_t)spent.tv_sec * 1000000000u +
		      (uint64_t)spent.tv_nsec;
	}
	return ns;
}

static uint64_t
process_resident(pid_t pid)
{
	char path[64];
	char line[256];
	unsigned long long kib = 0;
	FILE *rollup;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
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

uint64_t
meter_resident(const struct meter *meter)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < meter->count; i++)
		bytes += process_resident(meter->pids[i]);
	return bytes;
}
