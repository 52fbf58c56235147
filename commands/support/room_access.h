/* Whether the author of a request may do something in a room. */
#ifndef COMMANDS_ROOM_ACCESS_H
#define COMMANDS_ROOM_ACCESS_H

#include "commands/support/request.h"

/*
 * Whether the author is in request->room; a user that asks over HTTP needs what
 * it would need to join. Private talks of the author count if `may_be_talk`.
 * CHAT_ROOM_NOT_FOUND, CHAT_NOT_IN_ROOM, CHAT_FORBIDDEN, CHAT_BAD_FIELD.
 */
enum chat_error room_access_check(struct request *, bool may_be_talk);

#endif
