#include "persistence/memory_members.h"

#include <assert.h>
#include <stdlib.h>

#include "domain/id_map.h"
#include "domain/list.h"

/*
 * A member as it is kept: one block, its texts one behind the other and no
 * longer than they are, since most members are idle and there are many.
 */
struct entry {
	struct list in_order;
	int64_t since_ms;
	uint16_t folded_len; /* 0: the name is its own folded form */
	uint8_t name_len;
	uint8_t id_len;
	bool in_lobby;
	char texts[]; /* id, name, folded name; without NUL */
};

struct memory_members {
	struct member_store base;
	struct id_map by_id;
	struct id_map by_name; /* folded */
	struct list in_order;  /* of arrival */
};

static struct memory_members *
self_of(struct member_store *base)
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
entry_folded(const struct entry *entry)
{
	struct str name = entry_name(entry);

	if (entry->folded_len == 0)
		return name;
	return str_slice(name.data + name.len, entry->folded_len);
}

static struct str
id_key(const void *entry)
{
	return entry_id(entry);
}

static struct str
name_key(const void *entry)
{
	return entry_folded(entry);
}

/* Not in the order of arrival yet. NULL without memory. */
static struct entry *
entry_create(struct str id, struct str name)
{
	char buffer[MEMBER_FOLDED_SIZE];
	struct str folded = { buffer, member_name_fold(name, buffer) };
	struct entry *entry;

	if (str_equal(folded, name))
		folded.len = 0;
	entry = malloc(sizeof(*entry) + id.len + name.len + folded.len);
	if (entry == NULL)
		return NULL;
	*entry = (struct entry){ .folded_len = (uint16_t)folded.len,
		.name_len = (uint8_t)name.len,
		.id_len = (uint8_t)id.len };
	memcpy(entry->texts, id.data, id.len);
	memcpy(entry->texts + id.len, name.data, name.len);
	memcpy(entry->texts + id.len + name.len, folded.data, folded.len);
	return entry;
}

static void
copy_out(const struct entry *entry, struct member *out)
{
	struct str name = entry_name(entry);

	memcpy(out->id, entry->texts, entry->id_len);
	out->id[entry->id_len] = '\0';
	memcpy(out->name, name.data, name.len);
	out->name[name.len] = '\0';
	out->in_lobby = entry->in_lobby;
	out->since_ms = entry->since_ms;
}

static struct entry *
find_named(struct memory_members *self, struct str name)
{
	char folded[MEMBER_FOLDED_SIZE];

	return id_map_find(&self->by_name,
	    str_slice(folded, member_name_fold(name, folded)));
}

static enum chat_error
put(struct member_store *base, const struct member *member)
{
	struct memory_members *self = self_of(base);
	struct str id = str_from(member->id);
	struct entry *entry;

	if (id_map_find(&self->by_id, id) != NULL)
		return CHAT_MEMBER_EXISTS;
	entry = entry_create(id, str_from(member->name));
	if (entry == NULL)
		return CHAT_UNAVAILABLE;
	if (id_map_find(&self->by_name, entry_folded(entry)) != NULL) {
		free(entry);
		return CHAT_NAME_INVALID;
	}
	if (!id_map_put(&self->by_id, entry))
		goto free_entry;
	if (!id_map_put(&self->by_name, entry))
		goto remove_id;
	entry->since_ms = member->since_ms;
	entry->in_lobby = member->in_lobby;
	list_append(&self->in_order, &entry->in_order);
	return CHAT_OK;
remove_id:
	id_map_remove(&self->by_id, id);
free_entry:
	free(entry);
	return CHAT_UNAVAILABLE;
}

static enum chat_error
get(struct member_store *base, struct str id, struct member *out)
{
	const struct entry *entry = id_map_find(&self_of(base)->by_id, id);

	if (entry == NULL)
		return CHAT_MEMBER_NOT_FOUND;
	copy_out(entry, out);
	return CHAT_OK;
}

static enum chat_error
get_named(struct member_store *base, struct str name, struct member *out)
{
	const struct entry *entry = find_named(self_of(base), name);

	if (entry == NULL)
		return CHAT_MEMBER_NOT_FOUND;
	copy_out(entry, out);
	return CHAT_OK;
}

static bool
is_taken(struct member_store *base, struct str name)
{
	return find_named(self_of(base), name) != NULL;
}

/*
 * Lets the name lead to `next` instead of `old`. The folded name may have
 * stayed the same: "alice" may become "Alice".
 */
static enum chat_error
exchange_name(struct memory_members *self, struct entry *old,
    struct entry *next)
{
	struct entry *holder = id_map_find(&self->by_name, entry_folded(next));

	if (holder == old) {
		id_map_replace(&self->by_name, next);
		return CHAT_OK;
	}
	if (holder != NULL)
		return CHAT_NAME_INVALID;
	if (!id_map_put(&self->by_name, next))
		return CHAT_UNAVAILABLE;
	id_map_remove(&self->by_name, entry_folded(old));
	return CHAT_OK;
}

static enum chat_error
rename_member(struct member_store *base, struct str id, struct str name)
{
	struct memory_members *self = self_of(base);
	struct entry *old = id_map_find(&self->by_id, id);
	struct entry *next;
	enum chat_error error;

	if (old == NULL)
		return CHAT_MEMBER_NOT_FOUND;
	next = entry_create(id, name);
	if (next == NULL)
		return CHAT_UNAVAILABLE;
	error = exchange_name(self, old, next);
	if (error != CHAT_OK) {
		free(next);
		return error;
	}
	id_map_replace(&self->by_id, next);
	next->since_ms = old->since_ms;
	next->in_lobby = old->in_lobby;
	list_replace(&old->in_order, &next->in_order);
	free(old);
	return CHAT_OK;
}

static void
remove_member(struct member_store *base, struct str id)
{
	struct memory_members *self = self_of(base);
	struct entry *entry = id_map_remove(&self->by_id, id);

	if (entry == NULL)
		return;
	id_map_remove(&self->by_name, entry_folded(entry));
	list_remove(&entry->in_order);
	free(entry);
}

static void
each(struct member_store *base, member_visit *visit, void *arg)
{
	const struct list *all = &self_of(base)->in_order;
	struct member member;

	for (const struct list *at = all->next; at != all; at = at->next) {
		copy_out(LIST_OWNER(at, struct entry, in_order), &member);
		if (!visit(&member, arg))
			return;
	}
}

static size_t
count(struct member_store *base)
{
	return id_map_count(&self_of(base)->by_id);
}

static void
destroy(struct member_store *base)
{
	struct memory_members *self = self_of(base);
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
	.put = put,
	.get = get,
	.get_named = get_named,
	.is_taken = is_taken,
	.rename = rename_member,
	.remove = remove_member,
	.each = each,
	.count = count,
	.destroy = destroy,
};

struct member_store *
memory_members_create(void)
{
	struct memory_members *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->base.ops = &ops;
	list_init(&self->in_order);
	id_map_init(&self->by_id, id_key);
	id_map_init(&self->by_name, name_key);
	return &self->base;
}
