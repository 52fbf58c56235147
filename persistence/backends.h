/* Where the chat keeps things: all stores of a kind. Public. */
#ifndef PERSISTENCE_BACKENDS_H
#define PERSISTENCE_BACKENDS_H

#include <stdbool.h>

#include "domain/history.h"
#include "domain/member_store.h"
#include "domain/room_store.h"

struct stores {
	struct member_store *members;
	struct room_store *rooms;
	struct history *history;
};

/* Whether there are stores of this kind: "memory". */
bool stores_kind_exists(const char *kind);

/*
 * Opens the stores of a kind that exists. The limits are borrowed and outlive
 * the stores; what is changed in them holds from then on. False: it failed,
 * which was logged, and nothing is open.
 */
bool stores_open(struct stores *, const char *kind,
    const struct history_limits *);

/* Also for stores that were never opened, if they are all NULL. */
void stores_close(struct stores *);

#endif
