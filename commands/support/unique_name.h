/* "#2", "#3", …: the first free number behind a name that is taken. */
#ifndef COMMANDS_UNIQUE_NAME_H
#define COMMANDS_UNIQUE_NAME_H

#include "domain/base/id_map.h"
#include "domain/base/list.h"
#include "domain/member_store.h"

/*
 * Keeps the numbers that were found taken, for each name that several members
 * requested: with thousands of them, looking every number up again would take
 * longer each time. The store decides; this saves lookups.
 */
struct unique_names {
	struct id_map by_name; /* and scope */
	struct list all;
};

void unique_name_init(struct unique_names *);
void unique_name_fini(struct unique_names *);

/*
 * Writes the wished-for name, or the first one behind it that is free in the
 * scope. `own` counts as free; it may be absent. CHAT_UNAVAILABLE: no memory.
 */
enum chat_error unique_name_choose(struct unique_names *, struct member_store *,
    struct str scope, const char wish[MEMBER_NAME_SIZE], struct str own,
    char out[MEMBER_NAME_SIZE]);

/* A name was released: its number is free. */
void unique_name_release(struct unique_names *, struct str scope,
    struct str name);

#endif
