/* The names of those in a place, in the order in which they came. */
#ifndef COMMANDS_NAME_LIST_H
#define COMMANDS_NAME_LIST_H

#include "commands/commands.h"
#include "commands/support/string_list.h"

/*
 * Lists names until limits.list_bytes are reached; string_list_fini() the list
 * in any case. CHAT_UNAVAILABLE: no memory.
 */
enum chat_error name_list_of_lobby(const struct chat *,
    struct string_list *out);
enum chat_error name_list_of_room(const struct chat *, struct str room,
    struct string_list *out);

/* As an event tells it; good as long as the list. */
struct names name_list_names(const struct string_list *);

#endif
