/* Rooms, and who is in them, in memory. */
#ifndef PERSISTENCE_MEMORY_ROOMS_H
#define PERSISTENCE_MEMORY_ROOMS_H

#include "domain/room_store.h"

/* NULL without memory. */
struct room_store *memory_rooms_create(void);

/* A room that is there takes these values, but for who is in it. */
void memory_rooms_update(struct room_store *, const struct room *);

#endif
