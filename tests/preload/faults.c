#include "tests/preload/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "domain/base/count_of.h"

static struct faults faults;
static struct stat read_last;

static const struct {
	const char *word;
	int64_t *value;
} words[] = {
	{ "hold", &faults.hold },
	{ "leak", &faults.leak },
	{ "stall_ms", &faults.stall_ms },
	{ "sync_error", &faults.sync_error },
	{ "write_error", &faults.write_error },
	{ "full", &faults.full },
	{ "left", &faults.left },
};

/* A misspelt word is a broken test. */
static void
fault_set(const char *word, int64_t value)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcmp(words[i].word, word) == 0) {
			*words[i].value = value;
			return;
		}
	abort();
}

static void
faults_read(FILE *file)
{
	char word[32];
	long value;

	memset(&faults, 0, sizeof(faults));
	while (fscanf(file, "%31s %ld", word, &value) == 2)
		fault_set(word, value);
}

static bool
is_news(const struct stat *status)
{
	return status->st_ino != read_last.st_ino ||
	       status->st_mtim.tv_sec != read_last.st_mtim.tv_sec ||
	       status->st_mtim.tv_nsec != read_last.st_mtim.tv_nsec;
}

const struct faults *
faults_now(void)
{
	const char *path = getenv("FAULTY_DISK_CONTROL");
	struct stat status;
	FILE *file;

	if (path == NULL || stat(path, &status) != 0 || !is_news(&status))
		return &faults;
	file = fopen(path, "re");
	if (file == NULL)
		return &faults;
	read_last = status;
	faults_read(file);
	fclose(file);
	return &faults;
}

void
faults_use(int64_t bytes)
{
	faults.left -= bytes;
}
