/* The directory of the store, and how fast its disk syncs. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "cmd/parleyd/doctor/checks.h"

#define SYNCS 20
#define SYNC_BYTES 4096
#define SLOW_US 20000

/* As <linux/magic.h> has them. */
#define TMPFS 0x01021994
#define RAMFS 0x858458f6
#define NFS 0x6969
#define OVERLAY 0x794c7630

static int64_t
doctor_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- the directory -------------------------------------------------------- */

/* The directory, or the one in which the server will make it. */
static void
store_directory_find(const char *dir, char out[256])
{
	struct stat status;
	char *slash;

	snprintf(out, 256, "%s", dir);
	while (stat(out, &status) != 0 && errno == ENOENT) {
		slash = strrchr(out, '/');
		if (slash == NULL)
			strcpy(out, ".");
		else if (slash == out)
			strcpy(out, "/");
		else
			*slash = '\0';
	}
}

static void
store_file_system_check(struct findings *findings, const char *dir)
{
	struct statfs status;

	if (statfs(dir, &status) != 0)
		return;
	switch ((unsigned long)status.f_type & 0xffffffff) {
	case TMPFS:
	case RAMFS:
		finding_add(findings, FINDING_ERROR,
		    "%s is in memory, and lost when the machine restarts", dir);
		finding_set_remedy(findings, "a directory on a disk");
		break;
	case OVERLAY:
		finding_add(findings, FINDING_WARNING,
		    "%s is in the layer of a container, and lost with it", dir);
		finding_set_remedy(findings, "mount a volume there");
		break;
	case NFS:
		finding_add(findings, FINDING_WARNING,
		    "%s is on NFS, whose locks and syncs are not those of a "
		    "disk",
		    dir);
		finding_set_remedy(findings, "a local disk");
		break;
	}
}

static void
store_space_check(struct doctor *doctor, const char *dir)
{
	struct findings *findings = &doctor->findings;
	const struct store_options *store = &doctor->options->store;
	struct statvfs status;
	uint64_t left, wanted;

	if (statvfs(dir, &status) != 0)
		return;
	left = (uint64_t)status.f_bavail * status.f_frsize;
	/* A compaction has both copies on the disk. */
	wanted = store->min_free_bytes + 2 * store->compact_after_bytes;
	if (left >= wanted) {
		finding_add(findings, FINDING_OK, "%" PRIu64 " MiB are free",
		    left >> 20);
		return;
	}
	finding_add(findings,
	    left < store->min_free_bytes ? FINDING_ERROR : FINDING_WARNING,
	    "%" PRIu64 " MiB are free in %s, the journal may need %" PRIu64
	    " MiB (store.compact_after, store.min_free)",
	    left >> 20, dir, wanted >> 20);
	finding_set_remedy(findings, "more space, or smaller limits");
}

/* --- syncs ---------------------------------------------------------------- */

/* A file without a name, so that no server sees it; -1: see errno. */
static int
scratch_open(const char *dir)
{
	char path[300];
	int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	snprintf(path, sizeof(path), "%s/doctor-XXXXXX", dir);
	fd = mkstemp(path);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int
duration_compare(const void *a, const void *b)
{
	const int64_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* False: errno has the reason. */
static bool
syncs_measure(int fd, int64_t us[SYNCS])
{
	static const char block[SYNC_BYTES];

	for (int i = 0; i < SYNCS; i++) {
		int64_t begun = doctor_clock_us();

		if (write(fd, block, sizeof(block)) != sizeof(block) ||
		    fdatasync(fd) != 0)
			return false;
		us[i] = doctor_clock_us() - begun;
	}
	qsort(us, SYNCS, sizeof(*us), duration_compare);
	return true;
}

static void
store_syncs_check(struct findings *findings, const char *dir)
{
	int64_t us[SYNCS];
	int fd = scratch_open(dir);

	if (fd < 0 || !syncs_measure(fd, us)) {
		finding_add(findings, FINDING_ERROR, "%s cannot be written: %s",
		    dir, strerror(errno));
		finding_set_remedy(findings,
		    "run this as the user of the server; chown and chmod 700 "
		    "the directory");
	} else {
		int64_t median = us[SYNCS / 2];
		double median_us = (double)median;
		bool is_slow = median_us > SLOW_US;

		finding_add(findings, is_slow ? FINDING_WARNING : FINDING_OK,
		    "a sync takes %.2f ms, the slowest of %d took %.2f ms",
		    median_us / 1000, SYNCS, (double)us[SYNCS - 1] / 1000);
		if (is_slow)
			finding_set_remedy(findings,
			    "each acknowledgement takes one to two syncs: a "
			    "faster disk, or store.sync = interval");
	}
	if (fd >= 0)
		close(fd);
}

void
check_store(struct doctor *doctor)
{
	const struct options *options = doctor->options;
	char dir[256];

	if (options->store_kind == STORE_MEMORY) {
		finding_add(&doctor->findings, FINDING_OK,
		    "store.kind is memory: no message survives a restart");
		return;
	}
	store_directory_find(options->store.dir, dir);
	store_file_system_check(&doctor->findings, dir);
	store_space_check(doctor, dir);
	store_syncs_check(&doctor->findings, dir);
}
