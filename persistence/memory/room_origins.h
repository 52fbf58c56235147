/* How many rooms each origin has created, of those that exist. */
#ifndef PERSISTENCE_ROOM_ORIGINS_H
#define PERSISTENCE_ROOM_ORIGINS_H

#include <stdbool.h>

#include "domain/base/id_map.h"
#include "domain/room_store.h"

void room_origins_init(struct id_map *origins);

/* Origin 0 is not counted. False: no memory. */
bool room_origins_add(struct id_map *origins, const struct room *);

/* The room was added. */
void room_origins_remove(struct id_map *origins, const struct room *);

struct room_counts room_origins_count(const struct id_map *origins,
    uint64_t origin);

#endif
