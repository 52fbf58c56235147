/* The members that are in at least one room, by id. */
#ifndef PERSISTENCE_MEMBERSHIP_INDEX_H
#define PERSISTENCE_MEMBERSHIP_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/id_map.h"
#include "domain/base/str.h"

struct membership;

/* A member that is in rooms; others take no memory. */
struct room_member {
	/* In the last room of a ring, which the owner of the index links. */
	struct membership *last;
	uint32_t count; /* of them */
	uint8_t id_len;
	bool is_guest;
	char id[]; /* without NUL */
};

static inline struct str
room_member_id(const struct room_member *member)
{
	return str_slice(member->id, member->id_len);
}

static inline size_t
room_member_bytes(const struct room_member *member)
{
	return sizeof(*member) + member->id_len;
}

void membership_index_init(struct id_map *members);

/* NULL: the member is in no room. */
struct room_member *membership_index_find(const struct id_map *members,
    struct str id);

/* Finds the member, or adds it, in no room yet. NULL: no memory. */
struct room_member *membership_index_need(struct id_map *members, struct str id,
    bool guest);

/* Removes the member if it is in no room any more. */
void membership_index_release(struct id_map *members, struct room_member *);

#endif
