/* Uploaded files in memory. Public. */
#ifndef PERSISTENCE_MEMORY_BLOBS_H
#define PERSISTENCE_MEMORY_BLOBS_H

#include "domain/blob_store.h"

/* NULL: no memory. */
struct blob_store *memory_blobs_create(void);

#endif
