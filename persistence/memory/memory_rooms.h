/* Rooms and memberships in memory. */
#ifndef PERSISTENCE_MEMORY_ROOMS_H
#define PERSISTENCE_MEMORY_ROOMS_H

#include "domain/room_store.h"

/* NULL without memory. */
struct room_store *memory_rooms_create(void);

/*
 * A hidden room keeps its id and counts as a room, but is not found or visited.
 */
void memory_rooms_hide(struct room_store *, struct str id, bool is_hidden);

/* Replaces the values of an existing room, but for its members. */
void memory_rooms_update(struct room_store *, const struct room *);

#endif
