/* How a room begins, fills, empties and ends: common to several commands. */
#ifndef COMMANDS_ROOM_OPS_H
#define COMMANDS_ROOM_OPS_H

#include "commands/support/request.h"

/*
 * Whether the author may be in one more room; a guest has its name from the one
 * it is in. CHAT_TOO_MANY_ROOMS.
 */
enum chat_error room_ops_check_author(struct request *);

/* Whether there may be one more room. CHAT_TOO_MANY_ROOMS. */
enum chat_error room_ops_check_rooms(struct request *);

/* Reads the id that the room is to have. CHAT_BAD_FIELD. */
enum chat_error room_ops_read_id(struct request *, struct room *);

/*
 * Reads max_members and ttl_ms of a new room, which may be lower than the
 * limits, not higher. CHAT_BAD_FIELD.
 */
enum chat_error room_ops_read_limits(struct request *, struct room *);

/* Whether the command's room is just being created or removed. */
bool room_ops_must_wait(const struct request *);

/*
 * Appends the creation of an empty room to the log, if there may be one more
 * and the author may be in it; an epoch is made for it, an id if it is "", and
 * the id is its name if that is "". CHAT_TOO_MANY_ROOMS, CHAT_ROOM_EXISTS,
 * CHAT_FORBIDDEN, CHAT_UNAUTHORIZED, CHAT_UNAVAILABLE.
 */
enum chat_error room_ops_create(struct request *, struct room *);

/* The same without those checks. */
enum chat_error room_ops_append(struct request *, struct room *);

/* Appends the removal of an empty room, and of its history, to the log. */
void room_ops_remove(struct request *, const struct room *);

/*
 * The author joins the room and receives its events from now on; a guest gets
 * its name. CHAT_NAME_INVALID (a guest's), CHAT_UNAVAILABLE.
 */
enum chat_error room_ops_enter(struct request *, struct room *);

/*
 * The connection of the command gets the events of the author's rooms from now
 * on, as far as its token names them. CHAT_UNAVAILABLE.
 */
enum chat_error room_ops_enter_connection(const struct request *);

/* Announces to the other members that the author has joined. */
void room_ops_announce(struct request *, const struct room *);

/* Undoes room_ops_enter(); no event is published. */
void room_ops_exit(struct request *, struct room *);

/*
 * The first of the author's rooms, in order of joining, that is not `but`,
 * which may be absent. False: there is none. To leave several rooms call it
 * for each: the store must not change during a visit.
 */
bool room_ops_first_of_author(const struct request *, struct str but,
    struct room *out);

/* The author leaves all rooms but this one. */
void room_ops_leave_others(struct request *, struct str but);

/*
 * The author leaves the room: the other members get an event, and a one-off
 * room is removed with its last member.
 */
void room_ops_leave(struct request *, struct room *);

/* The same for an author whose connection is detached. */
void room_ops_leave_detached(struct request *, struct room *);

#endif
