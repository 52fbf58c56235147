/* Guests: their name holds in the room they are in, and ends with it. */
#ifndef COMMANDS_GUEST_H
#define COMMANDS_GUEST_H

#include "commands/support/request.h"

/* Whether guests may be in this room, too: see COMMAND_OF_GUESTS. */
enum chat_error guest_check_rooms(struct request *, const struct room *);

/*
 * An author who is a guest gets the name that the command wishes for, or the
 * first free one behind it in this room. CHAT_NAME_INVALID, CHAT_UNAVAILABLE.
 */
enum chat_error guest_take_name(struct request *, const struct room *);

/*
 * And has none in the store any more; to this request it stays known. Cannot
 * fail.
 */
void guest_give_name_up(struct request *, const struct room *);

#endif
