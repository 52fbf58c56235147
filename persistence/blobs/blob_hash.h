/* SHA-256 of a file, by libcrypto. */
#ifndef PERSISTENCE_BLOB_HASH_H
#define PERSISTENCE_BLOB_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/blob.h"

struct blob_hash;

/*
 * Loads the algorithm, before the first hash: a lack of memory at that moment
 * would last as long as the process. False: it cannot be loaded.
 */
bool blob_hash_prepare(void);

/* NULL: no memory. */
struct blob_hash *blob_hash_create(void);
void blob_hash_destroy(struct blob_hash *);

void blob_hash_add(struct blob_hash *, const void *, size_t);
/* Nothing may be added afterwards. */
void blob_hash_end(struct blob_hash *, uint8_t out[BLOB_HASH_SIZE]);

#endif
