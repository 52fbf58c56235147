/* Resource limits of the process. */
#include <sys/resource.h>

#include "cmd/parleyd/platform.h"

/* Files that are not connections: listeners, the log, the store. */
#define RESERVED_FILES 32

/* And files for requests that are no WebSockets: probes above all. */
#define SPARE_FILES 32

size_t
rlimits_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 2 * (RESERVED_FILES + SPARE_FILES);
	if (limit.rlim_cur < limit.rlim_max) {
		rlim_t before = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			limit.rlim_cur = before;
	}
	return limit.rlim_cur;
}

size_t
rlimits_fit_connections(size_t wanted, size_t files)
{
	size_t kept = RESERVED_FILES + SPARE_FILES;
	size_t most = files > kept ? files - kept : 1;

	return wanted == 0 || wanted > most ? most : wanted;
}

size_t
rlimits_fit_sockets(size_t files)
{
	return files > RESERVED_FILES ? files - RESERVED_FILES : 1;
}
