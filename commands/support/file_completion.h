/* Completing a file: the answer comes when the store has it for good. */
#ifndef COMMANDS_FILE_COMPLETION_H
#define COMMANDS_FILE_COMPLETION_H

#include "commands/support/request.h"

/*
 * Completes the file of the command, which has all its bytes. Later commands of
 * the author wait for that. CHAT_UNAVAILABLE.
 */
enum chat_error file_completion_begin(struct request *, struct str id,
    const char *type);

/* Forgets those that have not ended; the store will not report them. */
void file_completions_free(struct list *);

#endif
