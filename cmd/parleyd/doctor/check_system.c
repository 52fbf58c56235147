/* Limits of the process and the kernel, memory, the clock. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include "cmd/parleyd/doctor/checks.h"

/* Files besides connections: the store, listeners, the log, spare ones. */
#define OTHER_FILES 64
#define BACKLOG_WANTED 4096

/* What the kernel may hold for a connection that is slow for a moment. */
#define SOCKET_BYTES (16 * 1024)

/* Reads numbers of a file of the kernel; returns how many. */
static int
kernel_numbers(const struct doctor *doctor, const char *name, uint64_t out[3])
{
	char path[256];
	FILE *file;
	int count;

	snprintf(path, sizeof(path), "%s/sys/%s", doctor->proc, name);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	count = fscanf(file, "%" SCNu64 " %" SCNu64 " %" SCNu64, &out[0],
	    &out[1], &out[2]);
	fclose(file);
	return count;
}

/* How many connections the server is to take; without a limit as files do. */
static uint64_t
connections_wanted(const struct doctor *doctor)
{
	size_t limit = doctor->options->transport.connections;
	struct rlimit files;

	if (limit > 0)
		return limit;
	return getrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_max : 1024;
}

void
check_files(struct doctor *doctor)
{
	struct findings *findings = &doctor->findings;
	uint64_t wanted = connections_wanted(doctor) + OTHER_FILES;
	uint64_t machine[3];
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	if (files.rlim_max < wanted) {
		finding_add(findings, FINDING_WARNING,
		    "%ju files may be open, limits.connections needs %" PRIu64,
		    (uintmax_t)files.rlim_max, wanted);
		finding_set_remedy(findings,
		    "LimitNOFILE=%" PRIu64
		    " in the unit, or ulimit -Hn; the server "
		    "accepts fewer connections until then",
		    wanted);
	} else
		finding_add(findings, FINDING_OK, "%ju files may be open",
		    (uintmax_t)files.rlim_max);
	if (kernel_numbers(doctor, "fs/file-max", machine) == 1 &&
	    machine[0] < wanted) {
		finding_add(findings, FINDING_ERROR,
		    "fs.file-max, for all programs, is %" PRIu64, machine[0]);
		finding_set_remedy(findings, "sysctl -w fs.file-max=%" PRIu64,
		    4 * wanted);
	}
}

void
check_backlog(struct doctor *doctor)
{
	struct findings *findings = &doctor->findings;
	uint64_t most[3];

	if (kernel_numbers(doctor, "net/core/somaxconn", most) != 1)
		return;
	if (most[0] >= BACKLOG_WANTED) {
		finding_add(findings, FINDING_OK,
		    "net.core.somaxconn is %" PRIu64, most[0]);
		return;
	}
	finding_add(findings, FINDING_WARNING,
	    "net.core.somaxconn is %" PRIu64 ": when many clients connect at "
	    "once, some wait for a second or more",
	    most[0]);
	finding_set_remedy(findings, "sysctl -w net.core.somaxconn=%d",
	    BACKLOG_WANTED);
}

void
check_tcp_memory(struct doctor *doctor)
{
	struct findings *findings = &doctor->findings;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t wanted = connections_wanted(doctor) * SOCKET_BYTES;
	uint64_t pages[3];

	if (kernel_numbers(doctor, "net/ipv4/tcp_mem", pages) != 3)
		return;
	if (pages[2] * page >= wanted) {
		finding_add(findings, FINDING_OK,
		    "TCP may use %" PRIu64 " MiB (net.ipv4.tcp_mem)",
		    pages[2] * page >> 20);
		return;
	}
	finding_add(findings, FINDING_WARNING,
	    "TCP may use %" PRIu64
	    " MiB (net.ipv4.tcp_mem), limits.connections "
	    "may need %" PRIu64 " MiB",
	    pages[2] * page >> 20, wanted >> 20);
	finding_set_remedy(findings,
	    "sysctl -w net.ipv4.tcp_mem=\"%" PRIu64 " %" PRIu64 " %" PRIu64
	    "\", or fewer connections",
	    wanted / page / 2, wanted / page * 3 / 4, wanted / page);
}

/* The smallest limit of this process' control groups; UINT64_MAX: none. */
static uint64_t
group_memory(const struct doctor *doctor)
{
	char path[4096], group[3072] = "";
	uint64_t least = UINT64_MAX, limit;
	FILE *file;

	snprintf(path, sizeof(path), "%s/self/cgroup", doctor->proc);
	file = fopen(path, "re");
	if (file == NULL)
		return least;
	while (fgets(path, sizeof(path), file) != NULL)
		if (sscanf(path, "0::%3071[^\n]", group) == 1)
			break;
	fclose(file);
	for (char *end = group + strlen(group);; end = strrchr(group, '/')) {
		if (end == NULL)
			return least;
		*end = '\0';
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max",
		    group);
		file = fopen(path, "re");
		if (file == NULL)
			continue;
		if (fscanf(file, "%" SCNu64, &limit) == 1 && limit < least)
			least = limit;
		fclose(file);
	}
}

void
check_memory(struct doctor *doctor)
{
	struct findings *findings = &doctor->findings;
	uint64_t machine =
	    (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t group = group_memory(doctor);
	uint64_t have = group < machine ? group : machine;
	uint64_t limit = doctor->options->transport.memory;

	if (limit > 0 && limit <= have / 10 * 8) {
		finding_add(findings, FINDING_OK,
		    "limits.memory is %" PRIu64 " MiB of %" PRIu64 " MiB",
		    limit >> 20, have >> 20);
		return;
	}
	if (limit == 0)
		finding_add(findings, FINDING_WARNING,
		    "limits.memory has no limit, the %s has %" PRIu64 " MiB",
		    group < machine ? "control group" : "machine", have >> 20);
	else
		finding_add(findings, FINDING_WARNING,
		    "limits.memory is %" PRIu64 " MiB, the %s has %" PRIu64
		    " MiB: the kernel may kill the server first",
		    limit >> 20, group < machine ? "control group" : "machine",
		    have >> 20);
	finding_set_remedy(findings, "limits.memory = %" PRIu64 "MiB",
	    (have >> 20) / 2);
}

void
check_clock(struct doctor *doctor)
{
	struct findings *findings = &doctor->findings;
	struct timex state = { .modes = 0 };
	int result = adjtimex(&state);

	if (result < 0) {
		finding_add(findings, FINDING_WARNING,
		    "the state of the clock cannot be read: %s",
		    strerror(errno));
		return;
	}
	if (result == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
		finding_add(findings, FINDING_WARNING,
		    "the clock is not synchronised: tokens, expiry and times "
		    "of messages depend on it");
		finding_set_remedy(findings,
		    "timedatectl set-ntp true, or chrony; a container has the "
		    "clock of its host");
		return;
	}
	finding_add(findings, FINDING_OK,
	    "synchronised, the error is below %ld ms", state.maxerror / 1000);
}
