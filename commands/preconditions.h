/* What must hold before a command runs, as its entry says. */
#ifndef COMMANDS_PRECONDITIONS_H
#define COMMANDS_PRECONDITIONS_H

#include "commands/command_table.h"

/*
 * With COMMAND_CURRENT_ROOM the room that the author joined last.
 * CHAT_NOT_IN_ROOM: there is none.
 */
enum chat_error preconditions_find_room(struct request *);

/* The author is known. Sets what the command needs of its room. */
enum chat_error preconditions_check(struct request *,
    const struct command_entry *);

#endif
