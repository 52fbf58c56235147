/* How a room begins, fills, empties and ends: common to several commands. */
#ifndef COMMANDS_ROOM_OPS_H
#define COMMANDS_ROOM_OPS_H

#include "commands/support/request.h"

/*
 * Whether the author may be in one more room; a guest has its name from the one
 * it is in. CHAT_TOO_MANY_ROOMS.
 */
enum chat_error room_ops_check_author(struct request *);

/* Reads the id that the room is to have. CHAT_BAD_FIELD. */
enum chat_error room_ops_take_id(struct request *, struct room *);

/*
 * Reads what the command says of a room to be made: it may be smaller than
 * rooms are, and forget sooner, but no more. CHAT_BAD_FIELD.
 */
enum chat_error room_ops_bound(struct request *, struct room *);

/* Whether the room that is meant is just being created or removed. */
bool room_ops_must_wait(const struct request *);

/*
 * Appends the creation of an empty room to the log, if there may be one more
 * and the author may be in it; an epoch is made for it, an id if it is "", and
 * the id is its name if that is "". CHAT_TOO_MANY_ROOMS, CHAT_ROOM_EXISTS,
 * CHAT_UNAVAILABLE.
 */
enum chat_error room_ops_create(struct request *, struct room *);

/* The room that this entry has created. */
void room_ops_get(const struct request *, const struct entry *, struct room *);

/* An empty room is removed with its history. */
void room_ops_end(struct request *, const struct room *);

/*
 * The author becomes a member and hears what is published to the room from
 * now on; a guest gets its name. CHAT_NAME_INVALID (a guest's),
 * CHAT_UNAVAILABLE.
 */
enum chat_error room_ops_enter(struct request *, struct room *);

/* It is done: the others are told, and the room was active now. */
void room_ops_tell(struct request *, const struct room *);

/* And no longer, as if never entered: nobody is told. */
void room_ops_exit(struct request *, struct room *);

/*
 * The first of the author's rooms, in order of joining, that is not `but`,
 * which may be absent. False: there is none. Who leaves several asks for each:
 * the store must not change during a visit, and memory may be short.
 */
bool room_ops_first(const struct request *, struct str but, struct room *out);

/* The author leaves all rooms but this one: it is in one at a time. */
void room_ops_leave_others(struct request *, struct str but);

/*
 * The author leaves for good: the others are told, and a room that was kept
 * by its members only ends with its last.
 */
void room_ops_leave(struct request *, struct room *);

/* The same for an author who hears nothing any more. */
void room_ops_vacate(struct request *, struct room *);

#endif
