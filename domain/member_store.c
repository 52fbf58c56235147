#include "domain/member_store.h"

#include <assert.h>

enum chat_error
member_store_put(struct member_store *store, const struct member *member)
{
	assert(str_is_within(member->id, sizeof(member->id)));
	if (member->is_guest)
		assert(member->name[0] == '\0');
	else
		assert(str_is_within(member->name, sizeof(member->name)));
	return store->ops->put(store, member);
}

enum chat_error
member_store_get(struct member_store *store, struct str id, struct member *out)
{
	assert(id.data != NULL && out != NULL);
	return store->ops->get(store, id, out);
}

enum chat_error
member_store_get_named(struct member_store *store, struct str name,
    struct member *out)
{
	assert(name.data != NULL && out != NULL);
	return store->ops->get_named(store, name, out);
}

bool
member_store_is_taken(struct member_store *store, struct str scope,
    struct str name)
{
	assert(name.data != NULL);
	return store->ops->is_taken(store, scope, name);
}

enum chat_error
member_store_rename(struct member_store *store, struct str id, struct str scope,
    struct str name)
{
	assert(id.data != NULL && name.data != NULL);
	assert(name.len < MEMBER_NAME_SIZE);
	assert(name.len > 0 || scope.data == NULL);
	return store->ops->rename(store, id, scope, name);
}

void
member_store_set_connections(struct member_store *store, struct str id,
    unsigned connections)
{
	assert(id.data != NULL);
	assert(connections > 0 && connections <= MEMBER_CONNECTIONS_MOST);
	store->ops->set_connections(store, id, connections);
}

void
member_store_remove(struct member_store *store, struct str id)
{
	assert(id.data != NULL);
	store->ops->remove(store, id);
}

void
member_store_each(struct member_store *store, member_visit *visit, void *arg)
{
	assert(visit != NULL);
	store->ops->each(store, visit, arg);
}

size_t
member_store_count(struct member_store *store)
{
	return store->ops->count(store);
}

void
member_store_destroy(struct member_store *store)
{
	if (store != NULL)
		store->ops->destroy(store);
}
