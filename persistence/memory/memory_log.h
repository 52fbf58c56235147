/* A log that keeps nothing: entries are done at once. */
#ifndef PERSISTENCE_MEMORY_LOG_H
#define PERSISTENCE_MEMORY_LOG_H

#include "domain/commit_log.h"

/* NULL without memory. The stores are borrowed. */
struct commit_log *memory_log_create(struct room_store *, struct history *,
    struct attribute_store *);

#endif
