/* The names of the members of a place, in order of arrival. */
#ifndef COMMANDS_NAME_LIST_H
#define COMMANDS_NAME_LIST_H

#include "commands/commands.h"
#include "commands/support/string_list.h"

/* What a name costs in a list besides its bytes: quotes and a comma. */
#define NAME_EXTRA 3

/*
 * Lists names, perhaps each followed by the member's id, until they cost
 * `most`; string_list_fini() the list in any case. CHAT_UNAVAILABLE: no memory.
 */
enum chat_error name_list_of_lobby(const struct chat *, bool with_ids,
    size_t most, struct string_list *out);
enum chat_error name_list_of_room(const struct chat *, struct str room,
    bool with_ids, size_t most, struct string_list *out);

/* The list for an event, of names alone; good as long as the list. */
struct names name_list_names(const struct string_list *);

#endif
