/* Joins and leaves: as events in a room, as a count in a large one. */
#ifndef COMMANDS_PRESENCE_H
#define COMMANDS_PRESENCE_H

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/room.h"

struct event;
struct request;

/* The rooms in which a count was published within the last second. */
struct presence {
	struct id_map by_room;
	struct list all;
	int64_t copies; /* of counts that may be published now */
};

void presence_init(struct presence *);
void presence_fini(struct presence *);

/*
 * Publishes to the other members, and to the author's other connections, that
 * the author has entered or left the room; room->member_count is the present
 * one. Cannot fail.
 */
void presence_entered(const struct request *, const struct room *);
void presence_left(const struct request *, const struct room *);

/*
 * Publishes an event about the author to the other members of the lobby, unless
 * that is so large that not even arrivals are announced.
 */
void lobby_publish(const struct request *, const struct event *);

/* Publishes counts that are due; ten times a second. */
void presence_tick(const struct request *);

#endif
