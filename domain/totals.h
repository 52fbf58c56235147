/*
 * Counts of things that have a code, a reason, or both: closes, refusals,
 * responses.
 */
#ifndef DOMAIN_TOTALS_H
#define DOMAIN_TOTALS_H

#include <stddef.h>
#include <stdint.h>

/* Kinds that are counted one by one. */
#define TOTALS_MOST 48

struct total {
	unsigned code;
	const char *reason; /* a constant; "": none */
	uint64_t count;
};

/* Zeroed: nothing was counted. The first `count` items are set. */
struct totals {
	size_t count;
	struct total items[TOTALS_MOST];
};

/*
 * Counts one. Returns the index of its item: the last one has the code 0 and
 * the reason "other", and counts everything for which there is no other.
 */
size_t totals_add(struct totals *, unsigned code, const char *reason);

#endif
