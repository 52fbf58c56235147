/* What scripts publish: strings, each with its length in front. */
#ifndef CLUSTER_REDIS_BATCH_H
#define CLUSTER_REDIS_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

/* Zeroed at first; redis_batch_fini() frees it. */
struct redis_batch {
	struct str *items; /* of the text that was read last */
	size_t count;
	size_t capacity;
};

/*
 * Reads "3:abc0:", which has two. False: it is malformed, or there is no
 * memory. Memory is reserved for what has arrived only.
 */
bool redis_batch_read(struct redis_batch *, struct str text);

void redis_batch_fini(struct redis_batch *);

#endif
