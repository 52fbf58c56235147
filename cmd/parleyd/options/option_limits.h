/* Limits that depend on each other. */
#ifndef CMD_OPTION_LIMITS_H
#define CMD_OPTION_LIMITS_H

#include <stdbool.h>

#include "cmd/parleyd/options/option.h"

/* Options whose values add up to more than another allows. */
struct option_conflict {
	const struct option *part;
	const struct option *other_part; /* NULL: part alone is above */
	const struct option *whole;
};

/* False: *out has limits that contradict each other. */
bool option_limits_agree(const struct options *, struct option_conflict *out);

#endif
