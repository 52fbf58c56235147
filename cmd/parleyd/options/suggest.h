/* Suggests the closest of several words for a misspelt one. Pure. */
#ifndef CMD_SUGGEST_H
#define CMD_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

struct suggest {
	struct str name; /* as it was written */
	size_t least;    /* edit distance to the best candidate so far */
};

/* No suggestion is made for a longer name. */
#define SUGGEST_NAME_SIZE 64

void suggest_init(struct suggest *, struct str name);

/*
 * Whether this candidate, shorter than SUGGEST_NAME_SIZE, is close to the name
 * and closer than those before.
 */
bool suggest_is_better(struct suggest *, const char *candidate);

#endif
