#include "persistence/memory/memory_members.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/base/id_map.h"
#include "domain/base/list.h"

/*
 * A member in one block with its texts, no larger than needed: there are many,
 * and most are idle.
 */
struct entry {
	struct list in_order;
	int64_t since_ms;
	uint16_t key_len; /* 0: the name is its own key */
	uint8_t name_len; /* 0: a guest in no room */
	uint8_t id_len;
	bool in_lobby : 1;
	bool is_guest : 1;
	bool is_user : 1;
	bool has_no_dm : 1;
	uint8_t connections;
	char texts[]; /* id, name, key of the name; without NUL */
};

struct memory_members {
	struct member_store base;
	struct id_map by_id;
	struct id_map by_name; /* member_name_key() */
	struct list in_order;  /* of arrival */
};

static struct memory_members *
memory_members_of(struct member_store *base)
{
	return (struct memory_members *)base;
}

static struct str
entry_id(const struct entry *entry)
{
	return str_slice(entry->texts, entry->id_len);
}

static struct str
entry_name(const struct entry *entry)
{
	return str_slice(entry->texts + entry->id_len, entry->name_len);
}

static struct str
member_entry_key(const struct entry *entry)
{
	struct str name = entry_name(entry);

	if (entry->key_len == 0)
		return name;
	return str_slice(name.data + name.len, entry->key_len);
}

static struct str
entry_map_id(const void *entry)
{
	return entry_id(entry);
}

static struct str
entry_map_name(const void *entry)
{
	return member_entry_key(entry);
}

/* Creates an entry that is in no list yet. NULL: no memory. */
static struct entry *
entry_create(struct str id, struct str scope, struct str name)
{
	char buffer[MEMBER_KEY_SIZE];
	struct str key = { buffer, member_name_key(scope, name, buffer) };
	struct entry *entry;

	if (str_equal(key, name))
		key.len = 0;
	entry = malloc(sizeof(*entry) + id.len + name.len + key.len);
	if (entry == NULL)
		return NULL;
	*entry = (struct entry){ .key_len = (uint16_t)key.len,
		.name_len = (uint8_t)name.len,
		.id_len = (uint8_t)id.len };
	memcpy(entry->texts, id.data, id.len);
	memcpy(entry->texts + id.len, name.data, name.len);
	memcpy(entry->texts + id.len + name.len, key.data, key.len);
	return entry;
}

static void
entry_copy(const struct entry *entry, struct member *out)
{
	struct str name = entry_name(entry);

	memcpy(out->id, entry->texts, entry->id_len);
	out->id[entry->id_len] = '\0';
	memcpy(out->name, name.data, name.len);
	out->name[name.len] = '\0';
	out->in_lobby = entry->in_lobby;
	out->is_guest = entry->is_guest;
	out->is_user = entry->is_user;
	out->has_no_dm = entry->has_no_dm;
	out->connections = entry->connections;
	out->since_ms = entry->since_ms;
}

static struct entry *
entry_find_named(struct memory_members *self, struct str scope, struct str name)
{
	char key[MEMBER_KEY_SIZE];

	return id_map_find(&self->by_name,
	    str_slice(key, member_name_key(scope, name, key)));
}

/* Adds the name of the entry to the map, if it has one. */
static enum chat_error
name_put(struct memory_members *self, struct entry *entry)
{
	if (entry->name_len == 0)
		return CHAT_OK;
	if (id_map_find(&self->by_name, member_entry_key(entry)) != NULL)
		return CHAT_NAME_INVALID;
	return id_map_put(&self->by_name, entry) ? CHAT_OK : CHAT_UNAVAILABLE;
}

static void
name_remove(struct memory_members *self, const struct entry *entry)
{
	if (entry->name_len > 0)
		id_map_remove(&self->by_name, member_entry_key(entry));
}

static enum chat_error
members_put(struct member_store *base, const struct member *member)
{
	struct memory_members *self = memory_members_of(base);
	struct str id = str_from(member->id);
	struct entry *entry;
	enum chat_error error;

	if (id_map_find(&self->by_id, id) != NULL)
		return CHAT_MEMBER_EXISTS;
	entry = entry_create(id, CHAT_SCOPE, str_from(member->name));
	if (entry == NULL)
		return CHAT_UNAVAILABLE;
	error = name_put(self, entry);
	if (error != CHAT_OK)
		goto free_entry;
	if (!id_map_put(&self->by_id, entry)) {
		error = CHAT_UNAVAILABLE;
		goto forget_name;
	}
	entry->since_ms = member->since_ms;
	entry->in_lobby = member->in_lobby;
	entry->is_guest = member->is_guest;
	entry->is_user = member->is_user;
	entry->has_no_dm = member->has_no_dm;
	entry->connections = 1;
	list_append(&self->in_order, &entry->in_order);
	return CHAT_OK;
forget_name:
	name_remove(self, entry);
free_entry:
	free(entry);
	return error;
}

static enum chat_error
members_get(struct member_store *base, struct str id, struct member *out)
{
	const struct entry *entry =
	    id_map_find(&memory_members_of(base)->by_id, id);

	if (entry == NULL)
		return CHAT_MEMBER_NOT_FOUND;
	entry_copy(entry, out);
	return CHAT_OK;
}

static enum chat_error
members_get_named(struct member_store *base, struct str name,
    struct member *out)
{
	const struct entry *entry =
	    entry_find_named(memory_members_of(base), CHAT_SCOPE, name);

	if (entry == NULL)
		return CHAT_MEMBER_NOT_FOUND;
	entry_copy(entry, out);
	return CHAT_OK;
}

static bool
members_is_taken(struct member_store *base, struct str scope, struct str name)
{
	return entry_find_named(memory_members_of(base), scope, name) != NULL;
}

/*
 * Replaces `old` by `next` in the map of names. The key may be the same:
 * "alice" may become "Alice".
 */
static enum chat_error
name_exchange(struct memory_members *self, struct entry *old,
    struct entry *next)
{
	enum chat_error error;

	if (old->name_len > 0 &&
	    str_equal(member_entry_key(old), member_entry_key(next))) {
		id_map_replace(&self->by_name, next);
		return CHAT_OK;
	}
	error = name_put(self, next);
	if (error == CHAT_OK)
		name_remove(self, old);
	return error;
}

static enum chat_error
entry_give_name(struct memory_members *self, struct entry *old,
    struct str scope, struct str name)
{
	struct entry *next = entry_create(entry_id(old), scope, name);
	enum chat_error error;

	if (next == NULL)
		return CHAT_UNAVAILABLE;
	error = name_exchange(self, old, next);
	if (error != CHAT_OK) {
		free(next);
		return error;
	}
	id_map_replace(&self->by_id, next);
	next->since_ms = old->since_ms;
	next->in_lobby = old->in_lobby;
	next->is_guest = old->is_guest;
	next->is_user = old->is_user;
	next->has_no_dm = old->has_no_dm;
	next->connections = old->connections;
	list_replace(&old->in_order, &next->in_order);
	free(old);
	return CHAT_OK;
}

/* Keeps the block, so it cannot fail. */
static void
entry_take_name(struct memory_members *self, struct entry *entry)
{
	name_remove(self, entry);
	entry->name_len = 0;
	entry->key_len = 0;
}

static enum chat_error
members_rename(struct member_store *base, struct str id, struct str scope,
    struct str name)
{
	struct memory_members *self = memory_members_of(base);
	struct entry *entry = id_map_find(&self->by_id, id);

	if (entry == NULL)
		return CHAT_MEMBER_NOT_FOUND;
	if (name.len > 0)
		return entry_give_name(self, entry, scope, name);
	entry_take_name(self, entry);
	return CHAT_OK;
}

static void
members_set_connections(struct member_store *base, struct str id,
    unsigned connections)
{
	struct entry *entry = id_map_find(&memory_members_of(base)->by_id, id);

	if (entry != NULL)
		entry->connections = (uint8_t)connections;
}

static void
members_remove(struct member_store *base, struct str id)
{
	struct memory_members *self = memory_members_of(base);
	struct entry *entry = id_map_remove(&self->by_id, id);

	if (entry == NULL)
		return;
	name_remove(self, entry);
	list_remove(&entry->in_order);
	free(entry);
}

static void
members_each(struct member_store *base, member_visit *visit, void *arg)
{
	const struct list *all = &memory_members_of(base)->in_order;
	struct member member;

	for (const struct list *at = all->next; at != all; at = at->next) {
		entry_copy(LIST_OWNER(at, struct entry, in_order), &member);
		if (!visit(&member, arg))
			return;
	}
}

static size_t
members_count(struct member_store *base)
{
	return id_map_count(&memory_members_of(base)->by_id);
}

static void
members_destroy(struct member_store *base)
{
	struct memory_members *self = memory_members_of(base);
	struct list *next;

	for (struct list *at = self->in_order.next; at != &self->in_order;
	     at = next) {
		next = at->next;
		free(LIST_OWNER(at, struct entry, in_order));
	}
	id_map_fini(&self->by_id);
	id_map_fini(&self->by_name);
	free(self);
}

static const struct member_store_ops ops = {
	.put = members_put,
	.get = members_get,
	.get_named = members_get_named,
	.is_taken = members_is_taken,
	.rename = members_rename,
	.set_connections = members_set_connections,
	.remove = members_remove,
	.each = members_each,
	.count = members_count,
	.destroy = members_destroy,
};

struct member_store *
memory_members_create(void)
{
	struct memory_members *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &ops;
	list_init(&self->in_order);
	id_map_init(&self->by_id, entry_map_id);
	id_map_init(&self->by_name, entry_map_name);
	return &self->base;
}
