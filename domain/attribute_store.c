#include "domain/attribute_store.h"

#include <assert.h>

static bool
is_room_id(struct str room)
{
	return room.data != NULL && room.len > 0;
}

enum chat_error
attribute_store_set(struct attribute_store *store, struct str room,
    const struct attribute *attribute)
{
	assert(is_room_id(room) && attribute_is_valid(attribute));
	return store->ops->set(store, room, attribute);
}

bool
attribute_store_find(struct attribute_store *store, struct str room,
    const struct attribute *key, struct attribute *out)
{
	assert(is_room_id(room) && attribute_is_valid(key) && out != NULL);
	return store->ops->find(store, room, key, out);
}

void
attribute_store_each(struct attribute_store *store, struct str room,
    enum attribute_kind kind, attribute_visit *visit, void *arg)
{
	assert(is_room_id(room) && attribute_kind_exists(kind));
	assert(visit != NULL);
	store->ops->each(store, room, kind, visit, arg);
}

void
attribute_store_each_of_message(struct attribute_store *store, struct str room,
    uint64_t seq, attribute_visit *visit, void *arg)
{
	assert(is_room_id(room) && seq > 0 && visit != NULL);
	store->ops->each_of_message(store, room, seq, visit, arg);
}

void
attribute_store_each_label(struct attribute_store *store, struct str room,
    uint64_t seq, attribute_label_visit *visit, void *arg)
{
	assert(is_room_id(room) && seq > 0 && visit != NULL);
	store->ops->each_label(store, room, seq, visit, arg);
}

void
attribute_store_each_room(struct attribute_store *store,
    enum attribute_kind kind, struct str subject, attribute_room_visit *visit,
    void *arg)
{
	assert(attribute_has_trait(kind, ATTRIBUTE_FINDS_ROOMS));
	assert(subject.data != NULL && visit != NULL);
	store->ops->each_room(store, kind, subject, visit, arg);
}

size_t
attribute_store_count(struct attribute_store *store, struct str room)
{
	assert(is_room_id(room));
	return store->ops->count(store, room);
}

void
attribute_store_remove_message(struct attribute_store *store, struct str room,
    uint64_t seq)
{
	assert(is_room_id(room) && seq > 0);
	store->ops->remove_message(store, room, seq);
}

void
attribute_store_remove_room(struct attribute_store *store, struct str room)
{
	assert(is_room_id(room));
	store->ops->remove_room(store, room);
}

size_t
attribute_store_bytes(struct attribute_store *store)
{
	return store->ops->bytes(store);
}

void
attribute_store_destroy(struct attribute_store *store)
{
	if (store != NULL)
		store->ops->destroy(store);
}

bool
attribute_store_get(struct attribute_store *store, struct str room,
    enum attribute_kind kind, struct str subject, struct attribute *out)
{
	struct attribute key = { .kind = kind, .subject = subject };

	return attribute_store_find(store, room, &key, out);
}
