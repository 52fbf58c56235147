/* Members in memory. */
#ifndef PERSISTENCE_MEMORY_MEMBERS_H
#define PERSISTENCE_MEMORY_MEMBERS_H

#include "domain/member_store.h"

/* NULL without memory. */
struct member_store *memory_members_create(void);

#endif
