#include "tests/preload/names.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL: no power cuts are simulated. */
static const char *
names_path(void)
{
	return getenv("FAULTY_DISK_NAMES");
}

static bool
is_watched(const char *name)
{
	return names_path() != NULL && strchr(name, '/') == NULL;
}

static bool
name_exists(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* At once: this process may be killed at any time. */
static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
	int file =
	    open(names_path(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	va_list args;

	if (file < 0)
		abort();
	va_start(args, format);
	if (vdprintf(file, format, args) < 0)
		abort();
	va_end(args);
	close(file);
}

/* Links a file that is about to lose this name to another one. */
static void
name_keep(int dir, const char *name)
{
	static unsigned count;
	char folder[512], copy[600];

	snprintf(folder, sizeof(folder), "%s.kept", names_path());
	mkdir(folder, 0700);
	do
		snprintf(copy, sizeof(copy), "%s/%u", folder, count++);
	while (linkat(dir, name, AT_FDCWD, copy, 0) != 0 &&
	       name_exists(AT_FDCWD, copy));
	note("kept %s %s\n", name, strrchr(copy, '/') + 1);
}

void
names_made(int dir, const char *name)
{
	if (is_watched(name) && !name_exists(dir, name))
		note("made %s\n", name);
}

void
names_moved(int dir, const char *from, const char *to)
{
	if (!is_watched(from) || !is_watched(to))
		return;
	if (name_exists(dir, to))
		name_keep(dir, to);
	note("moved %s %s\n", from, to);
}

void
names_removed(int dir, const char *name)
{
	if (is_watched(name) && name_exists(dir, name))
		name_keep(dir, name);
}

static void
forget_copies(void)
{
	char folder[512];
	struct dirent *entry;
	DIR *copies;

	snprintf(folder, sizeof(folder), "%s.kept", names_path());
	copies = opendir(folder);
	if (copies == NULL)
		return;
	while ((entry = readdir(copies)) != NULL)
		unlinkat(dirfd(copies), entry->d_name, 0);
	closedir(copies);
}

void
names_synced(void)
{
	if (names_path() == NULL)
		return;
	unlink(names_path());
	forget_copies();
}
