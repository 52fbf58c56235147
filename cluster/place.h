/* Places in a log, as numbers. Public. */
#ifndef CLUSTER_PLACE_H
#define CLUSTER_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"

/* "18446744073709551615-18446744073709551615", NUL */
#define PLACE_TEXT_SIZE (2 * 20 + 1 + 1)

/* In hexadecimal, NUL. */
#define CHAIN_SIZE (16 + 1)

/* A place and its chain: see cluster/broker.h. All zero: before all entries. */
struct place {
	uint64_t number;
	uint64_t sub;
	char chain[CHAIN_SIZE];
};

/* < 0, 0 or > 0; chains are not compared. */
int place_compare(const struct place *, const struct place *);

/* Whether an entry at `next` follows `place` without a gap. */
bool place_is_next(const struct place *place, const struct place *next);

/* False: not a place, or not a chain. */
bool place_parse(struct str text, struct str chain, struct place *out);

struct str place_format(const struct place *, char out[PLACE_TEXT_SIZE]);

#endif
