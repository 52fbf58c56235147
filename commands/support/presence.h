/* Who comes and goes: by name in a room, as a number in a crowd. */
#ifndef COMMANDS_PRESENCE_H
#define COMMANDS_PRESENCE_H

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/room.h"

struct request;

/* The rooms that were told their count within the last second. */
struct presence {
	struct id_map by_room;
	struct list all;
};

void presence_init(struct presence *);
void presence_fini(struct presence *);

/*
 * Tells the others in a room that the author has entered or left it;
 * room->member_count is as it is now. Cannot fail.
 */
void presence_entered(const struct request *, const struct room *);
void presence_left(const struct request *, const struct room *);

/* Tells the counts that had to wait for their second. */
void presence_tick(const struct request *);

#endif
