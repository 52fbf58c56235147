/* What somebody may have meant: the closest of several words. Pure. */
#ifndef CMD_SUGGEST_H
#define CMD_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

struct suggest {
	struct str name; /* as it was written */
	size_t least;    /* slips between it and the best candidate so far */
};

/* A longer name is like nothing. */
#define GUESS_NAME_SIZE 64

void suggest_init(struct suggest *, struct str name);

/*
 * Whether this candidate, shorter than GUESS_NAME_SIZE, is close, and closer
 * than those before.
 */
bool suggest_is_better(struct suggest *, const char *candidate);

#endif
