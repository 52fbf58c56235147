/* Who is what in a room: of its creator, attributes and the author's rights. */
#ifndef COMMANDS_ROOM_ROLES_H
#define COMMANDS_ROOM_ROLES_H

#include "commands/support/request.h"
#include "domain/role.h"

/* How a member stands in a room. False: no attribute has it. */
bool room_roles_standing(const struct request *, const struct room *,
    struct str member_id, struct standing *out);

/*
 * The role of the author at this moment. Its rights may give it more than the
 * room does.
 */
enum role room_roles_of_author(const struct request *, const struct room *);

/* How many owners a room has, but for this member. */
size_t room_roles_count_owners(const struct request *, const struct room *,
    struct str but);

/*
 * Whether the author may see that a room exists: any, if it is not private; one
 * that it is a member of, or was invited to; every one with RIGHT_MODERATE.
 */
bool room_roles_is_visible(const struct request *, const struct room *);

/*
 * Whether the author may join. CHAT_FORBIDDEN: it is banned. CHAT_ROOM_NOT_
 * FOUND: the room is not visible to it.
 */
enum chat_error room_roles_check_join(struct request *, const struct room *);

/*
 * Whether the author's role allows it to post. CHAT_FORBIDDEN: it is muted, or
 * the room is moderated.
 */
enum chat_error room_roles_check_post(struct request *, const struct room *);

/*
 * Appends the standing of a member to the log; finish() is called for the
 * entry. `forget`: if nothing has to be remembered, not even an invitation is.
 */
enum chat_error room_roles_append(struct request *, const struct room *,
    struct str member_id, const struct standing *, bool forget);

/* The same without a requester: nothing is published. */
enum chat_error room_roles_append_silently(struct request *,
    const struct room *, struct str member_id, const struct standing *,
    bool forget);

#endif
