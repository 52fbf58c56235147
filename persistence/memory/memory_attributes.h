/* The attributes of the rooms in memory. */
#ifndef PERSISTENCE_MEMORY_ATTRIBUTES_H
#define PERSISTENCE_MEMORY_ATTRIBUTES_H

#include "domain/attribute_store.h"
#include "domain/history.h"

struct attribute_value;

/* NULL: no memory. */
struct attribute_store *memory_attributes_create(void);

/*
 * Lets the attributes of a message go with it. The store outlives the history,
 * which is one in memory.
 */
void memory_attributes_follow(struct attribute_store *, struct history *);

/*
 * --- for stores that also write attributes to a journal --------------------
 */

/*
 * Does every step of a set that may fail; nothing is shown of it. Values of one
 * key are committed in the order in which they were prepared, or abandoned, and
 * the room is not removed before.
 */
enum chat_error memory_attributes_prepare(struct attribute_store *,
    struct str room, const struct attribute *, struct attribute_value **out);
void memory_attributes_commit(struct attribute_store *,
    struct attribute_value *);
void memory_attributes_abandon(struct attribute_store *,
    struct attribute_value *);

#endif
