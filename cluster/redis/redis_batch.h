/* Lists of strings as MessagePack, which scripts know through cmsgpack. */
#ifndef CLUSTER_REDIS_BATCH_H
#define CLUSTER_REDIS_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/base/str.h"

/* Zeroed at first; redis_batch_fini() frees it. */
struct redis_batch {
	struct str *items; /* of the list that was read last */
	size_t count;
	size_t capacity;
};

/*
 * Reads a whole list. False: it is none, or there is no memory. Memory is
 * reserved for what has arrived only.
 */
bool redis_batch_read(struct redis_batch *, struct str bytes);

void redis_batch_fini(struct redis_batch *);

/* How many bytes the list takes. */
size_t redis_batch_size(const struct str *items, size_t count);

/* Writes a list; returns its end. */
char *redis_batch_write(char *at, const struct str *items, size_t count);

#endif
