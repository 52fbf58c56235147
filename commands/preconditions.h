/* What must hold before a command runs, as its entry says. */
#ifndef COMMANDS_PRECONDITIONS_H
#define COMMANDS_PRECONDITIONS_H

#include "commands/command_table.h"

/*
 * With COMMAND_CURRENT_ROOM the room that the author joined last.
 * CHAT_NOT_IN_ROOM: there is none.
 */
enum chat_error preconditions_find_room(struct request *);

/*
 * Whether the chat's filter allows names, topics and other texts of the command
 * beside its body. Other nodes may filter differently, so the author's node
 * does it for all. CHAT_MESSAGE_REFUSED.
 */
enum chat_error preconditions_check_words(struct request *);

/* The author is known. Sets what the command needs of its room. */
enum chat_error preconditions_check(struct request *,
    const struct command_entry *);

#endif
