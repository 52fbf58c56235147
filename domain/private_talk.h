/*
 * Private talks: the rooms of two users. Their id is "@", the member ids of
 * both, the lesser one first, and "+" in between. No client can choose such an
 * id.
 */
#ifndef DOMAIN_PRIVATE_TALK_H
#define DOMAIN_PRIVATE_TALK_H

#include <stdbool.h>

#include "domain/base/str.h"
#include "domain/room.h"

/* Whether a member id is that of a user: 'u' and 26 of a-z, 2-7. */
bool member_id_is_of_user(struct str id);

/* Whether a room id is that of a private talk. */
bool talk_id_is_valid(struct str room);

/* The id of the talk of two users, who differ. */
void talk_id_make(struct str member_id, struct str other_id,
    char out[ROOM_ID_SIZE]);

/*
 * The user that a member talks with, a part of the id. Absent: the member has
 * no part in this room, or it is not a talk.
 */
struct str talk_other(struct str room, struct str member_id);

#endif
