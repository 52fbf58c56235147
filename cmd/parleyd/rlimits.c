/* Resource limits of the process. */
#include <sched.h>
#include <sys/resource.h>

#include "cmd/parleyd/platform.h"
#include "persistence/blobs/directory_blobs.h"
#include "persistence/stores.h"

/* Three standard streams, six of the event loop, two files that are read at
 * times (the configuration, figures of the process), one for a library. */
#define PROCESS_FILES 12

/* Files for requests that are no WebSockets: probes above all. */
#define SPARE_FILES 32

/* Files that are not connections. A listener has its socket and a spare. */
static size_t
reserved_files(size_t listeners)
{
	return PROCESS_FILES + STORES_FILES_MOST + DIRECTORY_BLOBS_FILES_MOST +
	       2 * listeners;
}

size_t
rlimits_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256; /* what any system has */
	if (limit.rlim_cur < limit.rlim_max) {
		rlim_t before = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			limit.rlim_cur = before;
	}
	return limit.rlim_cur;
}

size_t
rlimits_fit_connections(size_t wanted, size_t files, size_t listeners)
{
	size_t kept = reserved_files(listeners) + SPARE_FILES;
	size_t most = files > kept ? files - kept : 1;

	return wanted == 0 || wanted > most ? most : wanted;
}

size_t
rlimits_fit_sockets(size_t files, size_t listeners)
{
	size_t kept = reserved_files(listeners);

	return files > kept ? files - kept : 1;
}

unsigned
rlimits_fit_threads(unsigned wanted, unsigned most)
{
	cpu_set_t processors;
	unsigned usable = 1;

	if (wanted == 0 &&
	    sched_getaffinity(0, sizeof(processors), &processors) == 0)
		usable = (unsigned)CPU_COUNT(&processors);
	if (wanted == 0)
		wanted = usable;
	return wanted < most ? wanted : most;
}
