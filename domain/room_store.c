#include "domain/room_store.h"

#include <assert.h>

static bool
is_member_id(struct str id)
{
	return id.data != NULL && id.len > 0 && id.len < ID_SIZE;
}

enum chat_error
room_store_put(struct room_store *store, const struct room *room)
{
	assert(str_is_within(room->id, sizeof(room->id)));
	assert(str_is_within(room->name, sizeof(room->name)));
	assert(str_is_within(room->epoch, sizeof(room->epoch)));
	assert(room->ttl_ms >= 0);
	return store->ops->put(store, room);
}

enum chat_error
room_store_get(struct room_store *store, struct str id, struct room *out)
{
	assert(id.data != NULL && out != NULL);
	return store->ops->get(store, id, out);
}

void
room_store_remove(struct room_store *store, struct str id)
{
	assert(id.data != NULL);
	store->ops->remove(store, id);
}

enum chat_error
room_store_join(struct room_store *store, struct str room, struct str member_id,
    bool guest)
{
	assert(room.data != NULL && is_member_id(member_id));
	return store->ops->join(store, room, member_id, guest);
}

enum chat_error
room_store_leave(struct room_store *store, struct str room,
    struct str member_id)
{
	assert(room.data != NULL && is_member_id(member_id));
	return store->ops->leave(store, room, member_id);
}

void
room_store_set_epoch(struct room_store *store, const struct room *room)
{
	assert(str_is_within(room->epoch, sizeof(room->epoch)));
	store->ops->set_epoch(store, room);
}

void
room_store_touch(struct room_store *store, struct str room, int64_t at_ms)
{
	assert(room.data != NULL);
	store->ops->touch(store, room, at_ms);
}

bool
room_store_has(struct room_store *store, struct str room, struct str member_id)
{
	assert(room.data != NULL && is_member_id(member_id));
	return store->ops->has(store, room, member_id);
}

bool
room_store_get_joined(struct room_store *store, struct str room,
    struct str member_id, struct room *out)
{
	assert(room.data != NULL && is_member_id(member_id) && out != NULL);
	return store->ops->get_joined(store, room, member_id, out);
}

size_t
room_store_rooms_of(struct room_store *store, struct str member_id)
{
	assert(is_member_id(member_id));
	return store->ops->rooms_of(store, member_id);
}

void
room_store_each_member(struct room_store *store, struct str room,
    room_member_visit *visit, void *arg)
{
	assert(room.data != NULL && visit != NULL);
	store->ops->each_member(store, room, visit, arg);
}

void
room_store_each_room_of(struct room_store *store, struct str member_id,
    room_visit *visit, void *arg)
{
	assert(is_member_id(member_id) && visit != NULL);
	store->ops->each_room_of(store, member_id, visit, arg);
}

void
room_store_each(struct room_store *store, room_visit *visit, void *arg)
{
	assert(visit != NULL);
	store->ops->each(store, visit, arg);
}

size_t
room_store_count(struct room_store *store)
{
	return store->ops->count(store);
}

struct room_counts
room_store_count_of(struct room_store *store, uint64_t origin)
{
	assert(origin != 0);
	return store->ops->count_of(store, origin);
}

void
room_store_guests(struct room_store *store, struct room_guests *out)
{
	assert(out != NULL);
	store->ops->guests(store, out);
}

size_t
room_store_bytes(struct room_store *store)
{
	return store->ops->bytes(store);
}

void
room_store_destroy(struct room_store *store)
{
	if (store != NULL)
		store->ops->destroy(store);
}
