#include "persistence/format/store_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DIGITS 16

static void
name_print(char out[STORE_NAME_SIZE], const char *before, uint64_t lsn,
    const char *after)
{
	snprintf(out, STORE_NAME_SIZE, "%s%016" PRIx64 "%s", before, lsn,
	    after);
}

/* Only names that name_print() makes: lower case, all digits. */
static bool
name_parse(const char *name, const char *before, uint64_t *lsn,
    const char *after)
{
	size_t start = strlen(before);
	char again[STORE_NAME_SIZE];

	if (strlen(name) != start + DIGITS + strlen(after) ||
	    sscanf(name + start, "%16" SCNx64, lsn) != 1)
		return false;
	name_print(again, before, *lsn, after);
	return strcmp(name, again) == 0;
}

void
segment_name(char out[STORE_NAME_SIZE], uint64_t first_lsn)
{
	name_print(out, "seg-", first_lsn, ".log");
}

void
snapshot_name(char out[STORE_NAME_SIZE], uint64_t last_lsn)
{
	name_print(out, "snap-", last_lsn, ".snap");
}

bool
segment_name_read(const char *name, uint64_t *first_lsn)
{
	return name_parse(name, "seg-", first_lsn, ".log");
}

bool
snapshot_name_read(const char *name, uint64_t *last_lsn)
{
	return name_parse(name, "snap-", last_lsn, ".snap");
}

bool
name_is_unfinished(const char *name)
{
	size_t len = strlen(name), end = strlen(UNFINISHED_SUFFIX);

	return len >= end && strcmp(name + len - end, UNFINISHED_SUFFIX) == 0;
}
