/* Limits that make sense only together. */
#ifndef CMD_OPTION_LIMITS_H
#define CMD_OPTION_LIMITS_H

#include <stdbool.h>

#include "cmd/parleyd/options/option.h"

/* Options whose values together are above what another leaves them. */
struct option_conflict {
	const struct option *part;
	const struct option *other_part; /* NULL: part alone is above */
	const struct option *whole;
};

/* False: a server could not keep them all, for example in *out. */
bool option_limits_agree(const struct options *, struct option_conflict *out);

#endif
