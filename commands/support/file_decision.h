/* What a member does with a file that was offered. */
#ifndef COMMANDS_FILE_DECISION_H
#define COMMANDS_FILE_DECISION_H

#include "commands/support/request.h"

/*
 * Publishes the event to the owner of the command's file, and to the lobby.
 * CHAT_FILE_NOT_FOUND: there is none that the author may read.
 */
enum chat_error file_decision_publish(struct request *, enum event_kind,
    const struct blob **out);

#endif
