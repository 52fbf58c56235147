/* Resource limits of the process. */
#include <sys/resource.h>

#include "cmd/parleyd/platform.h"

/* Files that are not connections: listeners, logs, stores, one for refusing. */
#define RESERVED_FILES 64

size_t
rlimits_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 2 * RESERVED_FILES;
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
	size_t most = files > RESERVED_FILES ? files - RESERVED_FILES : 1;

	return wanted == 0 || wanted > most ? most : wanted;
}
