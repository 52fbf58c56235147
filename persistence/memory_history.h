/* What was said, in memory. */
#ifndef PERSISTENCE_MEMORY_HISTORY_H
#define PERSISTENCE_MEMORY_HISTORY_H

#include "domain/history.h"

/*
 * NULL without memory. The limits are borrowed and outlive the history; what
 * is changed in them holds from the next append or expire on.
 */
struct history *memory_history_create(const struct history_limits *);

#endif
