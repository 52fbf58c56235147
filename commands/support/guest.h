/* Guests: members whose name is valid in one room, while they are in it. */
#ifndef COMMANDS_GUEST_H
#define COMMANDS_GUEST_H

#include "commands/support/request.h"

/* Whether a guest may join this room: see COMMAND_OF_GUESTS. */
enum chat_error guest_check_rooms(struct request *, const struct room *);

/*
 * An author that is a guest gets the requested name, with a suffix if it is
 * taken in this room. CHAT_NAME_INVALID, CHAT_UNAVAILABLE.
 */
enum chat_error guest_take_name(struct request *, const struct room *);

/*
 * Releases the name of an author that is a guest; the request still has it.
 * Cannot fail.
 */
void guest_release_name(struct request *, const struct room *);

#endif
