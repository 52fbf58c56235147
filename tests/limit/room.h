/*
 * A room of the limit program. Fan-out in two ways: one send() for each frame
 * and member, or one for each loop turn and member, from one shared buffer.
 */
#ifndef LIMIT_ROOM_H
#define LIMIT_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#define ROOMS_MAX 4096

struct peer;
struct room;

/* Frames go out at once instead of at the end of the turn. */
extern bool room_sends_each;

/* The room of that number; NULL: there is no such number, or no memory. */
struct room *room_find(size_t number);

/* False: no memory. */
bool room_add(struct room *, struct peer *);
void room_remove(struct room *, struct peer *);

/*
 * Unmasks a payload and sends it as one text frame to all members of the
 * room.
 */
void room_publish(struct room *, const char *payload, size_t len,
    const char mask[4]);

/* Ends the turn: sends what the rooms have gathered. */
void rooms_flush(void);

#endif
