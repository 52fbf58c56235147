#include <sys/resource.h>

#include "cmd/parleyd/platform.h"

/* For listeners, logs, stores and the one that is kept for refusing. */
#define SPARE 64

size_t
descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 2 * SPARE;
	if (limit.rlim_cur < limit.rlim_max) {
		rlim_t before = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			limit.rlim_cur = before;
	}
	return limit.rlim_cur;
}

size_t
connections_within(size_t wanted, size_t descriptors)
{
	size_t most = descriptors > SPARE ? descriptors - SPARE : 1;

	return wanted == 0 || wanted > most ? most : wanted;
}
