/*
 * Lasting memberships: a user that has joined a persistent room stays its
 * member over connections, until it leaves. The room's members in the store of
 * rooms are those that are connected.
 */
#ifndef COMMANDS_MEMBERSHIP_H
#define COMMANDS_MEMBERSHIP_H

#include "commands/support/request.h"

/*
 * Whether joining the room makes the author a lasting member that it is not
 * yet: a user, in a persistent room. Beyond limits.room_attributes it is a
 * member as long as it is connected.
 */
bool membership_begins(const struct request *, const struct room *);

/* Whether leaving the room ends a lasting membership of the author. */
bool membership_ends(const struct request *, const struct room *);

/*
 * Append to the log that it begins, or ends; finish() is called for the entry,
 * and enters or leaves the room.
 */
enum chat_error membership_append_begin(struct request *, const struct room *);
enum chat_error membership_append_end(struct request *, const struct room *);

/* The same for another member, which the author puts out of the room. */
bool membership_has(const struct request *, const struct room *,
    struct str member_id);
enum chat_error membership_append_end_of(struct request *, const struct room *,
    struct str member_id);

/*
 * The end for any member, which has left the room or was put out of it;
 * finish() is not called.
 */
void membership_end(const struct request *, const struct room *,
    struct str member_id);

/*
 * Puts a member that has just connected into its rooms, as far as it may be in
 * so many and they have space. CHAT_UNAVAILABLE: no memory; it is in none.
 */
enum chat_error membership_resume(struct request *);

/* Announces the author to the other members of these rooms. */
void membership_announce(struct request *);

#endif
