/* Rooms, and who is in them, in memory. */
#ifndef PERSISTENCE_MEMORY_ROOMS_H
#define PERSISTENCE_MEMORY_ROOMS_H

#include "domain/room_store.h"

/* NULL without memory. */
struct room_store *memory_rooms_create(void);

/*
 * A hidden room has its id and counts as a room, but is neither got nor
 * visited; its members are.
 */
void memory_rooms_hide(struct room_store *, struct str id, bool is_hidden);

/* A room that is there takes these values, but for who is in it. */
void memory_rooms_update(struct room_store *, const struct room *);

#endif
