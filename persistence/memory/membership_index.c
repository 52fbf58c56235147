#include "persistence/memory/membership_index.h"

#include <assert.h>
#include <stdlib.h>

static struct str
room_member_key(const void *member)
{
	return room_member_id(member);
}

void
membership_index_init(struct id_map *members)
{
	id_map_init(members, room_member_key);
}

struct room_member *
membership_index_find(const struct id_map *members, struct str id)
{
	return id_map_find(members, id);
}

struct room_member *
membership_index_need(struct id_map *members, struct str id, bool guest)
{
	struct room_member *member = membership_index_find(members, id);

	assert(id.len > 0 && id.len <= UINT8_MAX);
	if (member != NULL)
		return member;
	member = malloc(sizeof(*member) + id.len);
	if (member == NULL)
		return NULL;
	*member = (struct room_member){ .id_len = (uint8_t)id.len,
		.is_guest = guest };
	memcpy(member->id, id.data, id.len);
	if (id_map_put(members, member))
		return member;
	free(member);
	return NULL;
}

void
membership_index_release(struct id_map *members, struct room_member *member)
{
	if (member->count > 0)
		return;
	id_map_remove(members, room_member_id(member));
	free(member);
}
