/* Memory, CPU time, threads and files of this process. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/parleyd/platform.h"
#include "domain/server_stats.h"

static uint64_t
timeval_us(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

/* Unix time of the start of the machine; 0: unknown. */
static uint64_t
boot_seconds(void)
{
	FILE *file = fopen("/proc/stat", "re");
	char line[256];
	uintmax_t seconds = 0;

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL &&
	       sscanf(line, "btime %ju", &seconds) != 1)
		continue;
	fclose(file);
	return seconds;
}

/* The fields of /proc/self/stat after the name, from the 20th on. */
static void
read_stat(struct process_stats *out)
{
	FILE *file = fopen("/proc/self/stat", "re");
	unsigned long long threads, started, size;
	unsigned long ticks = (unsigned long)sysconf(_SC_CLK_TCK);
	char text[1024], *at;
	size_t len;
	long pages;

	if (file == NULL)
		return;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	/* The name may have any character. */
	at = strrchr(text, ')');
	if (at == NULL ||
	    sscanf(at + 1,
		" %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
		" %*s %*s %llu %*s %llu %llu %ld",
		&threads, &started, &size, &pages) != 4)
		return;
	out->threads = threads;
	out->started_ms = boot_seconds() * 1000 + started * 1000 / ticks;
	out->virtual_bytes = size;
	out->resident_bytes = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Since Linux 6.2 the directory's size is the number of open files. */
static uint64_t
count_open_files(void)
{
	struct stat status;
	uint64_t count = 0;
	DIR *dir;

	if (stat("/proc/self/fd", &status) == 0 && status.st_size > 0)
		return (uint64_t)status.st_size;
	dir = opendir("/proc/self/fd");
	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	/* Without "." and "..", and the directory itself. */
	return count > 3 ? count - 3 : 0;
}

void
resource_usage(struct process_stats *out)
{
	struct rlimit files;
	struct rusage used;

	memset(out, 0, sizeof(*out));
	read_stat(out);
	out->open_files = count_open_files();
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		out->max_files = files.rlim_cur;
	if (getrusage(RUSAGE_SELF, &used) == 0)
		out->cpu_us =
		    timeval_us(used.ru_utime) + timeval_us(used.ru_stime);
}
