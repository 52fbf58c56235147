/* Those who are in a room at least, by their id. */
#ifndef PERSISTENCE_MEMBERSHIP_INDEX_H
#define PERSISTENCE_MEMBERSHIP_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/id_map.h"
#include "domain/base/str.h"

struct membership;

/* A member that is in rooms; others take no memory. */
struct person {
	struct membership *first; /* the owner's business: in which rooms */
	uint32_t count;           /* of them */
	uint8_t id_len;
	bool is_guest;
	char id[]; /* without NUL */
};

static inline struct str
person_id(const struct person *person)
{
	return str_slice(person->id, person->id_len);
}

void membership_index_init(struct id_map *persons);

/* NULL if there is no such person. */
struct person *membership_index_find(const struct id_map *persons,
    struct str id);

/*
 * Finds the person, or makes one who is in no room yet. NULL without memory.
 */
struct person *membership_index_need(struct id_map *persons, struct str id,
    bool guest);

/* Who is in no room any more is forgotten. */
void membership_index_release(struct id_map *persons, struct person *);

#endif
