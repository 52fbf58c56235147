#include "tests/support/persistence/temp_store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BELOW "/store"

static char path[64];

struct disk *
temp_store_open(void)
{
	struct disk *disk;

	strcpy(path, "/tmp/parley-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	strcat(path, BELOW);
	disk = system_disk_open(path);
	ck_assert_ptr_nonnull(disk);
	return disk;
}

static bool
unlink_it(const char *name, void *arg)
{
	ck_assert_int_eq(disk_unlink(arg, name), 0);
	return true;
}

void
temp_store_remove(struct disk *disk)
{
	char below[80];

	ck_assert_int_eq(disk_list(disk, unlink_it, disk), 0);
	disk_destroy(disk);
	snprintf(below, sizeof(below), "%s/quarantine", path);
	rmdir(below);
	ck_assert_int_eq(rmdir(path), 0);
	path[strlen(path) - strlen(BELOW)] = '\0';
	ck_assert_int_eq(rmdir(path), 0);
}

const char *
temp_store_path(void)
{
	return path;
}

void
temp_store_put(struct disk *disk, const char *name, const char *text)
{
	int file;

	ck_assert_int_eq(disk_open(disk, name, DISK_CREATE, &file), 0);
	ck_assert_int_eq(disk_write(disk, file, text, strlen(text), 0), 0);
	disk_close(disk, file);
}
